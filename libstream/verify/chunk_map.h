/* SPDX-License-Identifier: MIT */
/*
 * A few bits for each pfn, kept in chunks that exist only where they are needed. What a stream can make it
 * allocate is bounded: a fixed part, plus what the pfns really in use pay for. Real guests use dense ranges
 * and stay far below; pfns strewn over the address space to exhaust memory are refused.
 */
#ifndef XSR_VERIFY_CHUNK_MAP_H
#define XSR_VERIFY_CHUNK_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* pfns in a chunk. */
#define CHUNK_SHIFT 14u
#define CHUNK_PFNS  (1u << CHUNK_SHIFT)

struct chunk;

/* All zero at the start. The caller counts the pfns in use and always gives the same size of a chunk. */
struct chunk_map {
	struct chunk *table; /* open addressing, a power of two */
	size_t slots;        /* its size, 0 before the first pfn */
	size_t used;         /* chunks in it */
	uint64_t in_use;     /* pfns whose cell is not zero; the caller's count */
	size_t latest;       /* slot used last: pfns come in order */
	bool no_memory;      /* an allocation failed: it was not the bound that was reached */
};

/* Forgets everything and frees it. */
void chunk_map_clear(struct chunk_map *map);

/*
 * The chunk of a pfn, made of `bytes` zeros if it is not there. NULL if memory is short or the bound is
 * reached.
 */
uint8_t *chunk_map_make(struct chunk_map *map, uint64_t pfn, size_t bytes);

/* The chunk of a pfn, or NULL if there is none. */
uint8_t *chunk_map_find(const struct chunk_map *map, uint64_t pfn);

/*
 * The chunk in slot i, or NULL; sets *pfn to its first pfn. For walks over slots 0 to slots - 1, in no order.
 */
const uint8_t *chunk_map_slot(const struct chunk_map *map, size_t i, uint64_t *pfn);

#endif
