/* SPDX-License-Identifier: MIT */
/* Compressed pages: each kind of unit, cut anywhere, and what is none. */
#include "legacy/unpack.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

/* Decodes a unit in pieces of `piece` bytes; the bytes used, or SIZE_MAX. */
static size_t decode(struct unpack *u, const uint8_t *data, size_t length, size_t piece, bool *complete)
{
	size_t at = 0;

	*complete = false;
	while (at < length && !*complete) {
		size_t n = piece < length - at ? piece : length - at, used = unpack_unit(u, data + at, n, complete);

		if (used == SIZE_MAX)
			return SIZE_MAX;
		require(used <= n && (used == n || *complete), "input is left");
		at += used;
	}
	return at;
}

/* A unit gives this page out of one of zeros, at several piece sizes. */
static void expect(const uint8_t *unit, size_t length, const uint8_t *page)
{
	for (size_t piece = 1; piece <= length; piece = piece * 3 + 1) {
		struct unpack u = {0};
		bool complete;

		ck_assert_uint_eq(decode(&u, unit, length, piece, &complete), length);
		ck_assert(complete);
		ck_assert(memcmp(u.page, page, XSR_PAGE_SIZE) == 0);
		ck_assert(u.state == UNPACK_FIRST);
	}
}

START_TEST(units)
{
	uint8_t unit[8192], page[XSR_PAGE_SIZE] = {0};
	size_t n = 0;

	expect((const uint8_t[]){0}, 1, page);
	unit[0] = 0x80;
	for (size_t i = 0; i < XSR_PAGE_SIZE; i++)
		unit[1 + i] = page[i] = (uint8_t)(i * 13);
	expect(unit, 1 + XSR_PAGE_SIZE, page);
	/* 127 words copied, 127 skipped, and so on: 1024 words in all. */
	memset(page, 0, sizeof(page));
	for (size_t word = 0; word < 1024;) {
		size_t length = 1024 - word < 127 ? 1024 - word : 127;
		bool skip = word / 127 % 2;

		unit[n++] = (uint8_t)(length | (skip ? 0x80 : 0));
		for (size_t i = 0; !skip && i < 4 * length; i++)
			page[4 * word + i] = unit[n++] = (uint8_t)(word + i);
		word += length;
	}
	expect(unit, n, page);
}
END_TEST

START_TEST(no_units)
{
	/* Over the end of the page, and a marker of length 0 in the middle. */
	uint8_t unit[64] = {0};
	struct unpack u = {0};
	bool complete;

	memset(unit, 0xff, sizeof(unit));
	ck_assert_uint_eq(decode(&u, unit, sizeof(unit), 64, &complete), SIZE_MAX);
	u = (struct unpack){0};
	unit[1] = 0x80;
	ck_assert_uint_eq(decode(&u, unit, 2, 64, &complete), SIZE_MAX);
	u = (struct unpack){0};
	unit[1] = 0;
	ck_assert_uint_eq(decode(&u, unit, 2, 1, &complete), SIZE_MAX);
}
END_TEST

START_TEST(the_queue_is_bounded)
{
	uint32_t entries[1024] = {0};
	struct unpack u = {0};
	uint8_t early[4096] = {0};
	size_t pushed = 0, bytes = 0;

	ck_assert(unpack_idle(&u));
	while (unpack_push(&u, entries, 1024))
		pushed += 1024;
	ck_assert_uint_ge(pushed, UNPACK_QUEUE_MAX - 2048);
	ck_assert_uint_le(pushed, UNPACK_QUEUE_MAX + 2048);
	while (unpack_early(&u, early, sizeof(early)))
		bytes += sizeof(early);
	ck_assert_uint_eq(bytes, UNPACK_EARLY_MAX);
	unpack_free(&u);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {units, no_units, the_queue_is_bounded, NULL};

	return unit_main("legacy_unpack", tests);
}
