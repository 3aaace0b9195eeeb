/* SPDX-License-Identifier: MIT */
/* SHARED_INFO: both widths; offsets from specs/libxc-stream.md §8.6 as numbers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libstream/records.h>

#include "body.h"
#include "unit.h"

#define PAGE 4096u

static struct body body_of(const uint8_t *bytes, unsigned width, bool big_endian)
{
	struct body b = {.layer = XSR_LAYER_LIBXC, .type = XSR_LIBXC_SHARED_INFO, .data = bytes, .length = PAGE,
	    .big_endian = big_endian, .depth = XSR_DEPTH_STREAM, .facts = {.width = width}};

	return b;
}

static uint64_t value_at(const uint8_t *bytes, size_t at, unsigned width)
{
	uint64_t value = 0;

	for (unsigned i = width; i-- > 0;)
		value = value << 8 | bytes[at + i];
	return value;
}

static void expect_vcpu(const struct xsr_shared_vcpu *v, const uint8_t *at, unsigned width)
{
	ck_assert_uint_eq(v->upcall_pending, at[0]);
	ck_assert_uint_eq(v->upcall_mask, at[1]);
	ck_assert_uint_eq(v->pending_sel, value_at(at, width == 4 ? 4 : 8, width));
	ck_assert_uint_eq(v->cr2, value_at(at, width == 4 ? 8 : 16, width));
	ck_assert_uint_eq(v->time.version, value_at(at, 32, 4));
	ck_assert_uint_eq(v->time.tsc_timestamp, value_at(at, 40, 8));
	ck_assert_uint_eq(v->time.system_time, value_at(at, 48, 8));
	ck_assert_uint_eq(v->time.tsc_to_system_mul, value_at(at, 56, 4));
	ck_assert_uint_eq(v->time.tsc_shift, at[60]);
	ck_assert_uint_eq(v->time.flags, at[61]);
}

START_TEST(layout)
{
	static const struct {
		unsigned width;                                       /* of the guest */
		size_t pending, mask, bitmap, version, sec, nsec, hi; /* offsets, and the length of a bitmap */
		size_t max_pfn, tail;                                 /* offsets */
	} layouts[] = {{4, 0x800, 0x880, 128, 0x900, 0x904, 0x908, 0x924, 0x90c, 0x928},
	    {8, 0x800, 0xa00, 512, 0xc00, 0xc04, 0xc08, 0xc0c, 0xc10, 0xc40}};
	static uint8_t bytes[PAGE];
	static struct xsr_shared_info s;

	for (size_t i = 0; i < PAGE; i++)
		bytes[i] = (uint8_t)(i * 7 + (i >> 8) * 31 + 1);
	for (size_t k = 0; k < 2; k++) {
		unsigned w = layouts[k].width;

		ck_assert_int_eq(xsr_shared_info_decode(bytes, PAGE, w, &s), XSR_OK);
		ck_assert_uint_eq(s.width, w);
		for (size_t i = 0; i < 32; i++)
			expect_vcpu(&s.vcpus[i], bytes + 64 * i, w);
		ck_assert_mem_eq(s.evtchn_pending, bytes + layouts[k].pending, layouts[k].bitmap);
		ck_assert_mem_eq(s.evtchn_mask, bytes + layouts[k].mask, layouts[k].bitmap);
		ck_assert_uint_eq(s.wc_version, value_at(bytes, layouts[k].version, 4));
		ck_assert_uint_eq(s.wc_sec, value_at(bytes, layouts[k].sec, 4));
		ck_assert_uint_eq(s.wc_nsec, value_at(bytes, layouts[k].nsec, 4));
		ck_assert_uint_eq(s.wc_sec_hi, value_at(bytes, layouts[k].hi, 4));
		ck_assert_uint_eq(s.max_pfn, value_at(bytes, layouts[k].max_pfn, w));
		ck_assert_uint_eq(s.pfn_to_mfn_frame_list_list, value_at(bytes, layouts[k].max_pfn + w, w));
		ck_assert_uint_eq(s.nmi_reason, value_at(bytes, layouts[k].max_pfn + 2 * w, w));
		ck_assert_uint_eq(s.p2m_cr3, value_at(bytes, layouts[k].max_pfn + 3 * w, w));
		ck_assert_uint_eq(s.p2m_vaddr, value_at(bytes, layouts[k].max_pfn + 4 * w, w));
		ck_assert_uint_eq(s.p2m_generation, value_at(bytes, layouts[k].max_pfn + 5 * w, w));
		ck_assert_mem_eq(s.tail, bytes + layouts[k].tail, PAGE - layouts[k].tail);
	}
}
END_TEST

