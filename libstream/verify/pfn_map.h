/* SPDX-License-Identifier: MIT */
/*
 * Two bits for each pfn, kept in chunks that exist only where pfns were described. What a stream can make it
 * allocate is bounded: a fixed part, plus two bits for each pfn really described. Real guests describe dense
 * ranges and stay far below; pfns strewn over the address space to exhaust memory make pfn_map_set() fail.
 */
#ifndef XSR_VERIFY_PFN_MAP_H
#define XSR_VERIFY_PFN_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The latest that was said of a pfn. */
enum pfn_state {
	PFN_UNSEEN, /* nothing */
	PFN_HOLE,   /* it has no RAM: XTAB, BROKEN */
	PFN_RAM,    /* it has RAM: NOTAB, XALLOC */
	PFN_TABLE,  /* it is a page table of some level */
};

/* pfns in a chunk: a page of memory each. */
#define PFN_CHUNK_SHIFT 14u
#define PFN_CHUNK_BYTES (1u << (PFN_CHUNK_SHIFT - 2))

struct pfn_chunk;

struct pfn_map {
	struct pfn_chunk *table; /* open addressing, a power of two */
	size_t slots;            /* its size, 0 before the first pfn */
	size_t used;             /* chunks in it */
	uint64_t described;      /* pfns that are not PFN_UNSEEN */
	uint64_t populated;      /* pfns that are PFN_RAM or PFN_TABLE */
	size_t latest;           /* slot used last: pfns come in order */
	bool no_memory;          /* an allocation failed: it was not the bound that was reached */
};

/* Forgets everything and frees it. */
void pfn_map_clear(struct pfn_map *map);

/* Sets the state of a pfn (not to PFN_UNSEEN). False if memory is short or the bound is reached. */
bool pfn_map_set(struct pfn_map *map, uint64_t pfn, enum pfn_state state);

enum pfn_state pfn_map_get(const struct pfn_map *map, uint64_t pfn);

/* The lowest pfn that is PFN_UNSEEN, at most limit. */
uint64_t pfn_map_first_unseen(const struct pfn_map *map, uint64_t limit);

#endif
