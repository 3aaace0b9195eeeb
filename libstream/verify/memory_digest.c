/* SPDX-License-Identifier: MIT */
#include "verify/memory_digest.h"

#include <string.h>

#include "wire/cursor.h"

static struct hash128 term_of(uint64_t pfn, unsigned level, struct hash128 content)
{
	uint8_t bytes[32];
	struct writer w = writer_make(bytes, sizeof(bytes), false);

	writer_u64(&w, pfn);
	writer_u64(&w, level);
	writer_u64(&w, content.low);
	writer_u64(&w, content.high);
	return hash128(bytes, sizeof(bytes), 0);
}

static void put(uint8_t *to, struct hash128 term)
{
	struct writer w = writer_make(to, TERM_BYTES, true);

	writer_u64(&w, term.high);
	writer_u64(&w, term.low);
}

static struct hash128 get(const uint8_t *from)
{
	return (struct hash128){.low = load_u64(from + 8, true), .high = load_u64(from, true)};
}

static bool flush(struct memory_digest *d)
{
	uint64_t offset = d->window_number * sizeof(d->window);

	if (!d->dirty)
		return true;
	d->dirty = false;
	return d->store.write(d->store.context, offset, d->window, sizeof(d->window));
}

/*
 * Where the term of a pfn is kept, or NULL: pfns come in order, so a window is read and written once a pass.
 */
static uint8_t *term_at(struct memory_digest *d, uint64_t pfn)
{
	uint64_t number = pfn / WINDOW_TERMS;

	if (!d->has_window || d->window_number != number) {
		d->lost |= !flush(d);
		d->has_window = true;
		d->window_number = number;
		d->lost |= !d->store.read(d->store.context, number * sizeof(d->window), d->window,
		    sizeof(d->window));
	}
	return d->lost ? NULL : d->window + pfn % WINDOW_TERMS * TERM_BYTES;
}

/* The term of the pfn before this; nothing is zero. Loses the digest if it cannot be known. */
static struct hash128 before(struct memory_digest *d, uint64_t pfn, uint8_t **at)
{
	*at = NULL;
	if (pfn >= d->next)
		d->next = pfn + 1;
	if (d->store.read) {
		*at = term_at(d, pfn);
		return *at ? get(*at) : (struct hash128){0, 0};
	}
	d->lost |= pfn < d->floor;
	return (struct hash128){0, 0};
}

void memory_digest_batch(struct memory_digest *d)
{
	d->floor = d->next;
}

void memory_digest_doubled(struct memory_digest *d)
{
	d->lost |= !d->store.read;
}

static void change(struct memory_digest *d, uint64_t pfn, struct hash128 term, bool only_new)
{
	uint8_t *at;
	struct hash128 old;

	if (d->lost)
		return;
	old = before(d, pfn, &at);
	if (d->lost || (only_new && (old.low || old.high)))
		return;
	d->sum = hash128_add(hash128_subtract(d->sum, old), term);
	if (!at)
		return;
	put(at, term);
	d->dirty = true;
}

void memory_digest_set(struct memory_digest *d, uint64_t pfn, unsigned level, struct hash128 content)
{
	change(d, pfn, term_of(pfn, level, content), false);
}

void memory_digest_fill(struct memory_digest *d, uint64_t pfn, unsigned level, struct hash128 content)
{
	change(d, pfn, term_of(pfn, level, content), true);
}

void memory_digest_lose(struct memory_digest *d)
{
	d->lost = true;
}

bool memory_digest_finish(struct memory_digest *d, uint8_t digest[16])
{
	if (!flush(d))
		d->lost = true;
	if (!d->lost)
		put(digest, d->sum);
	return !d->lost;
}
