/* SPDX-License-Identifier: MIT */
/* X86_PV_INFO and X86_PV_P2M_FRAMES: layout in both byte orders, each rule broken and kept, bodies in pieces. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libstream/records.h>

#include "body.h"
#include "unit.h"

static struct body body_of(uint32_t type, const void *data, size_t length, bool big_endian)
{
	struct body b = {.layer = XSR_LAYER_LIBXC, .type = type, .data = data, .length = length,
	    .big_endian = big_endian, .depth = XSR_DEPTH_STREAM};

	return b;
}

START_TEST(info_is_good)
{
	static const uint8_t wide[8] = {8, 4}, narrow[8] = {4, 3};
	struct xsr_pv_info info;

	for (int big = 0; big < 2; big++) {
		struct body b = body_of(XSR_LIBXC_X86_PV_INFO, wide, 8, big);

		body_expect(&b, "");
		ck_assert_uint_eq(b.facts.width, 8);
		ck_assert_uint_eq(b.facts.levels, 4);
		body_recodes(&b);
		body_expect_described(&b, "{\"guest_width\":8,\"pt_levels\":4}");
		b.data = narrow;
		body_expect(&b, "");
		ck_assert_uint_eq(b.facts.width, 4);
		ck_assert_uint_eq(b.facts.levels, 3);
		body_recodes(&b);
	}
	ck_assert_int_eq(xsr_pv_info_decode(narrow, 8, false, &info), XSR_OK);
	ck_assert_uint_eq(info.width, 4);
	ck_assert_uint_eq(info.levels, 3);
	for (size_t length = 0; length < 8; length++)
		ck_assert_int_eq(xsr_pv_info_decode(narrow, length, false, &info), XSR_E_CORRUPT);
}
END_TEST

START_TEST(info_rules)
{
	uint8_t bytes[16] = {0};
	struct body b = body_of(XSR_LIBXC_X86_PV_INFO, bytes, 8, false);

	b.depth = XSR_DEPTH_RECORD;
	/* Every pair of small numbers: two are legal. */
	for (uint8_t width = 0; width < 10; width++)
		for (uint8_t levels = 0; levels < 6; levels++) {
			bool legal = (width == 4 && levels == 3) || (width == 8 && levels == 4);

			bytes[0] = width;
			bytes[1] = levels;
			memset(&b.facts, 0, sizeof(b.facts));
			body_expect(&b, legal ? "" : "pv_info.width 0\n");
			ck_assert_uint_eq(b.facts.width, legal ? width : 0);
		}
	bytes[0] = 8;
	bytes[1] = 4;
	for (size_t i = 2; i < 8; i++) {
		char expected[32];

		bytes[i] = 0x80;
		snprintf(expected, sizeof(expected), "pv_info.reserved %zu\n", i);
		body_expect(&b, expected);
		body_recodes(&b);
		bytes[i] = 0;
	}
	b.length = 7;
	body_expect(&b, "pv_info.length -\n");
	b.length = 9;
	body_expect(&b, "pv_info.length -\n");
	b.length = 0;
	body_expect(&b, "pv_info.length -\n");
}
END_TEST

/* A P2M frame list. */
static size_t list(uint8_t *at, bool big, uint32_t start, uint32_t end, uint32_t count, uint64_t first)
{
	body_put(at, start, 4, big);
	body_put(at + 4, end, 4, big);
	for (uint32_t i = 0; i < count; i++)
		body_put(at + 8 + 8 * (size_t)i, first + i, 8, big);
	return 8 + 8 * (size_t)count;
}

static void expect_everywhere(struct body *b, const char *findings)
{
	static const size_t chunks[] = {0, 1, 3, 8, 13};

	for (size_t i = 0; i < sizeof(chunks) / sizeof(chunks[0]); i++) {
		b->chunk = chunks[i];
		body_expect(b, findings);
	}
	b->chunk = 0;
}

START_TEST(frames_are_good)
{
	static const uint8_t big[] = {0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 1, 1};
	struct xsr_p2m_frames p2m;
	struct body b = body_of(XSR_LIBXC_X86_PV_P2M_FRAMES, big, sizeof(big), true);

	b.facts.width = 8;
	ck_assert_int_eq(xsr_p2m_frames_decode(big, sizeof(big), true, &p2m), XSR_OK);
	ck_assert_uint_eq(p2m.start_pfn, 0);
	ck_assert_uint_eq(p2m.end_pfn, 0x200);
	ck_assert_uint_eq(p2m.count, 2);
	ck_assert_uint_eq(xsr_p2m_frames_at(&p2m, 0), 0x102);
	ck_assert_uint_eq(xsr_p2m_frames_at(&p2m, 1), 0x101);
	ck_assert_uint_eq(xsr_p2m_frames_at(&p2m, 2), UINT64_MAX);
	expect_everywhere(&b, "");
	body_recodes(&b);
	for (size_t chunk = 0; chunk < 20; chunk++) {
		b.chunk = chunk;
		body_expect_described(&b, "{\"start_pfn\":0x0,\"end_pfn\":0x200,\"frames\":[0x102,0x101]}");
	}
	for (size_t length = 0; length < 16; length++)
		ck_assert_int_eq(xsr_p2m_frames_decode(big, length, true, &p2m), XSR_E_CORRUPT);
	ck_assert_int_eq(xsr_p2m_frames_decode(big, 23, true, &p2m), XSR_E_CORRUPT);
}
END_TEST

