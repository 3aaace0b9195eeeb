/* SPDX-License-Identifier: MIT */
#include "verify/pfn_map.h"

#include <string.h>

/* Four pfns a byte. */
#define BYTES (CHUNK_PFNS / 4)

void pfn_map_clear(struct pfn_map *map)
{
	chunk_map_clear(&map->chunks);
	memset(map, 0, sizeof(*map));
}

bool pfn_map_set(struct pfn_map *map, uint64_t pfn, enum pfn_state state)
{
	uint8_t *bits = chunk_map_make(&map->chunks, pfn, BYTES);
	unsigned at = pfn & (CHUNK_PFNS - 1), shift = 2 * (at & 3);
	enum pfn_state before;

	if (!bits)
		return false;
	before = (enum pfn_state)(bits[at / 4] >> shift & 3);
	map->described += before == PFN_UNSEEN;
	map->chunks.in_use = map->described;
	map->populated += (uint64_t)(state >= PFN_RAM) - (uint64_t)(before >= PFN_RAM);
	bits[at / 4] = (uint8_t)((bits[at / 4] & ~(3u << shift)) | (unsigned)state << shift);
	return true;
}

enum pfn_state pfn_map_get(const struct pfn_map *map, uint64_t pfn)
{
	const uint8_t *bits = chunk_map_find(&map->chunks, pfn);
	unsigned at = pfn & (CHUNK_PFNS - 1);

	return bits ? (enum pfn_state)(bits[at / 4] >> 2 * (at & 3) & 3) : PFN_UNSEEN;
}

uint64_t pfn_map_first_unseen(const struct pfn_map *map, uint64_t limit)
{
	/* Each step is over a described pfn, so this ends after at most `described` of them. */
	for (uint64_t pfn = 0; pfn < limit; pfn++)
		if (pfn_map_get(map, pfn) == PFN_UNSEEN)
			return pfn;
	return limit;
}
