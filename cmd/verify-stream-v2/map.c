/* SPDX-License-Identifier: MIT */
#include "verify-stream-v2/map.h"

#include <stdlib.h>
#include <string.h>

bool map_open(struct map *m)
{
	memset(m, 0, sizeof(*m));
	m->cells.fd = -1;
	m->contents = calloc(MAP_CONTENTS, sizeof(*m->contents));
	return m->contents && scratch_open(&m->cells);
}

void map_close(struct map *m)
{
	scratch_close(&m->cells);
	free(m->contents);
}

/* True if this content was there before; else it is remembered while there is room. */
static bool known_content(struct map *m, const uint8_t *content)
{
	uint64_t hash;
	size_t slot;

	memcpy(&hash, content, sizeof(hash));
	hash += !hash;
	slot = hash & (MAP_CONTENTS - 1);
	while (m->contents[slot] && m->contents[slot] != hash)
		slot = (slot + 1) & (MAP_CONTENTS - 1);
	if (m->contents[slot])
		return true;
	if (m->content_count < MAP_CONTENTS / 4 * 3) {
		m->contents[slot] = hash;
		m->content_count++;
	}
	return false;
}

static enum map_kind kind_of(struct map *m, const struct xsr_page *page)
{
	unsigned level = page->type & 7;

	if (page->type == XSR_PAGE_XTAB)
		return MAP_NOTHING;
	if (page->type == XSR_PAGE_BROKEN)
		return MAP_BROKEN;
	if (page->type == XSR_PAGE_XALLOC)
		return MAP_ZERO;
	if (level >= 1 && level <= 4)
		return (enum map_kind)(MAP_L1 + level - 1);
	if (page->zero)
		return MAP_ZERO;
	return known_content(m, page->content) ? MAP_ALIKE : MAP_DATA;
}

static bool flush(struct map *m)
{
	bool dirty = m->dirty;

	m->dirty = false;
	return !dirty ||
	       scratch_write(&m->cells, m->window_number * sizeof(m->window), m->window, sizeof(m->window));
}

static uint8_t *cell_of(struct map *m, uint64_t pfn)
{
	uint64_t number = pfn / (sizeof(m->window) / MAP_CELL);

	if (!m->has_window || m->window_number != number) {
		m->failed |= !flush(m);
		m->has_window = true;
		m->window_number = number;
		m->failed |=
		    !scratch_read(&m->cells, number * sizeof(m->window), m->window, sizeof(m->window));
	}
	return m->failed ? NULL : m->window + pfn % (sizeof(m->window) / MAP_CELL) * MAP_CELL;
}

void map_page(void *context, const struct xsr_page *page)
{
	struct map *m = context;
	uint8_t *cell = cell_of(m, page->pfn);
	uint16_t pass = page->pass < UINT16_MAX ? (uint16_t)page->pass : UINT16_MAX;
	enum map_kind kind = kind_of(m, page);

	if (!cell)
		return;
	/* Content that comes again unchanged is that of this very pfn, as far as one can tell. */
	if (kind == MAP_ALIKE && cell[0] == MAP_DATA)
		kind = MAP_DATA;
	cell[0] = (uint8_t)kind;
	cell[2] = (uint8_t)pass;
	cell[3] = (uint8_t)(pass >> 8);
	if (pass > m->passes)
		m->passes = pass;
	m->dirty = true;
}

bool map_walk(struct map *m, map_walk_fn *each, void *context)
{
	static uint8_t cells[65536];

	if (m->failed || !flush(m))
		return false;
	for (uint64_t at = scratch_next(&m->cells, 0); at != UINT64_MAX;
	     at = scratch_next(&m->cells, at + sizeof(cells))) {
		at -= at % sizeof(cells);
		if (!scratch_read(&m->cells, at, cells, sizeof(cells)))
			return false;
		for (size_t i = 0; i < sizeof(cells); i += MAP_CELL)
			if (cells[i] != MAP_NOTHING && cells[i] < MAP_KINDS)
				each(context, (at + i) / MAP_CELL, (enum map_kind)cells[i],
				    (unsigned)cells[i + 2] | (unsigned)cells[i + 3] << 8);
	}
	return true;
}
