/* SPDX-License-Identifier: MIT */
#include "verify/chunk_map.h"

#include <stdlib.h>
#include <string.h>

/* Memory that pfns may take before they have to be dense. */
#define FREE_BYTES (4u << 20)

struct chunk {
	uint64_t number; /* pfn >> CHUNK_SHIFT */
	uint8_t *cells;  /* NULL: slot is free */
};

void chunk_map_clear(struct chunk_map *map)
{
	for (size_t i = 0; i < map->slots; i++)
		free(map->table[i].cells);
	free(map->table);
	memset(map, 0, sizeof(*map));
}

/* Fibonacci hashing: chunk numbers are mostly consecutive. */
static size_t slot_of(const struct chunk *table, size_t slots, uint64_t number)
{
	size_t slot = (size_t)((number * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & (slots - 1);

	while (table[slot].cells && table[slot].number != number)
		slot = (slot + 1) & (slots - 1);
	return slot;
}

static bool grow(struct chunk_map *map)
{
	size_t slots = map->slots ? 2 * map->slots : 64;
	struct chunk *table = calloc(slots, sizeof(*table));

	map->no_memory = !table;
	if (!table)
		return false;
	for (size_t i = 0; i < map->slots; i++)
		if (map->table[i].cells)
			table[slot_of(table, slots, map->table[i].number)] = map->table[i];
	free(map->table);
	map->table = table;
	map->slots = slots;
	return true;
}

/* A chunk more: within the free part, or paid for by the pfns in use, with a sixteenth for the table. */
static bool may_add(const struct chunk_map *map, size_t bytes)
{
	uint64_t total = (uint64_t)(map->used + 1) * (bytes + 2 * sizeof(struct chunk));
	uint64_t paid = (map->in_use >> 4) * (bytes >> (CHUNK_SHIFT - 4));

	return total <= FREE_BYTES + paid + paid / 16;
}

uint8_t *chunk_map_make(struct chunk_map *map, uint64_t pfn, size_t bytes)
{
	uint64_t number = pfn >> CHUNK_SHIFT;
	size_t slot = map->latest;

	if (slot < map->slots && map->table[slot].cells && map->table[slot].number == number)
		return map->table[slot].cells;
	if (map->used >= map->slots / 2 && !grow(map))
		return NULL;
	slot = slot_of(map->table, map->slots, number);
	if (!map->table[slot].cells) {
		if (!may_add(map, bytes))
			return NULL;
		map->table[slot].cells = calloc(1, bytes);
		map->no_memory = !map->table[slot].cells;
		if (map->no_memory)
			return NULL;
		map->table[slot].number = number;
		map->used++;
	}
	map->latest = slot;
	return map->table[slot].cells;
}

uint8_t *chunk_map_find(const struct chunk_map *map, uint64_t pfn)
{
	uint64_t number = pfn >> CHUNK_SHIFT;

	return map->slots ? map->table[slot_of(map->table, map->slots, number)].cells : NULL;
}

const uint8_t *chunk_map_slot(const struct chunk_map *map, size_t i, uint64_t *pfn)
{
	*pfn = map->table[i].number << CHUNK_SHIFT;
	return map->table[i].cells;
}
