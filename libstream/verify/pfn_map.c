/* SPDX-License-Identifier: MIT */
#include "verify/pfn_map.h"

#include <string.h>

/* Two bits a pfn, in words of the machine. */
#define BYTES     (CHUNK_PFNS / 4)
#define WORD_PFNS 32u

void pfn_map_clear(struct pfn_map *map)
{
	chunk_map_clear(&map->chunks);
	memset(map, 0, sizeof(*map));
}

/* The low bit of each pair. */
#define LOW UINT64_C(0x5555555555555555)

/* Pairs that have any bit of `bits` in their low one. */
static unsigned pairs(uint64_t bits)
{
	return (unsigned)__builtin_popcountll(bits & LOW);
}

/* Sets those pairs of 32 pfns that mask covers, and keeps the counts. */
static void set_pairs(struct pfn_map *map, uint64_t *word, uint64_t mask, enum pfn_state state)
{
	uint64_t before = *word & mask, after = (uint64_t)state * LOW & mask;

	map->described += pairs(mask) - pairs(before | before >> 1);
	map->populated += pairs(after >> 1);
	map->populated -= pairs(before >> 1);
	*word = (*word & ~mask) | after;
}

bool pfn_map_set_run(struct pfn_map *map, uint64_t pfn, size_t count, enum pfn_state state)
{
	uint8_t *bits = chunk_map_make(&map->chunks, pfn, BYTES);
	size_t at = pfn & (CHUNK_PFNS - 1), end = at + count;

	if (!bits)
		return false;
	while (at < end) {
		size_t in_word = at % WORD_PFNS, n = WORD_PFNS - in_word < end - at ? WORD_PFNS - in_word : end - at;
		uint64_t mask = (UINT64_MAX >> (64 - 2 * n)) << 2 * in_word, word;
		uint8_t *place = bits + at / WORD_PFNS * sizeof(word);

		memcpy(&word, place, sizeof(word));
		set_pairs(map, &word, mask, state);
		memcpy(place, &word, sizeof(word));
		at += n;
	}
	map->chunks.in_use = map->described;
	return true;
}

bool pfn_map_set(struct pfn_map *map, uint64_t pfn, enum pfn_state state)
{
	return pfn_map_set_run(map, pfn, 1, state);
}

enum pfn_state pfn_map_get(const struct pfn_map *map, uint64_t pfn)
{
	const uint8_t *bits = chunk_map_find(&map->chunks, pfn);
	size_t at = pfn & (CHUNK_PFNS - 1);
	uint64_t word;

	if (!bits)
		return PFN_UNSEEN;
	memcpy(&word, bits + at / WORD_PFNS * sizeof(word), sizeof(word));
	return (enum pfn_state)(word >> 2 * (at % WORD_PFNS) & 3);
}

uint64_t pfn_map_first_unseen(const struct pfn_map *map, uint64_t limit)
{
	/* Each step is over a described pfn, so this ends after at most `described` of them. */
	for (uint64_t pfn = 0; pfn < limit; pfn++)
		if (pfn_map_get(map, pfn) == PFN_UNSEEN)
			return pfn;
	return limit;
}
