/* SPDX-License-Identifier: MIT */
/* X86_PV_VCPU_EXTENDED, _XSAVE and _MSRS: layout, each rule broken and kept; the rules of xsave areas. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libstream/records.h>

#include "body.h"
#include "libxc/xstate.h"
#include "unit.h"

#define HEAD   8u
#define AREA   (HEAD + 16u)
#define KERNEL UINT64_C(0xffffffff80000000)

static struct body body_of(uint32_t type, const void *data, size_t length, bool big_endian)
{
	struct body b = {.layer = XSR_LAYER_LIBXC, .type = type, .data = data, .length = length,
	    .big_endian = big_endian, .depth = XSR_DEPTH_STREAM};

	return b;
}

static void at_record(struct body *b, const char *findings)
{
	b->depth = XSR_DEPTH_RECORD;
	body_expect(b, findings);
	b->depth = XSR_DEPTH_STREAM;
}

static void make_extended(uint8_t *bytes, size_t blob, uint32_t vcpu, bool big_endian)
{
	memset(bytes, 0, HEAD + 128);
	body_put(bytes, vcpu, 4, big_endian);
	body_put(bytes + HEAD, vcpu, 4, false);
	body_put(bytes + HEAD + 4, blob, 4, false);
	body_put(bytes + HEAD + 8, KERNEL + 0x100, 8, false);
	body_put(bytes + HEAD + 16, KERNEL + 0x200, 8, false);
}

START_TEST(extended_layout)
{
	static uint8_t bytes[HEAD + 128];
	struct body b = body_of(XSR_LIBXC_X86_PV_VCPU_EXTENDED, bytes, 0, false);
	struct xsr_vcpu_extended v;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i + 1);
	for (int big = 0; big < 2; big++)
		for (size_t blob = 0; blob <= 128; blob++) {
			if (blob && blob < 32)
				continue;
			b.length = HEAD + blob;
			b.big_endian = big;
			body_recodes(&b);
		}
	ck_assert_int_eq(xsr_vcpu_extended_decode(bytes, HEAD + 128, true, &v), XSR_OK);
	ck_assert_uint_eq(v.head.vcpu_id, 0x01020304);
	ck_assert_uint_eq(v.head.reserved, 0x05060708);
	ck_assert_uint_eq(v.vcpu, 0x0c0b0a09);
	ck_assert_uint_eq(v.size, 0x100f0e0d);
	ck_assert_uint_eq(v.syscall32_callback_eip, UINT64_C(0x1817161514131211));
	ck_assert_uint_eq(v.sysenter_callback_eip, UINT64_C(0x201f1e1d1c1b1a19));
	ck_assert_uint_eq(v.syscall32_callback_cs, 0x2221);
	ck_assert_uint_eq(v.sysenter_callback_cs, 0x2423);
	ck_assert_uint_eq(v.syscall32_disables_events, 0x25);
	ck_assert_uint_eq(v.sysenter_disables_events, 0x26);
	ck_assert_uint_eq(v.mcg_cap, UINT64_C(0x302f2e2d2c2b2a29));
	ck_assert_uint_eq(v.mci_ctl2[0], UINT64_C(0x3837363534333231));
	ck_assert_uint_eq(v.mci_ctl2[1], UINT64_C(0x403f3e3d3c3b3a39));
	ck_assert_uint_eq(v.mcg_ext_ctl, UINT64_C(0x4847464544434241));
	ck_assert_mem_eq(v.rest, bytes + HEAD + 64, 64);
	/* What is behind a short blob is zero, even in the middle of a field. */
	ck_assert_int_eq(xsr_vcpu_extended_decode(bytes, HEAD + 44, true, &v), XSR_OK);
	ck_assert_uint_eq(v.mci_ctl2[0], 0x34333231);
	ck_assert_uint_eq(v.mci_ctl2[1], 0);
	ck_assert_int_eq(xsr_vcpu_extended_decode(bytes, 7, true, &v), XSR_E_CORRUPT);
	ck_assert_int_eq(xsr_vcpu_extended_decode(bytes, HEAD + 31, true, &v), XSR_E_CORRUPT);
	ck_assert_int_eq(xsr_vcpu_extended_decode(bytes, HEAD + 129, true, &v), XSR_E_CORRUPT);
}
END_TEST

