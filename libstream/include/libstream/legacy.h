/* SPDX-License-Identifier: MIT */
/*
 * libstream: the decoder of legacy images, what Xen 3.0 to 4.5 wrote, with the containers of xl, xend, xapi and
 * libvirt around them: specs/legacy-stream.md.
 *
 * It works as the decoder of <libstream/decoder.h> does: fed bytes in pieces of any size, it yields one event at a
 * time, holds no page, and allocates only in xsr_legacy_new(). A legacy image says nothing about itself: width, guest
 * type and container are told from the first bytes (at most XSR_LEGACY_LOOK of them), or demanded and then checked.
 */
#ifndef LIBSTREAM_LEGACY_H
#define LIBSTREAM_LEGACY_H

#include <libstream/decoder.h>
#include <libstream/records.h>
#include <libstream/verify.h>

#ifdef __cplusplus
extern "C" {
#endif

#define XSR_LEGACY_LOOK      65536u     /* most bytes looked at before anything is decided */
#define XSR_LEGACY_P2M_MAX   0x0fffffffu /* largest p2m_size: an entry has 28 bits for a pfn */
#define XSR_LEGACY_VCPUS_MAX 4096u

/* Ids of the chunks of a body; positive ones are page batches. specs/legacy-stream.md §4.2. */
enum xsr_legacy_id {
	XSR_LEGACY_END = 0,
	XSR_LEGACY_VERIFY = -1,
	XSR_LEGACY_VCPU_INFO = -2,
	XSR_LEGACY_IDENT_PT = -3,
	XSR_LEGACY_VM86_TSS = -4,
	XSR_LEGACY_TMEM = -5,
	XSR_LEGACY_TMEM_EXTRA = -6,
	XSR_LEGACY_TSC_INFO = -7,
	XSR_LEGACY_CONSOLE_PFN = -8,
	XSR_LEGACY_LAST_CHECKPOINT = -9,
	XSR_LEGACY_ACPI_IOPORTS = -10,
	XSR_LEGACY_VIRIDIAN = -11,
	XSR_LEGACY_COMPRESSED_DATA = -12,
	XSR_LEGACY_ENABLE_COMPRESSION = -13,
	XSR_LEGACY_GENERATION_ID = -14,
	XSR_LEGACY_PAGING_RING = -15,
	XSR_LEGACY_MONITOR_RING = -16,
	XSR_LEGACY_SHARING_RING = -17,
	XSR_LEGACY_TOOLSTACK = -18,
	XSR_LEGACY_IOREQ_SERVER_PFN = -19,
	XSR_LEGACY_NR_IOREQ_PAGES = -20,
	XSR_LEGACY_X87_FIP_WIDTH = -21,
};

/* Name of a chunk as the spec writes it ("PAGE_BATCH" for all positive ids), or NULL. Static. */
XSR_API const char *xsr_legacy_chunk_name(int32_t id);

/* HVM parameter that a chunk sets; 0 if it sets none. */
XSR_API uint32_t xsr_legacy_chunk_param(int32_t id);

/* An entry of a batch, as xsr_legacy_event.u.batch has it: type and pfn. */
#define XSR_LEGACY_PFN_MASK 0x0fffffffu
#define XSR_LEGACY_TYPE(e)  ((unsigned)((e) >> 28) & 0xfu)

/* What is known once the head of an image was read. */
struct xsr_legacy_head {
	bool hvm;            /* guest type */
	unsigned width;      /* of the toolstack that wrote it: 4 or 8 */
	uint64_t p2m_size;   /* highest pfn + 1 */
	bool has_info;       /* PV: there is extended info (3.0.3 and later) */
	unsigned guest_width;  /* PV: 4 or 8 */
	unsigned guest_levels; /* PV: 3 or 4 */
	bool extended;       /* PV: an extended context follows each vCPU */
	uint32_t xcnt;       /* PV: bytes of xsave state per vCPU, 16 included; 0: none follows */
	uint32_t frames;     /* PV: entries of the P2M frame list */
	uint32_t info_total; /* PV: bytes of extended info */
	bool viridian;       /* HVM: the container's configuration gives the guest viridian extensions */
};

/* A chunk and the fixed part of it. Which members count follows from the id. */
struct xsr_legacy_chunk {
	int32_t id;               /* enum xsr_legacy_id or a number of entries */
	const char *name;         /* of the id */
	uint64_t index;           /* counted from 0 over all rounds */
	uint64_t offset;          /* of the id in the input */
	uint64_t length;          /* TOOLSTACK, COMPRESSED_DATA: bytes of the body */
	uint64_t value;           /* HVM parameters */
	struct xsr_tsc_info tsc;  /* TSC_INFO */
	uint32_t max_vcpu;        /* VCPU_INFO */
	const uint64_t *vcpu_map; /* VCPU_INFO: 64 words, bits above max_vcpu are cleared */
};

/* How the state of the device model is framed: specs/legacy-stream.md §5.2. */
enum xsr_legacy_qemu {
	XSR_LEGACY_QEMU_EOF,   /* QemuDeviceModelRecord, to the end of the input */
	XSR_LEGACY_QEMU_LIBXL, /* DeviceModelRecord0002 */
	XSR_LEGACY_QEMU_REMUS, /* RemusDeviceModelState */
	XSR_LEGACY_QEMU_XAPI,  /* QemuDeviceModelRecord and a newline */
	XSR_LEGACY_QEMU_BLOB,  /* a record of xapi's structured container */
};

enum xsr_legacy_event_type {
	XSR_LEGACY_CONTAINER,   /* u.container; none for a bare image */
	XSR_LEGACY_CONFIG,      /* u.bytes: the container's configuration */
	XSR_LEGACY_CONFIG_TAIL, /* u.bytes: the rest of xl's optional data */
	XSR_LEGACY_BLOB,        /* u.blob: a record of xapi's that is neither the image nor qemu's begins */
	XSR_LEGACY_BLOB_DATA,   /* u.bytes: of it */
	XSR_LEGACY_HEAD,        /* u.head */
	XSR_LEGACY_FRAMES,      /* u.list: of the P2M frame list */
	XSR_LEGACY_CHUNK,       /* event.chunk begins; its fixed part is there */
	XSR_LEGACY_ENTRIES,     /* u.batch: all entries of a batch */
	XSR_LEGACY_PAYLOAD,     /* u.payload: page data is next; the caller may xsr_legacy_skip() it */
	XSR_LEGACY_PAGES,       /* u.bytes: page data that was fed instead of skipped */
	XSR_LEGACY_CHUNK_DATA,  /* u.bytes: body of TOOLSTACK or COMPRESSED_DATA */
	XSR_LEGACY_BODY_END,    /* chunk 0 */
	XSR_LEGACY_HVM_TAIL,    /* u.hvm */
	XSR_LEGACY_HVM_CONTEXT, /* u.bytes */
	XSR_LEGACY_UNMAPPED,    /* u.list: pfns that had no page */
	XSR_LEGACY_VCPU,        /* u.vcpu: the context */
	XSR_LEGACY_VCPU_EXTENDED, /* u.vcpu: 128 bytes */
	XSR_LEGACY_VCPU_XSAVE,  /* u.vcpu: xcr0, xcr0_accum and the area */
	XSR_LEGACY_SHARED_INFO, /* u.bytes, whole */
	XSR_LEGACY_TAIL_END,    /* the libxc image, or this round of it, is complete */
	XSR_LEGACY_QEMU,        /* u.qemu: a record of the device model begins */
	XSR_LEGACY_QEMU_DATA,   /* u.bytes: its state */
	XSR_LEGACY_ROUND,       /* the next round begins */
	XSR_LEGACY_TRAILER,     /* u.bytes: bytes behind the end */
};

/*
 * One event. The decoder owns it and all it points to; valid until the next call on the decoder. In u.bytes,
 * `position` counts from the first byte of that thing.
 */
struct xsr_legacy_event {
	enum xsr_legacy_event_type type;
	uint64_t offset;                      /* of the first byte this event stands for */
	uint64_t round;                       /* counted from 0 */
	const struct xsr_legacy_chunk *chunk; /* the current chunk; NULL outside of the body */
	union {
		struct {
			enum xsr_format format;  /* XSR_FORMAT_XL, _XEND, _XAPI or _LIBVIRT */
			bool structured;         /* xapi: records, not magic and image */
			struct xsr_xl_header xl; /* xl */
			uint32_t config_length;  /* bytes of CONFIG to come */
		} container;
		struct {
			const uint8_t *data; /* the bytes, in stream order */
			size_t length;       /* how many, at least 1 */
			uint64_t position;   /* of the first one */
			bool last;           /* nothing after this piece */
		} bytes;
		struct {
			uint64_t type;   /* specs/legacy-stream.md §2.3 */
			uint64_t length; /* of its body */
		} blob;
		struct xsr_legacy_head head;
		struct {
			const uint64_t *entries; /* pfns */
			size_t count;            /* how many in this piece, at least 1 */
			uint32_t first;          /* number of the first one */
			uint32_t total;          /* of the list */
		} list;
		struct {
			const uint64_t *entries; /* type and pfn, XSR_LEGACY_TYPE() and XSR_LEGACY_PFN_MASK */
			uint32_t count;          /* all of the batch */
			uint32_t pages;          /* of them with data (in compressed mode it comes later) */
			bool compressed;         /* data comes as COMPRESSED_DATA */
		} batch;
		struct {
			uint64_t length; /* bytes */
		} payload;
		struct {
			uint64_t ioreq, bufioreq, store; /* pfns, 0 for none */
			uint32_t length;                 /* of the HVM context */
		} hvm;
		struct {
			uint32_t id;         /* the vCPU */
			const uint8_t *data; /* its state */
			size_t length;       /* of it */
			uint64_t mask;       /* VCPU_XSAVE: features of the host */
		} vcpu;
		struct {
			enum xsr_legacy_qemu framing; /* see there */
			uint64_t length;              /* UINT64_MAX: up to the end of the input */
		} qemu;
	} u;
};

/* What to demand of an image; all zero: find out. */
struct xsr_legacy_demand {
	unsigned width;          /* 4 or 8 */
	uint32_t guest;          /* XSR_DOMAIN_X86_PV or XSR_DOMAIN_X86_HVM */
	bool xl;                 /* there must be an xl header */
	bool tmem;               /* go through transcendent memory instead of refusing it */
	unsigned tmem_oid;       /* bytes of an object id of it: 24, or 8 for Xen 4.0.0 and 4.0.1; 0 means 24 */
	uint64_t reserved[4];    /* must be zero */
};

struct xsr_legacy;

/*
 * Makes a decoder. demand may be NULL. report gets findings that do not stop decoding; it may be NULL.
 * NULL if memory is short or demand is none that can be met. Free with xsr_legacy_free() (NULL allowed).
 */
XSR_API struct xsr_legacy *xsr_legacy_new(const struct xsr_legacy_demand *demand, xsr_finding_fn *report,
    void *context);
XSR_API void xsr_legacy_free(struct xsr_legacy *decoder);

/* As xsr_decoder_feed(), xsr_decoder_skippable() and xsr_decoder_skip(). */
XSR_API enum xsr_status xsr_legacy_feed(struct xsr_legacy *decoder, const void *data, size_t size, size_t *used,
    const struct xsr_legacy_event **event);
XSR_API uint64_t xsr_legacy_skippable(const struct xsr_legacy *decoder);
XSR_API enum xsr_status xsr_legacy_skip(struct xsr_legacy *decoder, uint64_t size);

/*
 * The input has ended. XSR_OK if at least one round is complete: then xsr_legacy_torn() tells whether a part of
 * another one came behind it. Otherwise XSR_E_TRUNCATED, or the fault that ended decoding.
 */
XSR_API enum xsr_status xsr_legacy_finish(struct xsr_legacy *decoder);

/* Rounds that are complete so far (a plain image has one), and whether the last one was broken off. */
XSR_API uint64_t xsr_legacy_rounds(const struct xsr_legacy *decoder);
XSR_API bool xsr_legacy_torn(const struct xsr_legacy *decoder);

/* True once a chunk said that no round follows. */
XSR_API bool xsr_legacy_last(const struct xsr_legacy *decoder);

/* The fault that ended decoding, or NULL. Owned by the decoder. */
XSR_API const struct xsr_finding *xsr_legacy_error(const struct xsr_legacy *decoder);

/* Offset in the input of the next byte that an event will stand for. */
XSR_API uint64_t xsr_legacy_offset(const struct xsr_legacy *decoder);

/* The oldest release that can have written what was seen so far, as "4.2"; an estimate. Static. */
XSR_API const char *xsr_legacy_release(const struct xsr_legacy *decoder);

#ifdef __cplusplus
}
#endif

#endif
