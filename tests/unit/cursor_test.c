/* SPDX-License-Identifier: MIT */
/* The bounded cursor: each primitive in both byte orders, at the edge of the range, past it, and after a failure. */
#include "unit.h"
#include "wire/cursor.h"

#include <string.h>

static const uint8_t bytes[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x88, 0x99};

/* Reads one value of a width by the primitive for it. */
static uint64_t read_width(struct reader *r, unsigned width)
{
	switch (width) {
	case 1:
		return reader_u8(r);
	case 2:
		return reader_u16(r);
	case 4:
		return reader_u32(r);
	default:
		return reader_u64(r);
	}
}

static void write_width(struct writer *w, uint64_t value, unsigned width)
{
	switch (width) {
	case 1:
		writer_u8(w, value);
		break;
	case 2:
		writer_u16(w, value);
		break;
	case 4:
		writer_u32(w, value);
		break;
	default:
		writer_u64(w, value);
		break;
	}
}

static const unsigned widths[] = {1, 2, 4, 8};
#define WIDTHS (sizeof(widths) / sizeof(widths[0]))

START_TEST(reads_both_orders)
{
	static const uint64_t little[] = {0x01, 0x0201, 0x04030201, 0x8807060504030201};
	static const uint64_t big[] = {0x01, 0x0102, 0x01020304, 0x0102030405060788};

	for (size_t i = 0; i < WIDTHS; i++) {
		struct reader l = reader_make(bytes, 8, false), b = reader_make(bytes, 8, true);

		ck_assert_uint_eq(read_width(&l, widths[i]), little[i]);
		ck_assert_uint_eq(read_width(&b, widths[i]), big[i]);
		ck_assert_uint_eq(l.position, widths[i]);
		ck_assert_uint_eq(reader_left(&b), 8 - widths[i]);
		ck_assert(!l.failed && !b.failed);
	}
	ck_assert_uint_eq(load_u16(bytes + 7, false), 0x9988);
	ck_assert_uint_eq(load_u16(bytes + 7, true), 0x8899);
	ck_assert_uint_eq(load_u32(bytes + 5, true), 0x06078899);
	ck_assert_uint_eq(load_u32(bytes + 5, false), 0x99880706);
	ck_assert_uint_eq(load_u64(bytes + 1, true), 0x0203040506078899);
	ck_assert_uint_eq(load_u64(bytes + 1, false), 0x9988070605040302);
}
END_TEST

START_TEST(reads_to_the_last_byte_and_no_further)
{
	for (size_t i = 0; i < WIDTHS; i++)
		for (size_t length = 0; length <= 8; length++) {
			struct reader r = reader_make(bytes, length, false);
			bool fits = widths[i] <= length;

			ck_assert(fits || read_width(&r, widths[i]) == 0);
			if (fits)
				read_width(&r, widths[i]);
			ck_assert_int_eq(r.failed, !fits);
			ck_assert_uint_eq(r.position, fits ? widths[i] : 0);
			ck_assert(r.base == bytes && r.length == length && !r.big_endian);
			ck_assert(reader_valid(&r));
		}
}
END_TEST

START_TEST(a_failed_reader_stays_failed)
{
	struct reader r = reader_make(bytes, 3, false);
	uint8_t copy[2] = {0xaa, 0xaa};

	ck_assert_uint_eq(reader_u32(&r), 0);
	ck_assert(r.failed);
	/* These would fit. */
	ck_assert_uint_eq(reader_u8(&r), 0);
	ck_assert_uint_eq(reader_u16(&r), 0);
	ck_assert_ptr_null(reader_skip(&r, 1));
	ck_assert_ptr_null(reader_skip(&r, 0));
	reader_bytes(&r, copy, sizeof(copy));
	ck_assert(copy[0] == 0 && copy[1] == 0);
	ck_assert_uint_eq(r.position, 0);
	ck_assert_uint_eq(reader_left(&r), 3);
}
END_TEST

START_TEST(reader_skips)
{
	struct reader r = reader_make(bytes, sizeof(bytes), false), empty = reader_make(NULL, 0, false);
	uint8_t copy[4];

	ck_assert_ptr_eq(reader_skip(&r, 2), bytes);
	ck_assert_ptr_eq(reader_skip(&r, 0), bytes + 2);
	reader_bytes(&r, copy, sizeof(copy));
	ck_assert_mem_eq(copy, bytes + 2, sizeof(copy));
	ck_assert_ptr_eq(reader_skip(&r, 3), bytes + 6);
	ck_assert_uint_eq(reader_left(&r), 0);
	ck_assert_ptr_nonnull(reader_skip(&r, 0));
	ck_assert(!r.failed);
	/* A size whose sum with the position would wrap. */
	ck_assert_ptr_null(reader_skip(&r, SIZE_MAX));
	ck_assert(r.failed);
	ck_assert_uint_eq(r.position, sizeof(bytes));
	ck_assert(reader_valid(&empty));
	reader_skip(&empty, 0);
	ck_assert(!empty.failed);
}
END_TEST