START_TEST(extended_encode_refuses)
{
	struct xsr_vcpu_extended v = {.blob_length = 56, .mcg_ext_ctl = 1};
	uint8_t room[HEAD + 128];
	struct xsr_buffer out = {.data = room, .size = sizeof(room)};

	ck_assert_int_eq(xsr_vcpu_extended_encode(&out, false, &v), XSR_E_MISUSE);
	v.blob_length = 16;
	ck_assert_int_eq(xsr_vcpu_extended_encode(&out, false, &v), XSR_E_MISUSE);
	ck_assert_uint_eq(out.length, 0);
	v.blob_length = 64;
	ck_assert_int_eq(xsr_vcpu_extended_encode(&out, false, &v), XSR_OK);
	ck_assert_uint_eq(out.length, HEAD + 64);
	ck_assert_uint_eq(room[HEAD + 56], 1);
}
END_TEST

START_TEST(extended_rules)
{
	static uint8_t bytes[HEAD + 136];
	struct body b = body_of(XSR_LIBXC_X86_PV_VCPU_EXTENDED, bytes, HEAD + 64, false);

	for (int big = 0; big < 2; big++) {
		b.big_endian = big;
		make_extended(bytes, 64, 5, big);
		body_expect(&b, "");
		body_put(bytes + 4, 0x80000000, 4, big);
		at_record(&b, "vcpu_extended.reserved 4\n");
		make_extended(bytes, 64, 5, big);
		body_put(bytes + HEAD, 4, 4, false);
		body_expect(&b, "vcpu_extended.inner_vcpu 8\n");
		at_record(&b, "");
		make_extended(bytes, 31, 5, big);
		body_expect(&b, "vcpu_extended.inner_size 12\n");
		make_extended(bytes, 65, 5, big);
		body_expect(&b, "vcpu_extended.inner_size 12\n");
		make_extended(bytes, 32, 5, big);
		body_expect(&b, "");
		make_extended(bytes, 64, 5, big);
		body_put(bytes + HEAD + 8, UINT64_C(1) << 63, 8, false);
		body_expect(&b, "vcpu_extended.canonical 16\n");
		make_extended(bytes, 64, 5, big);
		body_put(bytes + HEAD + 16, UINT64_C(1) << 47, 8, false);
		body_expect(&b, "vcpu_extended.canonical 24\n");
		at_record(&b, "");
	}
}
END_TEST

START_TEST(extended_lengths)
{
	static uint8_t bytes[HEAD + 136];
	struct body b = body_of(XSR_LIBXC_X86_PV_VCPU_EXTENDED, bytes, 0, false);

	for (size_t length = 0; length <= HEAD + 136; length++) {
		make_extended(bytes, 32, 0, false);
		b.length = length;
		at_record(&b, length < 8 || length > 136 ? "vcpu_extended.length -\n"
		    : length == 8                        ? "vcpu_extended.empty 8\n"
		    : length < 40                        ? "vcpu_extended.length 8\n"
							 : "");
	}
}
END_TEST

START_TEST(extended_described)
{
	static uint8_t bytes[HEAD + 136];
	struct body b = body_of(XSR_LIBXC_X86_PV_VCPU_EXTENDED, bytes, HEAD + 40, true);

	make_extended(bytes, 40, 3, true);
	bytes[HEAD + 29] = 1;
	bytes[HEAD + 32] = 2;
	body_expect_described(&b, "{\"vcpu_id\":3,\"inner_vcpu\":3,\"inner_size\":40,"
				  "\"syscall32_callback_eip\":0xffffffff80000100,"
				  "\"sysenter_callback_eip\":0xffffffff80000200,\"syscall32_callback_cs\":0x0,"
				  "\"sysenter_callback_cs\":0x0,\"syscall32_disables_events\":0x0,"
				  "\"sysenter_disables_events\":0x1,\"mcg_cap\":0x2,\"mci_ctl2_bank0\":0x0,"
				  "\"mci_ctl2_bank1\":0x0,\"mcg_ext_ctl\":0x0}");
}
END_TEST

/* An xsave record with an area of this length, all zero but the masks. */
static size_t make_xsave(uint8_t *bytes, uint64_t xcr0, uint64_t accum, size_t area, bool big_endian)
{
	memset(bytes, 0, AREA + area);
	body_put(bytes, 1, 4, big_endian);
	body_put(bytes + HEAD, xcr0, 8, false);
	body_put(bytes + HEAD + 8, accum, 8, false);
	return AREA + area;
}

