/* SPDX-License-Identifier: MIT */
/* Two bits for each pfn: what the stream says of it. See chunk_map.h for the memory that it takes. */
#ifndef XSR_VERIFY_PFN_MAP_H
#define XSR_VERIFY_PFN_MAP_H

#include "verify/chunk_map.h"

/* The latest that was said of a pfn. */
enum pfn_state {
	PFN_UNSEEN, /* nothing */
	PFN_HOLE,   /* it has no RAM: XTAB, BROKEN */
	PFN_RAM,    /* it has RAM: NOTAB, XALLOC */
	PFN_TABLE,  /* it is a page table of some level */
};

/* All zero at the start. */
struct pfn_map {
	struct chunk_map chunks; /* the bits; its no_memory tells why pfn_map_set() failed */
	uint64_t described;      /* pfns that are not PFN_UNSEEN */
	uint64_t populated;      /* pfns that are PFN_RAM or PFN_TABLE */
};

/* Forgets everything and frees it. */
void pfn_map_clear(struct pfn_map *map);

/* Sets the state of a pfn (not to PFN_UNSEEN). False if memory is short or the bound is reached. */
bool pfn_map_set(struct pfn_map *map, uint64_t pfn, enum pfn_state state);

/*
 * The same for count pfns from this one on that are all in one chunk: for long runs, 32 pfns take no longer than
 * one. Nothing is set if it fails.
 */
bool pfn_map_set_run(struct pfn_map *map, uint64_t pfn, size_t count, enum pfn_state state);

enum pfn_state pfn_map_get(const struct pfn_map *map, uint64_t pfn);

/* The lowest pfn that is PFN_UNSEEN, at most limit. */
uint64_t pfn_map_first_unseen(const struct pfn_map *map, uint64_t limit);

#endif
