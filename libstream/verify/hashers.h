/* SPDX-License-Identifier: MIT */
/*
 * Hashes of pages, worked out by the caller's thread or by some beside it. Only this is shared out: it is nearly all
 * of the work, and a hash depends on nothing but its page, so what comes of it is the same with any number of threads.
 */
#ifndef XSR_VERIFY_HASHERS_H
#define XSR_VERIFY_HASHERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/hash128.h"

/* More threads than this would wait for memory, and pages in a job. */
#define HASHERS_MAX 16u
#define JOB_PAGES   256u

/* Reads page data; see xsr_fetch_fn. */
typedef bool hashers_fetch_fn(void *context, uint64_t offset, void *data, size_t size);

/* Pages to work on. */
struct job {
	uint8_t *pages; /* they stand here one behind the other; they stay while the job is not waited for */
	size_t count;   /* how many, 1 to JOB_PAGES */
	hashers_fetch_fn *fetch; /* NULL, or they are first to be read by this, from any thread */
	void *context;           /* its first argument */
	uint64_t offset;         /* where the first one is read from */
};

struct page_hash {
	struct hash128 hash; /* of the page */
	bool zero;           /* it is all zero */
};

struct hashers;

/* threads: how many to start besides the caller's, once there is work for them; 0 is fine. NULL if memory is short. */
struct hashers *hashers_new(unsigned threads);

/* Waits for work that is under way; NULL is allowed. */
void hashers_free(struct hashers *h);

/* Begins with a job, which is copied. One at a time. */
void hashers_start(struct hashers *h, const struct job *job);

/*
 * Does what is left of the job, waits for what is under way, and returns the hashes in order; they stay through one
 * more job. NULL if pages could not be read.
 */
const struct page_hash *hashers_wait(struct hashers *h);

#endif