START_TEST(xsave_layout)
{
	static uint8_t bytes[AREA + 832];
	struct body b = body_of(XSR_LIBXC_X86_PV_VCPU_XSAVE, bytes, 0, true);
	struct xsr_vcpu_xsave v;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 3 + 1);
	ck_assert_int_eq(xsr_vcpu_xsave_decode(bytes, sizeof(bytes), true, &v), XSR_OK);
	ck_assert_uint_eq(v.head.vcpu_id, 0x0104070a);
	ck_assert(!v.empty);
	ck_assert_uint_eq(v.xcr0, UINT64_C(0x2e2b2825221f1c19));
	ck_assert_uint_eq(v.xcr0_accum, UINT64_C(0x4643403d3a373431));
	ck_assert_uint_eq(v.area_length, 832);
	ck_assert_ptr_eq(v.area, bytes + AREA);
	for (size_t length = 0; length < AREA + 40; length++) {
		bool legal = length == 8 || length >= 24;

		ck_assert_int_eq(xsr_vcpu_xsave_decode(bytes, length, true, &v), legal ? XSR_OK : XSR_E_CORRUPT);
		b.length = length;
		if (legal)
			body_recodes(&b);
	}
	b.length = sizeof(bytes);
	body_recodes(&b);
	b.big_endian = false;
	body_recodes(&b);
}
END_TEST

START_TEST(xsave_heads_and_lengths)
{
	static uint8_t bytes[AREA + 576];
	struct body b = body_of(XSR_LIBXC_X86_PV_VCPU_XSAVE, bytes, 0, false);

	for (size_t length = 0; length < 24; length++) {
		make_xsave(bytes, 0, 0, 0, false);
		b.length = length;
		at_record(&b, length < 8 ? "vcpu_xsave.length -\n"
		    : length == 8        ? "vcpu_xsave.empty 8\n"
					 : "vcpu_xsave.length 8\n");
	}
	for (int big = 0; big < 2; big++) {
		b.big_endian = big;
		b.length = make_xsave(bytes, 3, 3, 576, big);
		body_expect(&b, "");
		body_put(bytes + 4, 1, 4, big);
		at_record(&b, "vcpu_xsave.reserved 4\n");
	}
}
END_TEST

START_TEST(xsave_without_area)
{
	static uint8_t bytes[AREA];
	struct body b = body_of(XSR_LIBXC_X86_PV_VCPU_XSAVE, bytes, 0, false);

	b.length = make_xsave(bytes, 0, 0, 0, false);
	body_expect(&b, "");
	b.length = make_xsave(bytes, 0, 3, 0, false);
	body_expect(&b, "vcpu_xsave.area 24\n");
	b.length = make_xsave(bytes, 3, 0, 0, false);
	body_expect(&b, "vcpu_xsave.area 24\n");
	at_record(&b, "");
}
END_TEST

START_TEST(xsave_masks)
{
	static const struct {
		uint64_t xcr0, accum; /* masks */
		size_t area;          /* length that fits */
		const char *findings; /* expected */
	} cases[] = {
	    {1, 1, 576, ""},
	    {1, 3, 576, ""},
	    {7, 7, 832, ""},
	    {3, 0x1f, 1088, ""},
	    {0x1f, 0x1f, 1088, ""},
	    {0xe7, 0xe7, 2688, ""}, /* Intel */
	    {0xe7, 0xe7, 2432, ""}, /* AMD */
	    {0x207, 0x207, 2696, ""},
	    {0x207, 0x207, 2440, ""},
	    {0x602e7, 0x602e7, 11008, ""},
	    {UINT64_C(0x4000000000000007), UINT64_C(0x4000000000000007), 960, ""}, /* LWP */
	    {2, 3, 576, "vcpu_xsave.xcr0 8\n"},
	    {3, 2, 576, "vcpu_xsave.xcr0 16\nvcpu_xsave.xcr0 8\n"},
	    {0, 7, 832, "vcpu_xsave.xcr0 8\n"},
	    {5, 7, 832, "vcpu_xsave.xcr0 8\n"},
	    {7, 3, 576, "vcpu_xsave.xcr0 8\n"},
	    {3, 0xb, 1024, "vcpu_xsave.xcr0 16\n"}, /* BNDREGS without BNDCSR */
	    {3, 0x13, 1088, "vcpu_xsave.xcr0 16\n"},
	    {3, 0xe3, 2688, "vcpu_xsave.xcr0 16\n"}, /* AVX-512 without YMM */
	    {3, 0x27, 1152, "vcpu_xsave.xcr0 16\n"},
	    {3, 0x67, 1664, "vcpu_xsave.xcr0 16\n"},
	    {3, 0x20003, 2816, "vcpu_xsave.xcr0 16\n"}, /* TILECFG without TILEDATA */
	    {3, 0x103, 576, "vcpu_xsave.xcr0 16\n"},    /* a supervisor state */
	    {3, UINT64_C(0x8000000000000003), 576, "vcpu_xsave.xcr0 16\n"},
	    {3, 0x80003, 576, "vcpu_xsave.xcr0 16\n"},
	};
	static uint8_t bytes[AREA + 11008];
	struct body b = body_of(XSR_LIBXC_X86_PV_VCPU_XSAVE, bytes, 0, false);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		b.length = make_xsave(bytes, cases[i].xcr0, cases[i].accum, cases[i].area, false);
		body_expect(&b, cases[i].findings);
		at_record(&b, "");
	}
}
END_TEST

