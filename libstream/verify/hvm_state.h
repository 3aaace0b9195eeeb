/* SPDX-License-Identifier: MIT */
/*
 * What HVM_PARAMS says about pages of the guest, kept until the types of all pages are known. A round may have the
 * parameters in several records, as the converter writes them.
 */
#ifndef XSR_VERIFY_HVM_STATE_H
#define XSR_VERIFY_HVM_STATE_H

#include "family.h"
#include "verify/pv_state.h"

/* Parameters that are pfns of pages which the restorer clears or the guest shares: specs/libxc-stream.md §5.12. */
#define HVM_PAGE_PARAMS 4u

/* A parameter that names a page. */
struct hvm_page_param {
	bool seen;                /* it came in this round */
	uint64_t pfn;             /* its latest value */
	uint64_t offset;          /* of that value in the stream */
	struct xsr_record record; /* that it was in */
};

/* All zero at the start. */
struct hvm_state {
	struct hvm_page_param page[HVM_PAGE_PARAMS]; /* in the order of hvm_state.c's table */
	bool has_params;          /* HVM_PARAMS came in this round */
	struct xsr_record record; /* the latest one */
};

/* Takes a BODY event of a libxc record of legal length, whatever its type. */
void hvm_state_body(struct hvm_state *state, const struct xsr_event *body);

/* At END and at each CHECKPOINT, at depth stream: reports what points at no memory, and a missing STORE_PFN. */
void hvm_state_judge(const struct hvm_state *state, const struct check *c, pv_page_type_fn *page_type,
    void *context);

/* After a CHECKPOINT was judged: the parameters come again. */
void hvm_state_next_round(struct hvm_state *state);

#endif
