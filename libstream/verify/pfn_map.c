/* SPDX-License-Identifier: MIT */
#include "verify/pfn_map.h"

#include <stdlib.h>
#include <string.h>

/* Memory that pfns may take before they have to be dense. */
#define FREE_BYTES (4u << 20)

struct pfn_chunk {
	uint64_t number; /* pfn >> PFN_CHUNK_SHIFT */
	uint8_t *bits;   /* PFN_CHUNK_BYTES, two bits a pfn; NULL: slot is free */
};

void pfn_map_clear(struct pfn_map *map)
{
	for (size_t i = 0; i < map->slots; i++)
		free(map->table[i].bits);
	free(map->table);
	memset(map, 0, sizeof(*map));
}

/* Fibonacci hashing: chunk numbers are mostly consecutive. */
static size_t slot_of(const struct pfn_chunk *table, size_t slots, uint64_t number)
{
	size_t slot = (size_t)((number * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & (slots - 1);

	while (table[slot].bits && table[slot].number != number)
		slot = (slot + 1) & (slots - 1);
	return slot;
}

static bool grow(struct pfn_map *map)
{
	size_t slots = map->slots ? 2 * map->slots : 64;
	struct pfn_chunk *table = calloc(slots, sizeof(*table));

	map->no_memory = !table;
	if (!table)
		return false;
	for (size_t i = 0; i < map->slots; i++)
		if (map->table[i].bits)
			table[slot_of(table, slots, map->table[i].number)] = map->table[i];
	free(map->table);
	map->table = table;
	map->slots = slots;
	return true;
}

/* A chunk more: within the free part, or paid for by pfns described at two bits each. */
static bool may_add(const struct pfn_map *map)
{
	uint64_t bytes = (uint64_t)(map->used + 1) * (PFN_CHUNK_BYTES + 2 * sizeof(struct pfn_chunk));

	return bytes <= FREE_BYTES + map->described / 4 + map->described / 64;
}

static uint8_t *chunk_for(struct pfn_map *map, uint64_t number)
{
	size_t slot = map->latest;

	if (slot < map->slots && map->table[slot].bits && map->table[slot].number == number)
		return map->table[slot].bits;
	if (map->used >= map->slots / 2 && !grow(map))
		return NULL;
	slot = slot_of(map->table, map->slots, number);
	if (!map->table[slot].bits) {
		if (!may_add(map))
			return NULL;
		map->table[slot].bits = calloc(1, PFN_CHUNK_BYTES);
		map->no_memory = !map->table[slot].bits;
		if (map->no_memory)
			return NULL;
		map->table[slot].number = number;
		map->used++;
	}
	map->latest = slot;
	return map->table[slot].bits;
}

bool pfn_map_set(struct pfn_map *map, uint64_t pfn, enum pfn_state state)
{
	uint8_t *bits = chunk_for(map, pfn >> PFN_CHUNK_SHIFT);
	unsigned at = pfn & ((1u << PFN_CHUNK_SHIFT) - 1), shift = 2 * (at & 3);
	enum pfn_state before;

	if (!bits)
		return false;
	before = (enum pfn_state)(bits[at / 4] >> shift & 3);
	map->described += before == PFN_UNSEEN;
	map->populated += (uint64_t)(state >= PFN_RAM) - (uint64_t)(before >= PFN_RAM);
	bits[at / 4] = (uint8_t)((bits[at / 4] & ~(3u << shift)) | (unsigned)state << shift);
	return true;
}

static const uint8_t *chunk_find(const struct pfn_map *map, uint64_t number)
{
	return map->slots ? map->table[slot_of(map->table, map->slots, number)].bits : NULL;
}

enum pfn_state pfn_map_get(const struct pfn_map *map, uint64_t pfn)
{
	const uint8_t *bits = chunk_find(map, pfn >> PFN_CHUNK_SHIFT);
	unsigned at = pfn & ((1u << PFN_CHUNK_SHIFT) - 1);

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
