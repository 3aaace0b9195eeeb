/* SPDX-License-Identifier: MIT */
/*
 * The start_info page of a PV guest: specs/libxc-stream.md §8.7. Which page it is stands in vCPU 0's
 * registers, which come behind all memory. So pages that look like one are remembered, and judged at the end.
 */
#ifndef XSR_VERIFY_START_INFO_H
#define XSR_VERIFY_START_INFO_H

#include <libstream/verify.h>

/* Pages with the magic that are remembered: kexec and crash kernels leave a few, honest guests no more. */
#define START_INFO_MAX 64u

struct start_info {
	uint64_t pfn;             /* of the page */
	uint64_t store;           /* pfn of the store ring, as it says */
	uint64_t console;         /* pfn of the console ring */
	struct xsr_record record; /* where its latest content was */
	uint64_t at;              /* offset of the page from the record's header */
};

/* All zero at the start. */
struct start_infos {
	struct start_info pages[START_INFO_MAX]; /* in no order */
	unsigned count;                          /* elements in use */
	bool more;                               /* there were more than fit */
};

struct xsr_verifier;

/* An ordinary page of a PV guest; at: offset of the page from the record's header. */
void start_info_page(struct xsr_verifier *v, const struct xsr_record *record, uint64_t at, uint64_t pfn,
    const uint8_t *page);

void start_info_finish(struct xsr_verifier *v);

#endif