START_TEST(xsave_area_length)
{
	static uint8_t bytes[AREA + 840];
	struct body b = body_of(XSR_LIBXC_X86_PV_VCPU_XSAVE, bytes, 0, false);

	for (size_t area = 1; area <= 840; area++) {
		b.length = make_xsave(bytes, 3, 3, area, false);
		body_expect(&b, area == 576 ? "" : "vcpu_xsave.area 24\n");
		b.length = make_xsave(bytes, 3, 7, area, false);
		body_expect(&b, area == 832 ? "" : "vcpu_xsave.area 24\n");
	}
}
END_TEST

START_TEST(xsave_header)
{
	static uint8_t bytes[AREA + 832];
	struct body b = body_of(XSR_LIBXC_X86_PV_VCPU_XSAVE, bytes, 0, false);

	b.length = make_xsave(bytes, 3, 7, 832, false);
	body_put(bytes + AREA + 512, 7, 8, false);
	body_expect(&b, "");
	body_put(bytes + AREA + 512, 0xf, 8, false);
	body_expect(&b, "vcpu_xsave.xstate_bv 536\n");
	body_put(bytes + AREA + 512, UINT64_C(1) << 63, 8, false);
	body_expect(&b, "vcpu_xsave.xstate_bv 536\n");
	body_put(bytes + AREA + 512, 0, 8, false);
	body_put(bytes + AREA + 520, UINT64_C(1) << 63, 8, false);
	body_expect(&b, "vcpu_xsave.format 544\n");
	body_put(bytes + AREA + 520, 0, 8, false);
	for (size_t i = 528; i < 576; i++) {
		char expected[40];

		bytes[AREA + i] = 1;
		snprintf(expected, sizeof(expected), "vcpu_xsave.format %zu\n", AREA + i);
		body_expect(&b, expected);
		bytes[AREA + i] = 0;
	}
	bytes[AREA + 576] = 1;
	body_expect(&b, "");
}
END_TEST

/* A policy with AVX at 576 and PKRU where no vendor has it. */
static void learn_policy(struct body *b, bool big)
{
	static const uint32_t leaves[][6] = {{0xd, 0, 0x207, 0, 0, 0}, {0xd, 1, 9, 9, 9, 9}, {0xd, 2, 256, 576, 0, 0},
	    {0xd, 9, 8, 896, 0, 0}, {7, 0, 5, 5, 5, 5}};
	uint8_t policy[sizeof(leaves) + 5] = {0};

	for (size_t i = 0; i < 5 * 6; i++)
		body_put(policy + 4 * i, leaves[i / 6][i % 6], 4, big);
	xstate_layout_learn(&b->facts.xstate, policy, sizeof(policy), big);
	ck_assert_uint_eq(b->facts.xstate.states, 0x207);
	ck_assert_uint_eq(b->facts.xstate.component[9].offset, 896);
	ck_assert_uint_eq(b->facts.xstate.component[9].size, 8);
	ck_assert_uint_eq(b->facts.xstate.component[1].size, 0);
}

