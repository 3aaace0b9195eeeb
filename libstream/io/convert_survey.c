/* SPDX-License-Identifier: MIT */
/*
 * A legacy image says at its end which pfns have no memory any more, and a version 3 stream cannot take back a page
 * that it sent. So a file is read twice: first for what its end says.
 */
#include "io/convert.h"

#include "io/legacy_file.h"

/* The pfns of a list, or none at all where they take more memory than they are worth. */
static bool add(struct pfn_map *map, const struct xsr_legacy_event *e)
{
	for (size_t i = 0; i < e->u.list.count; i++)
		if (!pfn_map_set(map, e->u.list.entries[i], PFN_HOLE))
			return false;
	return true;
}

static void take_over(struct pfn_map *to, struct pfn_map *from)
{
	pfn_map_clear(to);
	*to = *from;
	*from = (struct pfn_map){0};
}

void survey_run(struct survey *survey, int fd, off_t base, const struct xsr_legacy_demand *demand)
{
	struct legacy_file *f = legacy_file_open(fd, base, demand);
	const struct xsr_legacy_event *e;
	struct pfn_map round = {0};
	bool fits = true;

	while (f && (e = legacy_file_next(f)) != NULL) {
		if (e->type == XSR_LEGACY_UNMAPPED && fits)
			fits = add(&round, e);
		if (e->type == XSR_LEGACY_TAIL_END)
			take_over(&survey->gone, &round);
	}
	survey->good = f && legacy_file_good(f);
	pfn_map_clear(&round);
	if (!fits)
		pfn_map_clear(&survey->gone);
	legacy_file_close(f);
}

void survey_free(struct survey *survey)
{
	pfn_map_clear(&survey->gone);
}
