/* SPDX-License-Identifier: MIT */
#include "wire/cursor.h"

#include <string.h>

struct reader reader_make(const void *base, size_t length, bool big_endian)
{
	struct reader r = {.base = base, .length = length, .big_endian = big_endian};

	return r;
}

struct writer writer_make(void *base, size_t size, bool big_endian)
{
	struct writer w = {.base = base, .size = size, .big_endian = big_endian};

	return w;
}

bool reader_valid(const struct reader *r)
{
	return r && r->position <= r->length && (r->base || !r->length);
}

bool writer_valid(const struct writer *w)
{
	return w && w->position <= w->size && (w->base || !w->size);
}

size_t reader_left(const struct reader *r)
{
	return r->length - r->position;
}

const uint8_t *reader_skip(struct reader *r, size_t n)
{
	const uint8_t *at;

	if (r->failed || n > r->length - r->position) {
		r->failed = true;
		return NULL;
	}
	/* An empty range may have no base at all; adding to a null pointer is undefined even for zero. */
	at = r->base ? r->base + r->position : NULL;
	r->position += n;
	return at;
}

uint8_t *writer_skip(struct writer *w, size_t n)
{
	uint8_t *at;

	if (w->failed || n > w->size - w->position) {
		w->failed = true;
		return NULL;
	}
	at = w->base ? w->base + w->position : NULL;
	w->position += n;
	return at;
}

uint16_t load_u16(const uint8_t *p, bool big_endian)
{
	return (uint16_t)(big_endian ? p[0] << 8 | p[1] : p[1] << 8 | p[0]);
}

uint32_t load_u32(const uint8_t *p, bool big_endian)
{
	uint32_t a = load_u16(p, big_endian), b = load_u16(p + 2, big_endian);

	return big_endian ? a << 16 | b : b << 16 | a;
}

uint64_t load_u64(const uint8_t *p, bool big_endian)
{
	uint64_t a = load_u32(p, big_endian), b = load_u32(p + 4, big_endian);

	return big_endian ? a << 32 | b : b << 32 | a;
}

void load_u64s(uint64_t *to, const uint8_t *from, size_t n, bool big_endian)
{
	bool swapped = big_endian != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);

	if (n)
		memcpy(to, from, n * sizeof(*to));
	if (!swapped)
		return;
	for (size_t i = 0; i < n; i++)
		to[i] = __builtin_bswap64(to[i]);
}

uint8_t reader_u8(struct reader *r)
{
	const uint8_t *p = reader_skip(r, 1);

	return p ? *p : 0;
}

uint16_t reader_u16(struct reader *r)
{
	const uint8_t *p = reader_skip(r, 2);

	return p ? load_u16(p, r->big_endian) : 0;
}

uint32_t reader_u32(struct reader *r)
{
	const uint8_t *p = reader_skip(r, 4);

	return p ? load_u32(p, r->big_endian) : 0;
}

uint64_t reader_u64(struct reader *r)
{
	const uint8_t *p = reader_skip(r, 8);

	return p ? load_u64(p, r->big_endian) : 0;
}

uint64_t reader_ulong(struct reader *r, unsigned width)
{
	return width == 4 ? reader_u32(r) : reader_u64(r);
}

void reader_bytes(struct reader *r, void *to, size_t n)
{
	const uint8_t *p = reader_skip(r, n);

	if (p)
		memcpy(to, p, n);
	else
		memset(to, 0, n);
}

/* Stores the low `width` bytes of value; refuses a value that has more. */
static void store(struct writer *w, uint64_t value, unsigned width)
{
	uint8_t *p;

	if (width < 8 && value >> (8 * width)) {
		w->failed = true;
		return;
	}
	p = writer_skip(w, width);
	if (!p)
		return;
	for (unsigned i = 0; i < width; i++)
		p[w->big_endian ? width - 1 - i : i] = (uint8_t)(value >> (8 * i));
}

void writer_u8(struct writer *w, uint64_t value)
{
	store(w, value, 1);
}

void writer_u16(struct writer *w, uint64_t value)
{
	store(w, value, 2);
}

void writer_u32(struct writer *w, uint64_t value)
{
	store(w, value, 4);
}

void writer_u64(struct writer *w, uint64_t value)
{
	store(w, value, 8);
}

void writer_ulong(struct writer *w, uint64_t value, unsigned width)
{
	store(w, value, width == 4 ? 4 : 8);
}

void writer_bytes(struct writer *w, const void *from, size_t n)
{
	uint8_t *p = writer_skip(w, n);

	if (p && n)
		memcpy(p, from, n);
}

void writer_zeros(struct writer *w, size_t n)
{
	uint8_t *p = writer_skip(w, n);

	if (p && n)
		memset(p, 0, n);
}