START_TEST(xsave_against_policy)
{
	static uint8_t bytes[AREA + 2696];
	struct body b = body_of(XSR_LIBXC_X86_PV_VCPU_XSAVE, bytes, 0, false);

	for (int big = 0; big < 2; big++) {
		learn_policy(&b, big);
		b.length = make_xsave(bytes, 7, 7, 832, false);
		body_expect(&b, "");
		b.length = make_xsave(bytes, 7, 0x207, 904, false);
		body_expect(&b, "");
		b.length = make_xsave(bytes, 7, 0x207, 2696, false);
		body_expect(&b, "vcpu_xsave.area 24\n");
		b.length = make_xsave(bytes, 7, 0x1f, 1088, false);
		body_expect(&b, "vcpu_xsave.policy 16\n");
	}
	/* A policy of a machine without xsave. */
	xstate_layout_learn(&b.facts.xstate, bytes, 0, false);
	b.length = make_xsave(bytes, 3, 3, 576, false);
	body_expect(&b, "vcpu_xsave.policy 16\n");
	/* Sizes that a hostile policy makes up must not wrap. */
	b.facts.xstate.states = 7;
	b.facts.xstate.component[2].offset = UINT32_MAX;
	b.facts.xstate.component[2].size = 833;
	b.length = make_xsave(bytes, 7, 7, 832, false);
	body_expect(&b, "");
}
END_TEST

START_TEST(xsave_too_long)
{
	uint8_t *bytes = calloc(1, 70000);
	struct body b = body_of(XSR_LIBXC_X86_PV_VCPU_XSAVE, bytes, 70000, false);

	ck_assert_ptr_nonnull(bytes);
	make_xsave(bytes, 3, 3, 576, false);
	b.chunk = 30000;
	body_expect(&b, "vcpu_xsave.area 24\n");
	at_record(&b, "");
	free(bytes);
}
END_TEST

START_TEST(xsave_described)
{
	static uint8_t bytes[AREA + 576];
	struct body b = body_of(XSR_LIBXC_X86_PV_VCPU_XSAVE, bytes, 0, false);
	char *text;

	b.length = make_xsave(bytes, 1, 3, 576, false);
	body_put(bytes + AREA, 0x37f, 2, false);
	body_put(bytes + AREA + 24, 0x1f80, 4, false);
	body_put(bytes + AREA + 32, 0x1122, 2, false);
	bytes[AREA + 32 + 9] = 0x3f;
	bytes[AREA + 160] = 0xaa;
	bytes[AREA + 512] = 3;
	text = body_described(&b);
	ck_assert_ptr_nonnull(strstr(text,
	    "{\"vcpu_id\":1,\"xcr0\":0x1,\"xcr0_accum\":0x3,\"area_length\":576,\"xstate_bv\":0x3,\"xcomp_bv\":0x0,"
	    "\"fxsave\":{\"fcw\":0x37f,\"fsw\":0x0,\"ftw\":0x0,\"fop\":0x0,\"fip\":0x0,\"fdp\":0x0,\"mxcsr\":0x1f80,"
	    "\"mxcsr_mask\":0x0,\"x87\":[\"0x3f000000000000001122\",\"0x00000000000000000000\","));
	ck_assert_ptr_nonnull(strstr(text, "\"xmm\":[\"0x000000000000000000000000000000aa\","));
	free(text);
	b.length = 8;
	body_expect_described(&b, "{\"vcpu_id\":1}");
	b.length = 24;
	body_expect_described(&b, "{\"vcpu_id\":1,\"xcr0\":0x1,\"xcr0_accum\":0x3,\"area_length\":0}");
}
END_TEST

static size_t msr(uint8_t *bytes, size_t length, uint32_t index, uint64_t value)
{
	body_put(bytes + length, index, 4, false);
	body_put(bytes + length + 4, 0, 4, false);
	body_put(bytes + length + 8, value, 8, false);
	return length + 16;
}

