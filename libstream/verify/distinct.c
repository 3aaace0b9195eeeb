/* SPDX-License-Identifier: MIT */
#include "verify/distinct.h"

#include <string.h>

static bool in_sample(const struct distinct *d, uint64_t hash)
{
	return !d->shift || hash >> (64 - d->shift) == 0;
}

/* True if it was not there. The slots are never full. */
static bool insert(struct distinct *d, uint64_t hash)
{
	size_t slot = hash & (DISTINCT_SLOTS - 1);

	while (d->slots[slot] && d->slots[slot] != hash)
		slot = (slot + 1) & (DISTINCT_SLOTS - 1);
	if (d->slots[slot])
		return false;
	d->slots[slot] = hash;
	return true;
}

/* Halves the sample. Hashes that somebody made alike may all stay; then the next bit is tried. */
static void thin(struct distinct *d)
{
	size_t kept = 0;

	d->shift++;
	for (size_t i = 0; i < DISTINCT_SLOTS; i++)
		if (d->slots[i] && in_sample(d, d->slots[i]))
			d->moving[kept++] = d->slots[i];
	memset(d->slots, 0, sizeof(d->slots));
	for (size_t i = 0; i < kept; i++)
		(void)insert(d, d->moving[i]);
	d->count = kept;
}

void distinct_add(struct distinct *d, uint64_t hash)
{
	if (!hash)
		hash = 1;
	if (!in_sample(d, hash))
		return;
	d->count += insert(d, hash);
	/* With 63 bits gone there is nothing left to tell by, and nothing honest comes near. */
	while (d->count >= DISTINCT_MAX && d->shift < 63)
		thin(d);
}

uint64_t distinct_count(const struct distinct *d)
{
	return d->count > UINT64_MAX >> d->shift ? UINT64_MAX : (uint64_t)d->count << d->shift;
}
