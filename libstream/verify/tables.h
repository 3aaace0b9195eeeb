/* SPDX-License-Identifier: MIT */
/*
 * Page tables of PV guests: what their entries may hold and point at, specs/libxc-stream.md §8.8.
 *
 * Most of it is judged at once. What a target must be is known only when both have come, the table and the
 * target's type, and it is said only of images with a single pass: what a live save sends early may be stale
 * when the target changes its type, and the guest's final tables come later. So such findings wait for the
 * end, a few of them.
 */
#ifndef XSR_VERIFY_TABLES_H
#define XSR_VERIFY_TABLES_H

#include <libstream/verify.h>

#include "findings.h"
#include "verify/chunk_map.h"

/* Findings that wait; more of them would say nothing new. */
#define TABLES_WAITING 32u

/* All zero at the start. */
struct tables {
	struct chunk_map cells; /* a byte a pfn: what it is, and what tables want of it */
	unsigned told;          /* bit a rule: reported for this record */
	uint32_t waiting;       /* elements of findings */
	struct xsr_finding findings[TABLES_WAITING]; /* for the end, in the order they came */
};

struct xsr_verifier;

/* A PAGE_DATA record begins. */
void tables_batch(struct tables *t);

/* What an entry of it says: number is the entry's. For PV guests. */
void tables_entry(struct xsr_verifier *v, const struct xsr_record *record, uint32_t number, uint64_t entry);

/* A page table of the record; at: offset of the page from the record's header. For PV guests. */
void tables_page(struct xsr_verifier *v, const struct xsr_record *record, uint64_t at, uint64_t entry,
    const uint8_t *page);

void tables_finish(struct xsr_verifier *v);
void tables_clear(struct tables *t);

#endif