START_TEST(nothing_is_lost)
{
	static uint8_t bytes[PAGE];
	static struct xsr_shared_info s;
	uint8_t room[PAGE];
	struct xsr_buffer out = {.data = room, .size = PAGE};

	for (size_t i = 0; i < PAGE; i++)
		bytes[i] = (uint8_t)(i * 5 + (i >> 8) + 3);
	for (unsigned width = 0; width <= 8; width += 4) {
		struct body b = body_of(bytes, width, width == 4);

		body_recodes(&b);
	}
	for (size_t length = 0; length < PAGE; length++)
		ck_assert_int_eq(xsr_shared_info_decode(bytes, length, 8, &s), XSR_E_CORRUPT);
	ck_assert_int_eq(xsr_shared_info_decode(bytes, PAGE, 0, &s), XSR_E_CORRUPT);
	ck_assert_int_eq(xsr_shared_info_decode(bytes, PAGE, 4, &s), XSR_OK);
	s.max_pfn = UINT64_C(1) << 32;
	ck_assert_int_eq(xsr_shared_info_encode(&out, &s), XSR_E_MISUSE);
	ck_assert_uint_eq(out.length, 0);
}
END_TEST

START_TEST(lengths)
{
	static uint8_t bytes[2 * PAGE];
	static const size_t bad[] = {0, 8, PAGE - 8, PAGE - 1, PAGE + 1, 2 * PAGE};
	struct body b = body_of(bytes, 8, false);

	b.depth = XSR_DEPTH_RECORD;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		b.length = bad[i];
		body_expect(&b, "shared_info.length -\n");
	}
	b.length = PAGE;
	body_expect(&b, "");
}
END_TEST

/* One number in an empty page, and what comes of it. */
struct spoiled {
	unsigned width;       /* of the guest */
	size_t at;            /* in the page */
	unsigned size;        /* of the number */
	uint64_t value;       /* the number */
	const char *findings; /* expected */
};

START_TEST(rules)
{
	static const struct spoiled cases[] = {
	    {8, 0xc00, 4, 5, "shared_info.wallclock 3072\n"},
	    {8, 0xc00, 4, 4, ""},
	    {8, 0xc08, 4, 1000000000, "shared_info.wallclock 3080\n"},
	    {8, 0xc08, 4, 999999999, ""},
	    {8, 0xc38, 8, 7, "shared_info.generation 3128\n"},
	    {8, 0xc38, 8, UINT64_C(1) << 63, ""},
	    {8, 0xc40, 1, 1, "shared_info.tail 3136\n"},
	    {8, 0xfff, 1, 0x80, "shared_info.tail 4095\n"},
	    {8, 0x900, 4, 5, ""}, /* there a 64-bit guest has event channels */
	    {4, 0x900, 4, 5, "shared_info.wallclock 2304\n"},
	    {4, 0x908, 4, UINT32_MAX, "shared_info.wallclock 2312\n"},
	    {4, 0x920, 4, 1, "shared_info.generation 2336\n"},
	    {4, 0x924, 4, 1, ""},
	    {4, 0x928, 1, 1, "shared_info.tail 2344\n"},
	    {4, 0xc00, 4, 5, "shared_info.tail 3072\n"},
	    {0, 0xc00, 4, 5, ""}, /* no width, no judgement */
	};
	static uint8_t bytes[PAGE];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (int big = 0; big < 2; big++) {
			struct body b = body_of(bytes, cases[i].width, big);

			memset(bytes, 0, sizeof(bytes));
			body_put(bytes + cases[i].at, cases[i].value, cases[i].size, false);
			body_expect(&b, cases[i].findings);
			b.depth = XSR_DEPTH_RECORD;
			body_expect(&b, "");
		}
}
END_TEST

START_TEST(described)
{
	static uint8_t bytes[PAGE];
	struct body b = body_of(bytes, 4, true);

	bytes[64 + 1] = 1;
	body_put(bytes + 64 + 32, 26, 4, false);
	bytes[0x800] = 0x80;
	bytes[0x87f] = 0x80;
	memset(bytes + 0x880, 0xff, 128);
	body_put(bytes + 0x90c, 24, 4, false);
	body_expect_described(&b,
	    "{\"guest_width\":4,\"vcpu_info\":[{\"vcpu_id\":1,\"upcall_pending\":0x0,\"upcall_mask\":0x1,"
	    "\"pending_sel\":0x0,\"cr2\":0x0,\"time\":{\"version\":0x1a,\"tsc_timestamp\":0x0,\"system_time\":0x0,"
	    "\"tsc_to_system_mul\":0x0,\"tsc_shift\":0x0,\"flags\":0x0}}],\"evtchn_pending\":[7,1023],"
	    "\"evtchn_masked\":1024,\"wc_version\":0x0,\"wc_sec\":0x0,\"wc_nsec\":0x0,\"max_pfn\":0x18,"
	    "\"pfn_to_mfn_frame_list_list\":0x0,\"nmi_reason\":0x0,\"p2m_cr3\":0x0,\"p2m_vaddr\":0x0,"
	    "\"p2m_generation\":0x0,\"wc_sec_hi\":0x0}");
	b.facts.width = 0;
	body_expect_described(&b, "{}");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {layout, nothing_is_lost, lengths, rules, described, NULL};

	return unit_main("pv_shared_info", tests);
}
