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

/* Name of a model-specific register that can be in a stream, e.g. "SPEC_CTRL"; NULL for others. Static. */
XSR_API const char *xsr_msr_name(uint32_t index);

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

#ifdef __cplusplus
}
#endif

#endif
