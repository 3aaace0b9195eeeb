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

#ifdef __cplusplus
}
#endif

#endif