START_TEST(guest_longs)
{
	struct reader r = reader_make(bytes, 8, false);
	uint8_t out[12];
	struct writer w = writer_make(out, sizeof(out), true);

	ck_assert_uint_eq(reader_ulong(&r, 4), 0x04030201);
	ck_assert_uint_eq(r.position, 4);
	r = reader_make(bytes, 8, true);
	ck_assert_uint_eq(reader_ulong(&r, 8), 0x0102030405060788);
	writer_ulong(&w, 0x01020304, 4);
	writer_ulong(&w, 0x0102030405060708, 8);
	ck_assert(!w.failed);
	ck_assert_mem_eq(out, "\1\2\3\4\1\2\3\4\5\6\7\10", sizeof(out));
	w = writer_make(out, sizeof(out), true);
	writer_ulong(&w, UINT64_C(0x100000000), 4);
	ck_assert(w.failed);
}
END_TEST

START_TEST(writes_both_orders)
{
	for (size_t i = 0; i < WIDTHS; i++)
		for (int big = 0; big < 2; big++) {
			uint64_t value = UINT64_C(0x8899aabbccddeeff) >> (64 - 8 * widths[i]);
			uint8_t out[10];
			struct writer w = writer_make(out + 1, 8, big);
			struct reader r;

			memset(out, 0x5a, sizeof(out));
			write_width(&w, value, widths[i]);
			ck_assert(!w.failed && writer_valid(&w));
			ck_assert_uint_eq(w.position, widths[i]);
			ck_assert_uint_eq(out[1], big ? 0x88 : (uint8_t)value);
			/* Nothing around the value was touched. */
			ck_assert_uint_eq(out[0], 0x5a);
			for (size_t k = 1 + widths[i]; k < sizeof(out); k++)
				ck_assert_uint_eq(out[k], 0x5a);
			r = reader_make(out + 1, 8, big);
			ck_assert_uint_eq(read_width(&r, widths[i]), value);
		}
}
END_TEST

START_TEST(too_wide_is_refused)
{
	for (size_t i = 0; i + 1 < WIDTHS; i++) {
		uint64_t most = (UINT64_C(1) << (8 * widths[i])) - 1;
		uint8_t out[8];
		struct writer w = writer_make(out, sizeof(out), false);

		memset(out, 0x5a, sizeof(out));
		write_width(&w, most, widths[i]);
		ck_assert(!w.failed);
		write_width(&w, most + 1, widths[i]);
		ck_assert(w.failed);
		ck_assert_uint_eq(w.position, widths[i]);
		ck_assert_uint_eq(out[widths[i]], 0x5a);
		w = writer_make(out, sizeof(out), false);
		write_width(&w, UINT64_MAX, widths[i]);
		ck_assert(w.failed);
	}
}
END_TEST

START_TEST(a_full_writer_fails_and_stays_failed)
{
	for (size_t i = 0; i < WIDTHS; i++) {
		uint8_t out[8];
		struct writer w = writer_make(out, widths[i] - 1, false);

		memset(out, 0x5a, sizeof(out));
		write_width(&w, 1, widths[i]);
		ck_assert(w.failed);
		writer_zeros(&w, 0);
		writer_bytes(&w, bytes, widths[i] - 1);
		ck_assert_uint_eq(w.position, 0);
		ck_assert(w.base == out && w.size == widths[i] - 1 && !w.big_endian);
		for (size_t k = 0; k < sizeof(out); k++)
			ck_assert_uint_eq(out[k], 0x5a);
	}
}
END_TEST

START_TEST(writes_bytes_and_zeros)
{
	uint8_t out[8];
	struct writer w = writer_make(out, sizeof(out), false), empty = writer_make(NULL, 0, false);

	memset(out, 0x5a, sizeof(out));
	writer_bytes(&w, bytes, 3);
	writer_zeros(&w, 2);
	writer_bytes(&w, NULL, 0);
	ck_assert(!w.failed);
	ck_assert_mem_eq(out, "\1\2\3\0\0\x5a\x5a\x5a", sizeof(out));
	ck_assert_ptr_null(writer_skip(&w, SIZE_MAX));
	ck_assert(w.failed);
	ck_assert_uint_eq(w.position, 5);
	ck_assert(writer_valid(&empty));
	writer_zeros(&empty, 0);
	ck_assert(!empty.failed);
	writer_u8(&empty, 0);
	ck_assert(empty.failed);
}
END_TEST

START_TEST(invariants_are_told)
{
	struct reader r = reader_make(bytes, 4, false);
	uint8_t out[4];
	struct writer w = writer_make(out, sizeof(out), false);

	ck_assert(!reader_valid(NULL) && !writer_valid(NULL));
	r.position = 5;
	w.position = 5;
	ck_assert(!reader_valid(&r) && !writer_valid(&w));
	r = reader_make(NULL, 4, false);
	w = writer_make(NULL, 4, false);
	ck_assert(!reader_valid(&r) && !writer_valid(&w));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {reads_both_orders,
	    reads_to_the_last_byte_and_no_further, a_failed_reader_stays_failed, reader_skips, guest_longs,
	    writes_both_orders, too_wide_is_refused, a_full_writer_fails_and_stays_failed, writes_bytes_and_zeros,
	    invariants_are_told, NULL};

	return unit_main("cursor", tests);
}