START_TEST(frames_lengths)
{
	uint8_t bytes[32] = {0};
	struct body b = body_of(XSR_LIBXC_X86_PV_P2M_FRAMES, bytes, 0, false);

	b.depth = XSR_DEPTH_RECORD;
	bytes[4] = 1;
	for (size_t length = 0; length <= 32; length++) {
		b.length = length;
		body_expect(&b, length == 16 || length == 24 || length == 32 ? "" : "p2m_frames.length -\n");
	}
}
END_TEST

START_TEST(frames_range)
{
	static uint8_t bytes[64];
	struct body b = body_of(XSR_LIBXC_X86_PV_P2M_FRAMES, bytes, 0, false);

	for (int big = 0; big < 2; big++) {
		b.big_endian = big;
		b.depth = XSR_DEPTH_RECORD;
		b.length = list(bytes, big, 24, 23, 1, 5);
		expect_everywhere(&b, "p2m_frames.range 0\n");
		b.length = list(bytes, big, 0, 0, 1, 0);
		expect_everywhere(&b, "p2m_frames.range 0\n");
		b.length = list(bytes, big, 1, 1, 1, 0);
		expect_everywhere(&b, "");
	}
}
END_TEST

START_TEST(frames_count)
{
	static const struct {
		uint32_t start, end, wide, narrow; /* frames that 64- and 32-bit guests need */
	} cases[] = {{0, 1, 1, 1}, {0, 511, 1, 1}, {0, 512, 2, 1}, {0, 1023, 2, 1}, {0, 1024, 3, 2},
	    {511, 512, 2, 1}, {512, 1023, 1, 1}, {513, 2048, 4, 3}};
	static uint8_t bytes[64];
	struct body b = body_of(XSR_LIBXC_X86_PV_P2M_FRAMES, bytes, 0, false);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (uint32_t count = 1; count < 6; count++) {
			b.length = list(bytes, false, cases[i].start, cases[i].end, count, 0);
			/* The pfns are 0 and up, which may pass a small end; not what is looked at here. */
			memset(bytes + 8, 0, 8 * (size_t)count);
			b.facts.width = 8;
			expect_everywhere(&b, count == cases[i].wide ? "" : "p2m_frames.count 8\n");
			b.facts.width = 4;
			expect_everywhere(&b, count == cases[i].narrow ? "" : "p2m_frames.count 8\n");
			/* Without X86_PV_INFO nobody knows. */
			b.facts.width = 0;
			expect_everywhere(&b, "");
		}
	ck_assert_uint_eq(xsr_p2m_frames_needed(0, UINT32_MAX, 8), 8388608);
	ck_assert_uint_eq(xsr_p2m_frames_needed(0, UINT32_MAX, 4), 4194304);
	ck_assert_uint_eq(xsr_p2m_frames_needed(2, 1, 8), 0);
	b.length = list(bytes, false, 0, UINT32_MAX, 1, 0);
	b.facts.width = 8;
	expect_everywhere(&b, "p2m_frames.count 8\n");
	b.depth = XSR_DEPTH_RECORD;
	expect_everywhere(&b, "");
}
END_TEST

START_TEST(frames_beyond_end)
{
	static uint8_t bytes[64];
	struct body b = body_of(XSR_LIBXC_X86_PV_P2M_FRAMES, bytes, 0, false);

	b.length = list(bytes, false, 0, 1600, 4, 1599); /* 1599, 1600, 1601, 1602 */
	b.facts.width = 8;
	expect_everywhere(&b, "p2m_frames.pfn 24\n");
	/* A pfn whose low half looks harmless. */
	b.length = list(bytes, true, 0, 1600, 4, 5);
	bytes[8 + 3] = 1;
	b.big_endian = true;
	expect_everywhere(&b, "p2m_frames.pfn 8\n");
	b.depth = XSR_DEPTH_RECORD;
	expect_everywhere(&b, "");
}
END_TEST

/* 9000 frames are more than come whole. */
START_TEST(frames_in_pieces)
{
	const uint32_t count = 9000;
	uint8_t *bytes = calloc(1 + (size_t)count, 8);
	struct body b = body_of(XSR_LIBXC_X86_PV_P2M_FRAMES, bytes, 0, false);
	char *text;

	ck_assert_ptr_nonnull(bytes);
	b.length = list(bytes, false, 0, count * 512 - 1, count, 1000);
	b.facts.width = 8;
	b.chunk = 4099;
	ck_assert_uint_gt(b.length, XSR_WHOLE_MAX);
	body_expect(&b, "");
	body_recodes(&b);
	body_put(bytes + 8 + 8 * 8999, count * 512, 8, false);
	body_expect(&b, "p2m_frames.pfn 72000\n");
	text = body_described(&b);
	ck_assert_ptr_nonnull(strstr(text, ",0x270d,0x270e,0x465000]}"));
	free(text);
	free(bytes);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {info_is_good, info_rules, frames_are_good, frames_lengths, frames_range,
	    frames_count, frames_beyond_end, frames_in_pieces, NULL};

	return unit_main("pv_info", tests);
}
