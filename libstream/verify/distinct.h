/* SPDX-License-Identifier: MIT */
/*
 * How many different things there are among many, told by their hashes, in fixed memory. All of them are kept
 * while they fit; then a sample by the hash's leading bits, and the count becomes an estimate, good to about
 * one percent.
 */
#ifndef XSR_VERIFY_DISTINCT_H
#define XSR_VERIFY_DISTINCT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Hashes kept, and slots to find them in. */
#define DISTINCT_MAX   65536u
#define DISTINCT_SLOTS (2 * DISTINCT_MAX)

/* All zero at the start. */
struct distinct {
	uint64_t slots[DISTINCT_SLOTS]; /* open addressing; 0: free */
	uint64_t moving[DISTINCT_MAX];  /* what stays when the sample gets smaller */
	size_t count;                   /* hashes in slots */
	unsigned shift; /* leading bits that are zero in what is kept; 0: nothing was left out */
};

void distinct_add(struct distinct *d, uint64_t hash);

/* The count; exact while d->shift is 0. */
uint64_t distinct_count(const struct distinct *d);

#endif
