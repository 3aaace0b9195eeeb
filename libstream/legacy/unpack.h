/* SPDX-License-Identifier: MIT */
/*
 * Compressed page data: specs/legacy-stream.md §4.6. Batches are queued as they come; units of compressed data belong
 * to their entries in order. Data may come in pieces of any size, and a little of it before its batch.
 */
#ifndef XSR_LEGACY_UNPACK_H
#define XSR_LEGACY_UNPACK_H

#include <libstream/format.h>

#define UNPACK_QUEUE_MAX (1u << 20) /* entries that wait for their data: 4 GiB of it */
#define UNPACK_EARLY_MAX (4u << 20) /* bytes of data that wait for their entry */

/* What a unit is in the middle of. */
enum unpack_state {
	UNPACK_FIRST,  /* its first byte */
	UNPACK_MARKER, /* the next marker */
	UNPACK_COPY,   /* literal bytes */
};

struct unpack {
	uint32_t *queue;   /* count of a batch, its entries, the next batch, … */
	size_t size;       /* room in queue */
	size_t begin, end; /* what is in use */
	uint32_t left;     /* entries of the batch in front that wait; 0: begin is at a count */
	enum unpack_state state; /* of the unit */
	size_t position;   /* in the page */
	size_t copy;       /* literal bytes to come */
	uint8_t page[XSR_PAGE_SIZE]; /* being patched */
	uint8_t *early;    /* data that came before its batch */
	size_t early_length; /* bytes of it */
};

/* Queues a batch of entries. False: memory is short, or too many wait. */
bool unpack_push(struct unpack *u, const uint32_t *entries, uint32_t count);

/* True if nothing is queued. */
bool unpack_idle(const struct unpack *u);

/* Keeps data that has no batch yet. False: memory is short, or it is too much. */
bool unpack_early(struct unpack *u, const uint8_t *data, size_t length);

/*
 * Takes data for a unit whose page is u->page. Sets *complete at its end and returns how many bytes were used;
 * SIZE_MAX for data that no unit can be.
 */
size_t unpack_unit(struct unpack *u, const uint8_t *data, size_t length, bool *complete);

void unpack_free(struct unpack *u);

#endif
