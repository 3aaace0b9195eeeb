/* SPDX-License-Identifier: MIT */
/*
 * The digest of a guest's memory: the sum, modulo 2^128, of one hash for each pfn that has content, made of
 * the pfn, the level of page table that it is, and the content. A sum does not depend on the order of its
 * terms; the term of a pfn that comes again is taken out before the new one is added, for which it must have
 * been kept: in the store, 16 bytes a pfn. Without a store the digest lasts until a pfn comes again, or might
 * have.
 */
#ifndef XSR_VERIFY_MEMORY_DIGEST_H
#define XSR_VERIFY_MEMORY_DIGEST_H

#include <libstream/verify.h>

#include "wire/hash128.h"

/* Bytes of a term, and terms that are read and written together. */
#define TERM_BYTES   16u
#define WINDOW_TERMS 256u

/* All zero at the start, but for the store. */
struct memory_digest {
	struct xsr_store store; /* where terms are kept; no functions: nowhere */
	struct hash128 sum;     /* of all terms */
	uint64_t next;          /* one above the highest pfn so far */
	uint64_t floor;         /* what next was when the record began: pfns below it may have come before */
	bool lost;              /* it cannot be given any more */
	bool has_window;        /* window holds terms of the store … */
	bool dirty;             /* … and has to be written */
	uint64_t window_number; /* which: pfn / WINDOW_TERMS */
	uint8_t
	    window[WINDOW_TERMS * TERM_BYTES]; /* the terms, in the order of a big-endian number's bytes */
};

/* A record begins: within one, pfns may come in any order, but each once. */
void memory_digest_batch(struct memory_digest *d);

/* A record ended in which a pfn may have come twice. */
void memory_digest_doubled(struct memory_digest *d);

/* The pfn now has this content. */
void memory_digest_set(struct memory_digest *d, uint64_t pfn, unsigned level, struct hash128 content);

/* The same if the pfn had none before, as for pages that are allocated without content. */
void memory_digest_fill(struct memory_digest *d, uint64_t pfn, unsigned level, struct hash128 content);

/* Some content will not be known. */
void memory_digest_lose(struct memory_digest *d);

/* The stream ended: brings the store up to date and writes the digest. False if it was lost. */
bool memory_digest_finish(struct memory_digest *d, uint8_t digest[16]);

#endif
