/* SPDX-License-Identifier: MIT */
/*
 * libstream: the bodies of records as structures, and back.
 *
 * Conventions of all functions here:
 *  - xsr_X_decode(body, length, big_endian, …) takes the whole body of one record (without padding) in the byte
 *    order of its layer. XSR_OK, or XSR_E_CORRUPT if the length is not one that the record can have; values are
 *    not judged, that is the verifier's work. Nothing is allocated; pointers in the structure point into body.
 *  - xsr_X_encode(out, big_endian, …) appends the body to out, or appends nothing and returns XSR_E_LIMIT (no
 *    room) or XSR_E_MISUSE (a value that does not fit its field).
 *  - Fields are in host order. Reserved fields are kept so that encoding what was decoded gives the same bytes.
 */
#ifndef LIBSTREAM_RECORDS_H
#define LIBSTREAM_RECORDS_H

#include <libstream/describe.h>
#include <libstream/encoder.h>

#ifdef __cplusplus
extern "C" {
#endif

/* X86_TSC_INFO: specs/libxc-stream.md §5.10. */
#define XSR_TSC_INFO_SIZE 24u

struct xsr_tsc_info {
	uint32_t mode;        /* 0 default, 1 always emulate, 2 never emulate, 3 PVRDTSCP (Xen before 4.12) */
	uint32_t khz;         /* guest TSC frequency */
	uint64_t nsec;        /* elapsed guest time */
	uint32_t incarnation; /* times the guest was restored */
	uint32_t reserved;    /* 0 */
};

XSR_API enum xsr_status xsr_tsc_info_decode(const void *body, size_t length, bool big_endian,
    struct xsr_tsc_info *info);
XSR_API enum xsr_status xsr_tsc_info_encode(struct xsr_buffer *out, bool big_endian,
    const struct xsr_tsc_info *info);

/* X86_PV_INFO: specs/libxc-stream.md §5.3. */
#define XSR_PV_INFO_SIZE 8u

struct xsr_pv_info {
	uint8_t width;       /* bytes in a guest's unsigned long: 4 or 8 */
	uint8_t levels;      /* of its page tables: 3 or 4 */
	uint8_t reserved[6]; /* 0 */
};

XSR_API enum xsr_status xsr_pv_info_decode(const void *body, size_t length, bool big_endian,
    struct xsr_pv_info *info);
XSR_API enum xsr_status xsr_pv_info_encode(struct xsr_buffer *out, bool big_endian, const struct xsr_pv_info *info);

/* X86_PV_P2M_FRAMES: specs/libxc-stream.md §5.4. */
struct xsr_p2m_frames {
	uint32_t start_pfn;    /* first pfn whose entry is in the frames */
	uint32_t end_pfn;      /* last one */
	uint32_t count;        /* of frames */
	const uint8_t *frames; /* their pfns as in the body; see xsr_p2m_frames_at() */
	bool big_endian;       /* byte order of these */
};

XSR_API enum xsr_status xsr_p2m_frames_decode(const void *body, size_t length, bool big_endian,
    struct xsr_p2m_frames *p2m);

/* The pfn of frame 0, 1, …; UINT64_MAX past the last. */
XSR_API uint64_t xsr_p2m_frames_at(const struct xsr_p2m_frames *p2m, uint32_t index);

/* Frames that must be listed for start_pfn to end_pfn in a guest of this width (4 or 8); 0 if start is above end. */
XSR_API uint32_t xsr_p2m_frames_needed(uint32_t start_pfn, uint32_t end_pfn, unsigned width);

/* The head of the body. The pfns follow through xsr_encode_pfns(), in as many calls as is handy. */
XSR_API enum xsr_status xsr_p2m_frames_encode(struct xsr_buffer *out, bool big_endian, uint32_t start_pfn,
    uint32_t end_pfn);

/*
 * The head of all four vCPU records: specs/libxc-stream.md §5.5. It has the byte order of the stream; what follows
 * it was made by Xen and is little-endian in every stream.
 */
#define XSR_VCPU_HEAD_SIZE 8u

struct xsr_vcpu_head {
	uint32_t vcpu_id;  /* the vCPU */
	uint32_t reserved; /* 0 */
};

/* X86_PV_VCPU_BASIC: specs/libxc-stream.md §8.1 and §8.2. */
#define XSR_VCPU_BASIC_SIZE_32 (XSR_VCPU_HEAD_SIZE + 2800u)
#define XSR_VCPU_BASIC_SIZE_64 (XSR_VCPU_HEAD_SIZE + 5168u)
#define XSR_VCPU_TRAPS         256u
#define XSR_VCPU_GDT_FRAMES    16u

/* Bits of xsr_vcpu_basic.flags. */
#define XSR_VCPU_I387_VALID               0x01u
#define XSR_VCPU_IN_KERNEL                0x04u
#define XSR_VCPU_FAILSAFE_DISABLES_EVENTS 0x08u
#define XSR_VCPU_SYSCALL_DISABLES_EVENTS  0x10u
#define XSR_VCPU_ONLINE                   0x20u

/* A segment selector and the unused bytes behind it: 6, or 2 in a 32-bit guest. */
struct xsr_pv_selector {
	uint16_t value;     /* the selector */
	uint8_t padding[6]; /* as found */
};

/* Registers at the time of the save, under their 64-bit names; r8 to r15 are 0 in a 32-bit guest. */
struct xsr_pv_regs {
	uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi; /* general */
	uint32_t error_code;       /* of the last trap */
	uint32_t entry_vector;     /* how Xen was entered */
	uint64_t rip;              /* program counter */
	uint16_t cs;               /* code segment */
	uint8_t saved_upcall_mask; /* event delivery was off */
	uint8_t cs_padding[5];     /* around these two: 5 bytes, or 1 in a 32-bit guest */
	uint64_t rflags;           /* flags */
	uint64_t rsp;              /* stack pointer */
	struct xsr_pv_selector ss, es, ds, fs, gs; /* other segments */
};

/* An entry of the guest's trap table. */
struct xsr_pv_trap {
	uint8_t vector;     /* of the exception */
	uint8_t flags;      /* bits 0-1 privilege, bit 2 events off */
	uint16_t cs;        /* handler */
	uint8_t padding[4]; /* 64-bit guest only */
	uint64_t address;   /* handler; 0: none */
};

/* Values that only guests of one width have are 0 in those of the other. */
struct xsr_vcpu_basic {
	struct xsr_vcpu_head head;
	unsigned width;       /* 4 or 8, told by the length of the body */
	uint8_t fpu[512];     /* FXSAVE image */
	uint64_t flags;       /* XSR_VCPU_* */
	struct xsr_pv_regs regs; /* rdx of vCPU 0: pfn of the start_info page */
	struct xsr_pv_trap traps[XSR_VCPU_TRAPS]; /* trap table */
	uint64_t ldt_base;    /* address of the LDT */
	uint64_t ldt_ents;    /* entries in it */
	uint64_t gdt_frames[XSR_VCPU_GDT_FRAMES]; /* pfns of the GDT's pages, as far as gdt_ents needs them */
	uint64_t gdt_ents;    /* entries in the GDT */
	uint64_t kernel_ss;   /* stack that traps are taken on */
	uint64_t kernel_sp;   /* the same */
	uint64_t ctrlreg[8];  /* cr0 to cr7; cr3 and (64-bit) cr1 hold pfns, see the functions below */
	uint64_t debugreg[8]; /* dr0 to dr7 */
	uint64_t event_callback_cs;     /* 32-bit */
	uint64_t event_callback_eip;    /* handler of events */
	uint64_t failsafe_callback_cs;  /* 32-bit */
	uint64_t failsafe_callback_eip; /* handler of failed returns */
	uint64_t syscall_callback_eip;  /* 64-bit: handler of syscalls */
	uint64_t vm_assist;   /* bit mask of Xen's assists; that of vCPU 0 counts */
	uint64_t fs_base;     /* 64-bit */
	uint64_t gs_base_kernel; /* 64-bit */
	uint64_t gs_base_user;   /* 64-bit */
};

XSR_API enum xsr_status xsr_vcpu_basic_decode(const void *body, size_t length, bool big_endian,
    struct xsr_vcpu_basic *vcpu);
XSR_API enum xsr_status xsr_vcpu_basic_encode(struct xsr_buffer *out, bool big_endian,
    const struct xsr_vcpu_basic *vcpu);

/* The pfn of the page table in cr3. */
XSR_API uint64_t xsr_vcpu_basic_cr3(const struct xsr_vcpu_basic *vcpu);

/* The pfn of the page table of user mode; false if there is none (always so in a 32-bit guest). */
XSR_API bool xsr_vcpu_basic_cr1(const struct xsr_vcpu_basic *vcpu, uint64_t *pfn);

/* How many of gdt_frames[] are in use: 0 to 16, whatever gdt_ents says. */
XSR_API unsigned xsr_vcpu_basic_gdt_used(const struct xsr_vcpu_basic *vcpu);

/* X86_PV_VCPU_EXTENDED: specs/libxc-stream.md §5.6 and §8.3. */
#define XSR_VCPU_EXTENDED_MIN 32u  /* shortest blob that is not empty */
#define XSR_VCPU_EXTENDED_MAX 128u /* longest */

struct xsr_vcpu_extended {
	struct xsr_vcpu_head head;
	uint32_t blob_length; /* 0, or XSR_VCPU_EXTENDED_MIN to _MAX; fields behind it are 0 */
	uint32_t vcpu;        /* the vCPU once more; this number is the one that Xen goes by */
	uint32_t size;        /* of the structure in the blob */
	uint64_t syscall32_callback_eip;   /* handler of 32-bit syscalls */
	uint64_t sysenter_callback_eip;    /* handler of sysenter */
	uint16_t syscall32_callback_cs;    /* its segment */
	uint16_t sysenter_callback_cs;     /* its segment */
	uint8_t syscall32_disables_events; /* 0 or 1 */
	uint8_t sysenter_disables_events;  /* 0 or 1 */
	uint8_t padding[2];   /* as found */
	uint64_t mcg_cap;     /* virtual machine check: capabilities */
	uint64_t mci_ctl2[2]; /* banks 0 and 1 */
	uint64_t mcg_ext_ctl; /* extended control */
	uint8_t rest[64];     /* of a blob above 64 bytes, as found */
};

XSR_API enum xsr_status xsr_vcpu_extended_decode(const void *body, size_t length, bool big_endian,
    struct xsr_vcpu_extended *vcpu);
XSR_API enum xsr_status xsr_vcpu_extended_encode(struct xsr_buffer *out, bool big_endian,
    const struct xsr_vcpu_extended *vcpu);

/* X86_PV_VCPU_XSAVE: specs/libxc-stream.md §5.7 and §8.4. */
struct xsr_vcpu_xsave {
	struct xsr_vcpu_head head;
	bool empty;           /* the blob is empty: no mask, no area */
	uint64_t xcr0;        /* states enabled */
	uint64_t xcr0_accum;  /* states ever enabled */
	const uint8_t *area;  /* xsave area in standard format */
	uint32_t area_length; /* its length; 0 if there is none */
};

XSR_API enum xsr_status xsr_vcpu_xsave_decode(const void *body, size_t length, bool big_endian,
    struct xsr_vcpu_xsave *vcpu);
XSR_API enum xsr_status xsr_vcpu_xsave_encode(struct xsr_buffer *out, bool big_endian,
    const struct xsr_vcpu_xsave *vcpu);

/* X86_PV_VCPU_MSRS: specs/libxc-stream.md §5.8 and §8.5. */
#define XSR_VCPU_MSR_SIZE 16u

struct xsr_vcpu_msr {
	uint32_t index;    /* of the MSR */
	uint32_t reserved; /* 0 */
	uint64_t value;    /* its value; savers leave out zeros */
};

struct xsr_vcpu_msrs {
	struct xsr_vcpu_head head;
	uint32_t count;         /* of entries */
	const uint8_t *entries; /* as in the body; see xsr_vcpu_msrs_at() */
};

XSR_API enum xsr_status xsr_vcpu_msrs_decode(const void *body, size_t length, bool big_endian,
    struct xsr_vcpu_msrs *vcpu);

/* Entry 0, 1, …; all zero past the last. */
XSR_API struct xsr_vcpu_msr xsr_vcpu_msrs_at(const struct xsr_vcpu_msrs *vcpu, uint32_t index);

/* The whole body: head and these entries. */
XSR_API enum xsr_status xsr_vcpu_msrs_encode(struct xsr_buffer *out, bool big_endian,
    const struct xsr_vcpu_head *head, const struct xsr_vcpu_msr *entries, uint32_t count);

/* SHARED_INFO: specs/libxc-stream.md §8.6. The page is little-endian in every stream, its layout the guest's width's. */
#define XSR_SHARED_INFO_SIZE  4096u
#define XSR_SHARED_INFO_VCPUS 32u

/* Time information of a vCPU. */
struct xsr_vcpu_time {
	uint32_t version;           /* odd while Xen writes it */
	uint32_t padding0;          /* as found */
	uint64_t tsc_timestamp;     /* TSC when the rest was written */
	uint64_t system_time;       /* nanoseconds then */
	uint32_t tsc_to_system_mul; /* nanoseconds a tick, as a fraction of 2^32 */
	uint8_t tsc_shift;          /* signed */
	uint8_t flags;              /* bit 0: TSC is stable */
	uint8_t padding1[2];        /* as found */
};

struct xsr_shared_vcpu {
	uint8_t upcall_pending; /* an event waits */
	uint8_t upcall_mask;    /* delivery is off */
	uint8_t padding0[6];    /* as found; 2 bytes in a 32-bit guest */
	uint64_t pending_sel;   /* words of evtchn_pending with an event */
	uint64_t cr2;           /* address of the last page fault */
	uint8_t padding1[20];   /* as found; 8 bytes in a 64-bit guest */
	struct xsr_vcpu_time time;
};

struct xsr_shared_info {
	unsigned width; /* 4 or 8, from X86_PV_INFO: the page does not tell */
	struct xsr_shared_vcpu vcpus[XSR_SHARED_INFO_VCPUS];
	uint8_t evtchn_pending[512]; /* bitmap of event channels; the first 128 bytes in a 32-bit guest */
	uint8_t evtchn_mask[512];    /* the same */
	uint32_t wc_version; /* wall clock: odd while Xen writes it */
	uint32_t wc_sec;     /* at system time 0 */
	uint32_t wc_nsec;    /* the same */
	uint32_t wc_sec_hi;  /* upper half of wc_sec */
	uint64_t max_pfn;    /* entries in the guest's P2M */
	uint64_t pfn_to_mfn_frame_list_list; /* a machine frame of the source */
	uint64_t nmi_reason; /* bit mask */
	uint64_t p2m_cr3;    /* machine frame of the source */
	uint64_t p2m_vaddr;  /* address of the linear P2M */
	uint64_t p2m_generation; /* odd while the guest changes its P2M */
	uint8_t tail[1752];  /* behind the defined fields, as found; 960 bytes in a 64-bit guest */
};

XSR_API enum xsr_status xsr_shared_info_decode(const void *body, size_t length, unsigned width,
    struct xsr_shared_info *info);
XSR_API enum xsr_status xsr_shared_info_encode(struct xsr_buffer *out, const struct xsr_shared_info *info);

/* Name of a model-specific register that can be in a stream, e.g. "SPEC_CTRL"; NULL for others. Static. */
XSR_API const char *xsr_msr_name(uint32_t index);

/*
 * HVM_CONTEXT: specs/libxc-stream.md §5.11 and §8.9. A chain of entries, little-endian in every stream. Bodies of
 * large guests are longer than XSR_WHOLE_MAX; the walk below wants the whole body in memory.
 */
#define XSR_HVM_MAGIC       0x54381286u /* of HEADER */
#define XSR_HVM_CPU_SIZE_34 1016u       /* CPU payload of Xen 3.4 and older, laid out differently near its end */

enum xsr_hvm_typecode {
	XSR_HVM_END = 0,
	XSR_HVM_HEADER = 1,
	XSR_HVM_CPU = 2,
	XSR_HVM_PIC = 3,
	XSR_HVM_IOAPIC = 4,
	XSR_HVM_LAPIC = 5,
	XSR_HVM_LAPIC_REGS = 6,
	XSR_HVM_PCI_IRQ = 7,
	XSR_HVM_ISA_IRQ = 8,
	XSR_HVM_PCI_LINK = 9,
	XSR_HVM_PIT = 10,
	XSR_HVM_RTC = 11,
	XSR_HVM_HPET = 12,
	XSR_HVM_PMTIMER = 13,
	XSR_HVM_MTRR = 14,
	XSR_HVM_VIRIDIAN_DOMAIN = 15,
	XSR_HVM_CPU_XSAVE = 16,
	XSR_HVM_VIRIDIAN_VCPU = 17,
	XSR_HVM_VMCE_VCPU = 18,
	XSR_HVM_TSC_ADJUST = 19,
	XSR_HVM_CPU_MSR = 20,
};

struct xsr_hvm_entry {
	uint64_t offset;        /* of its 8-byte head in the body */
	uint16_t type;          /* enum xsr_hvm_typecode, or unknown */
	uint16_t instance;      /* vCPU for entries of vCPUs, else 0 (PIC: 1 for the slave) */
	uint32_t length;        /* of the payload */
	size_t have;            /* bytes at payload; length in a whole body */
	const uint8_t *payload; /* behind the head */
};

/* A walk over the entries of a body. */
struct xsr_hvm_walk {
	const uint8_t *body;    /* the body */
	size_t length;          /* of the body */
	size_t position;        /* of the next entry; behind END the number of bytes that entries take */
	bool ended;             /* END was returned */
	enum xsr_status status; /* XSR_E_CORRUPT: an entry does not fit into the body */
};

/* A size that the payload of an entry can have. */
struct xsr_hvm_form {
	uint32_t size;     /* bytes */
	const char *since; /* first release of Xen that wrote it, e.g. "4.7"; "" if older than 4.0 */
};

/* A value in the payload of an entry. */
struct xsr_hvm_field {
	const char *name;          /* lower_snake_case */
	uint16_t offset;           /* in the payload, of the first value */
	uint8_t width;             /* bytes of a value: 1, 2, 4 or 8 */
	uint16_t count;            /* values; an array if above 1 */
	uint16_t stride;           /* from one to the next */
	uint8_t shift;             /* lowest bit that counts */
	uint8_t bits;              /* how many count; 0: all */
	enum xsr_number_base base; /* how it is best shown */
};

/* Name of a typecode, e.g. "LAPIC_REGS"; NULL for others. Static. */
XSR_API const char *xsr_hvm_entry_name(uint16_t type);

/* True if instances of this type are vCPUs. */
XSR_API bool xsr_hvm_entry_per_vcpu(uint16_t type);

/* Form number index of a type, oldest first; NULL past the last, for unknown types, and for CPU_XSAVE and CPU_MSR. */
XSR_API const struct xsr_hvm_form *xsr_hvm_entry_form(uint16_t type, size_t index);

/*
 * Field number index of an entry; NULL behind the last that its payload has. The FPU state of CPU and CPU_XSAVE
 * and the list of CPU_MSR have no fields.
 */
XSR_API const struct xsr_hvm_field *xsr_hvm_entry_field(const struct xsr_hvm_entry *entry, size_t index);

/* Bytes of payload up to the end of a field. */
XSR_API uint32_t xsr_hvm_field_end(const struct xsr_hvm_field *field);

/* Value number i of a field of this entry; 0 if the payload does not have it. */
XSR_API uint64_t xsr_hvm_field_value(const struct xsr_hvm_entry *entry, const struct xsr_hvm_field *field, size_t i);

/* Begins a walk over a whole body. */
XSR_API struct xsr_hvm_walk xsr_hvm_context_walk(const void *body, size_t length);

/*
 * Takes the next entry; END is one. False behind END, and where an entry does not fit into the body (walk->status).
 */
XSR_API bool xsr_hvm_context_next(struct xsr_hvm_walk *walk, struct xsr_hvm_entry *entry);

/* Appends an entry. XSR_E_MISUSE if its payload is not whole. */
XSR_API enum xsr_status xsr_hvm_entry_encode(struct xsr_buffer *out, const struct xsr_hvm_entry *entry);

/*
 * HVM_PARAMS: specs/libxc-stream.md §5.12. The list is encoded as a head and entries; the entries may be given in
 * several calls and must be `count` in all.
 */
#define XSR_HVM_PARAM_COUNT 39u /* parameters that any release knows; indices are below this */

struct xsr_hvm_param {
	uint64_t index; /* which one */
	uint64_t value; /* savers leave out zeros */
};

struct xsr_hvm_params {
	uint32_t count;         /* of parameters */
	uint32_t reserved;      /* 0 */
	const uint8_t *entries; /* in the body */
	bool big_endian;        /* their byte order */
};

/* Name of a parameter as Xen has it, e.g. "STORE_PFN"; NULL for an index that is not assigned. Static. */
XSR_API const char *xsr_hvm_param_name(uint64_t index);

XSR_API enum xsr_status xsr_hvm_params_decode(const void *body, size_t length, bool big_endian,
    struct xsr_hvm_params *params);

/* Parameter number i of the list; index UINT64_MAX past its end. */
XSR_API struct xsr_hvm_param xsr_hvm_params_at(const struct xsr_hvm_params *params, uint32_t i);

XSR_API enum xsr_status xsr_hvm_params_encode_head(struct xsr_buffer *out, bool big_endian, uint32_t count,
    uint32_t reserved);
XSR_API enum xsr_status xsr_hvm_params_encode(struct xsr_buffer *out, bool big_endian,
    const struct xsr_hvm_param *params, size_t count);

/* X86_CPUID_POLICY: specs/libxc-stream.md §5.18. */
struct xsr_cpuid_leaf {
	uint32_t leaf;               /* input eax */
	uint32_t subleaf;            /* input ecx; UINT32_MAX for leaves without subleaves */
	uint32_t eax, ebx, ecx, edx; /* what the guest gets */
};

struct xsr_cpuid_policy {
	size_t count;          /* of leaves */
	const uint8_t *leaves; /* in the body */
	bool big_endian;       /* their byte order */
};

XSR_API enum xsr_status xsr_cpuid_policy_decode(const void *body, size_t length, bool big_endian,
    struct xsr_cpuid_policy *policy);

/* Entry number index; leaf UINT32_MAX past the end. */
XSR_API struct xsr_cpuid_leaf xsr_cpuid_policy_at(const struct xsr_cpuid_policy *policy, size_t index);

/* Looks for a leaf (subleaf UINT32_MAX: the leaf has none). False if the policy lacks it; then *found is undefined. */
XSR_API bool xsr_cpuid_policy_find(const struct xsr_cpuid_policy *policy, uint32_t leaf, uint32_t subleaf,
    struct xsr_cpuid_leaf *found);

/* Appends entries; a body may be made by several calls. */
XSR_API enum xsr_status xsr_cpuid_policy_encode(struct xsr_buffer *out, bool big_endian,
    const struct xsr_cpuid_leaf *leaves, size_t count);

/* X86_MSR_POLICY: specs/libxc-stream.md §5.19. */
struct xsr_msr_entry {
	uint32_t index; /* of the MSR */
	uint32_t flags; /* 0 */
	uint64_t value; /* what the guest gets */
};

struct xsr_msr_policy {
	size_t count;           /* of MSRs */
	const uint8_t *entries; /* in the body */
	bool big_endian;        /* their byte order */
};

XSR_API enum xsr_status xsr_msr_policy_decode(const void *body, size_t length, bool big_endian,
    struct xsr_msr_policy *policy);

/* Entry number index; index UINT32_MAX past the end. */
XSR_API struct xsr_msr_entry xsr_msr_policy_at(const struct xsr_msr_policy *policy, size_t index);

/* Appends entries; a body may be made by several calls. */
XSR_API enum xsr_status xsr_msr_policy_encode(struct xsr_buffer *out, bool big_endian,
    const struct xsr_msr_entry *entries, size_t count);

/* CHECKPOINT_DIRTY_PFN_LIST: specs/libxc-stream.md §5.16. Encode with xsr_encode_pfns(). */
struct xsr_dirty_pfn_list {
	size_t count;        /* of pfns */
	const uint8_t *pfns; /* in the body */
	bool big_endian;     /* their byte order */
};

XSR_API enum xsr_status xsr_dirty_pfn_list_decode(const void *body, size_t length, bool big_endian,
    struct xsr_dirty_pfn_list *list);

/* The pfn number index; 0 past the end. */
XSR_API uint64_t xsr_dirty_pfn_list_at(const struct xsr_dirty_pfn_list *list, size_t index);

/*
 * EMULATOR_XENSTORE_DATA and EMULATOR_CONTEXT: specs/libxl-stream.md §4.3 and §4.4. Both begin with the same head;
 * what follows it is up to the device model's size and may be longer than XSR_WHOLE_MAX.
 */
#define XSR_EMULATOR_HEAD_SIZE        8u
#define XSR_EMULATOR_UNKNOWN          0u /* after conversion from the legacy format */
#define XSR_EMULATOR_QEMU_TRADITIONAL 1u
#define XSR_EMULATOR_QEMU             2u

struct xsr_emulator {
	uint32_t id;         /* XSR_EMULATOR_* */
	uint32_t index;      /* 0 */
	const uint8_t *data; /* xenstore pairs or the device model's state */
	size_t length;       /* of data */
};

XSR_API enum xsr_status xsr_emulator_decode(const void *body, size_t length, bool big_endian,
    struct xsr_emulator *emulator);

/* Appends head and data. */
XSR_API enum xsr_status xsr_emulator_encode(struct xsr_buffer *out, bool big_endian,
    const struct xsr_emulator *emulator);

/* "unknown", "qemu-traditional", "qemu"; NULL for an id that is none. Static. */
XSR_API const char *xsr_emulator_name(uint32_t id);

/* A pair of EMULATOR_XENSTORE_DATA; both strings are terminated and point into the data. */
struct xsr_xenstore_pair {
	const char *key;   /* relative to the device model's directory */
	const char *value; /* may be empty */
};

/*
 * Takes the pair at *position of the data (begin with 0) and moves *position behind it. False at the end of the
 * data, and where no whole pair is left: then *position is less than length.
 */
XSR_API bool xsr_xenstore_next(const struct xsr_emulator *emulator, size_t *position,
    struct xsr_xenstore_pair *pair);

/* Appends a pair; head and pairs make a body. */
XSR_API enum xsr_status xsr_xenstore_encode(struct xsr_buffer *out, const struct xsr_xenstore_pair *pair);

/* The beginning of QEMU's state in EMULATOR_CONTEXT: specs/libxl-stream.md §6. Big-endian in every stream. */
#define XSR_QEMU_MAGIC        0x5145564du /* "QEVM" */
#define XSR_QEMU_SECTION_FULL 0x04u

struct xsr_qemu_state {
	uint32_t magic;           /* XSR_QEMU_MAGIC */
	uint32_t version;         /* 3; 2 from very old ones */
	uint8_t section;          /* kind of the first section: XSR_QEMU_SECTION_FULL */
	uint32_t section_id;      /* its number */
	uint8_t name_length;      /* of its name */
	const uint8_t *name;      /* the name, e.g. "timer"; not terminated */
	uint32_t instance;        /* of the device */
	uint32_t section_version; /* of the device's state that follows */
};

/* XSR_E_CORRUPT if the state ends before its first section's version. What is there was filled in, the rest is 0. */
XSR_API enum xsr_status xsr_qemu_state_decode(const void *data, size_t length, struct xsr_qemu_state *state);

/* CHECKPOINT_STATE: specs/libxl-stream.md §4.6. */
#define XSR_CHECKPOINT_STATE_SIZE 4u

/* "NEW", "SVM_SUSPENDED", "SVM_READY", "SVM_RESUMED"; NULL for others. Static. */
XSR_API const char *xsr_checkpoint_state_name(uint32_t id);
XSR_API enum xsr_status xsr_checkpoint_state_decode(const void *body, size_t length, bool big_endian, uint32_t *id);
XSR_API enum xsr_status xsr_checkpoint_state_encode(struct xsr_buffer *out, bool big_endian, uint32_t id);

#ifdef __cplusplus
}
#endif

#endif