START_TEST(msrs_layout)
{
	static const uint8_t bytes[] = {0, 0, 0, 2, 0, 0, 0, 0, 0x40, 1, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8};
	struct body b = body_of(XSR_LIBXC_X86_PV_VCPU_MSRS, bytes, sizeof(bytes), true);
	struct xsr_vcpu_msrs v;

	ck_assert_int_eq(xsr_vcpu_msrs_decode(bytes, sizeof(bytes), true, &v), XSR_OK);
	ck_assert_uint_eq(v.head.vcpu_id, 2);
	ck_assert_uint_eq(v.count, 1);
	ck_assert_uint_eq(xsr_vcpu_msrs_at(&v, 0).index, 0x140);
	ck_assert_uint_eq(xsr_vcpu_msrs_at(&v, 0).reserved, 0);
	ck_assert_uint_eq(xsr_vcpu_msrs_at(&v, 0).value, UINT64_C(0x0807060504030201));
	ck_assert_uint_eq(xsr_vcpu_msrs_at(&v, 1).index, 0);
	body_recodes(&b);
	body_expect(&b, "");
	body_expect_described(&b, "{\"vcpu_id\":2,\"msrs\":[{\"index\":0x140,\"name\":\"MISC_FEATURES_ENABLES\","
				  "\"value\":0x807060504030201}]}");
	for (size_t length = 0; length < sizeof(bytes); length++)
		ck_assert_int_eq(xsr_vcpu_msrs_decode(bytes, length, true, &v),
		    length == 8 ? XSR_OK : XSR_E_CORRUPT);
}
END_TEST

START_TEST(msrs_rules)
{
	static const uint32_t all[] = {0x48, 0x140, 0xc0000103, 0xc0011027, 0xc0011019, 0xc001101a, 0xc001101b};
	static const uint32_t bad[] = {0, 0x47, 0x49, 0xc0000080, 0xc0011018, 0xc001101c, 0xc001011f, UINT32_MAX};
	static uint8_t bytes[8 + 16 * 13];
	struct body b = body_of(XSR_LIBXC_X86_PV_VCPU_MSRS, bytes, 8, false);

	at_record(&b, "vcpu_msrs.empty 8\n");
	bytes[4] = 1;
	b.length = msr(bytes, 8, 0x48, 1);
	at_record(&b, "vcpu_msrs.reserved 4\n");
	bytes[4] = 0;
	for (size_t i = 0; i < 7; i++)
		b.length = msr(bytes, i ? b.length : 8, all[i], 1);
	body_expect(&b, "");
	body_recodes(&b);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		msr(bytes, 8 + 16, bad[i], 1);
		body_expect(&b, "vcpu_msrs.index 24\n");
		at_record(&b, "");
	}
	msr(bytes, 8 + 16, 0xc0000103, 1);
	body_expect(&b, "vcpu_msrs.duplicate 40\n");
	msr(bytes, 8 + 16, 0x140, 1);
	bytes[8 + 32 + 7] = 1;
	body_expect(&b, "vcpu_msrs.entry_reserved 44\n");
}
END_TEST

START_TEST(msrs_lengths_and_counts)
{
	static uint8_t bytes[8 + 16 * 13];
	struct body b = body_of(XSR_LIBXC_X86_PV_VCPU_MSRS, bytes, 0, false);
	uint8_t *many = calloc(5000, 16);
	char *text;

	for (size_t length = 0; length <= 40; length++) {
		msr(bytes, 8, 0x48, 1);
		msr(bytes, 24, 0x140, 1);
		b.length = length;
		body_expect(&b, length == 8 ? "vcpu_msrs.empty 8\n"
		    : length == 24 || length == 40 ? ""
						   : "vcpu_msrs.length -\n");
	}
	for (size_t i = 0; i < 12; i++)
		msr(bytes, 8 + 16 * i, 0x48, 1);
	b.length = 8 + 16 * 12;
	body_expect(&b, "vcpu_msrs.count 8\n");
	b.length = 8 + 16 * 11;
	text = body_findings(&b);
	ck_assert_ptr_null(strstr(text, "vcpu_msrs.count"));
	free(text);
	ck_assert_ptr_nonnull(many);
	b.data = many;
	b.length = 8 + 16 * 4999;
	b.chunk = 65536;
	body_expect(&b, "vcpu_msrs.count 8\n");
	at_record(&b, "");
	free(many);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {extended_layout, extended_encode_refuses, extended_rules, extended_lengths,
	    extended_described, xsave_layout, xsave_heads_and_lengths, xsave_without_area, xsave_masks,
	    xsave_area_length, xsave_header, xsave_against_policy, xsave_too_long, xsave_described, msrs_layout,
	    msrs_rules, msrs_lengths_and_counts, NULL};

	return unit_main("pv_vcpu_other", tests);
}
