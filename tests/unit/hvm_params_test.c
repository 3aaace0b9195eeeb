/* SPDX-License-Identifier: MIT */
/* HVM_PARAMS: layout in both byte orders, each rule broken and kept. */
#include <stdlib.h>
#include <string.h>

#include <libstream/records.h>

#include "body.h"
#include "unit.h"

#define MANY 64

/* A body of parameters, built by hand. */
struct params {
	uint8_t bytes[8 + 16 * MANY]; /* the body */
	struct body body;             /* how it is handed over */
};

static void begin(struct params *p, bool big_endian)
{
	memset(p, 0, sizeof(*p));
	p->body = (struct body){.layer = XSR_LAYER_LIBXC, .type = XSR_LIBXC_HVM_PARAMS, .data = p->bytes, .length = 8,
	    .big_endian = big_endian, .depth = XSR_DEPTH_STREAM,
	    .facts = {.image_version = 3, .domain_type = 2, .xen_major = 4, .xen_minor = 17, .has_domain = true}};
}

static void add(struct params *p, uint64_t index, uint64_t value)
{
	uint8_t *at = p->bytes + p->body.length;

	body_put(at, index, 8, p->body.big_endian);
	body_put(at + 8, value, 8, p->body.big_endian);
	p->body.length += 16;
	body_put(p->bytes, (p->body.length - 8) / 16, 4, p->body.big_endian);
}

/* What a saver of 4.17 writes for an HVM guest. */
static void add_usual(struct params *p)
{
	static const uint64_t usual[][2] = {{1, 0xfeffc}, {5, 0xfeff8}, {6, 0xfeff9}, {27, 0xfeff6}, {28, 0xfeff7},
	    {29, 0xfeff5}, {37, UINT64_C(0x80000fc00000)}, {17, 0xfefff}, {19, 1}, {9, 0x67}, {12, 0xfeffe000},
	    {34, 0xfc0f8000}, {32, 0xfeff0}, {33, 8}, {36, 8}, {38, 1}};

	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		add(p, usual[i][0], usual[i][1]);
}

START_TEST(good_ones_have_no_findings)
{
	struct params p;

	for (int big = 0; big < 2; big++) {
		begin(&p, big);
		add_usual(&p);
		body_expect(&p.body, "");
		body_recodes(&p.body);
	}
}
END_TEST

START_TEST(decodes_by_hand)
{
	static const uint8_t little[] = {1, 0, 0, 0, 9, 0, 0, 0, 0x11, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xef, 0x0f, 0, 0, 0,
	    0, 0x80};
	struct xsr_hvm_params list;
	struct xsr_hvm_param p;

	ck_assert_int_eq(xsr_hvm_params_decode(little, sizeof(little), false, &list), XSR_OK);
	ck_assert_uint_eq(list.count, 1);
	ck_assert_uint_eq(list.reserved, 9);
	p = xsr_hvm_params_at(&list, 0);
	ck_assert_uint_eq(p.index, 17);
	ck_assert_uint_eq(p.value, UINT64_C(0x80000000000fefff));
	ck_assert_uint_eq(xsr_hvm_params_at(&list, 1).index, UINT64_MAX);
	for (size_t length = 0; length < sizeof(little); length++)
		ck_assert_int_eq(xsr_hvm_params_decode(little, length, false, &list), XSR_E_CORRUPT);
	/* In the other order the count is 2^24. */
	ck_assert_int_eq(xsr_hvm_params_decode(little, sizeof(little), true, &list), XSR_E_CORRUPT);
}
END_TEST

START_TEST(lengths)
{
	struct params p;

	begin(&p, false);
	add_usual(&p);
	p.body.length--;
	body_expect(&p.body, "hvm_params.length -\n");
	p.body.length = 7;
	body_expect(&p.body, "hvm_params.length -\n");
	/* A whole parameter more than the count says. */
	p.body.length = 8 + 16 * 17;
	body_expect(&p.body, "hvm_params.length 0\n");
	p.body.length = 8 + 16 * 15;
	body_expect(&p.body, "hvm_params.length 0\n");
}
END_TEST

START_TEST(head)
{
	struct params p;

	begin(&p, true);
	body_expect(&p.body, "hvm_params.empty 0\n");
	add(&p, 1, 0xfeffc);
	p.bytes[7] = 1;
	p.body.depth = XSR_DEPTH_RECORD;
	body_expect(&p.body, "hvm_params.reserved 4\n");
}
END_TEST

START_TEST(indices)
{
	struct params p;

	begin(&p, false);
	add(&p, 39, 1);
	add(&p, UINT64_C(0x100000001), 1);
	add(&p, 38, 1);
	add(&p, 7, 1);
	body_expect(&p.body, "hvm_params.index 8\nhvm_params.index 24\nhvm_params.index 56\n");
	p.body.depth = XSR_DEPTH_RECORD;
	body_expect(&p.body, "");
}
END_TEST

START_TEST(refused_indices)
{
	static const uint8_t refused[] = {13, 20, 21, 22, 23, 24, 25, 26, 30};
	struct params p;

	for (size_t i = 0; i < sizeof(refused); i++) {
		begin(&p, false);
		add(&p, 1, 0xfeffc);
		add(&p, refused[i], 1);
		body_expect(&p.body, "hvm_params.refused 24\n");
	}
}
END_TEST

START_TEST(pae_is_for_old_images)
{
	struct params p;

	begin(&p, false);
	add(&p, 4, 1);
	body_expect(&p.body, "hvm_params.old_pae 8\n");
	p.body.facts.image_version = 2;
	body_expect(&p.body, "");
	p.body.facts.image_version = 3;
	p.body.facts.xen_major = 0;
	body_expect(&p.body, "");
}
END_TEST

START_TEST(values)
{
	static const struct {
		uint64_t index;
		uint64_t value;
		bool good;
	} cases[] = {{9, 0x1, true}, {9, 0x1fff, true}, {9, 0x2, false}, {9, 0x2001, false}, {10, 3, true},
	    {10, 4, false}, {14, 3, true}, {14, 1, false}, {15, 0xffffffff, true}, {15, 0x100000000, false},
	    {19, 1, true}, {19, 2, false}, {31, 5, true}, {31, 6, false}, {33, 1, true}, {33, 64, true},
	    {33, 65, false}, {35, 3, true}, {35, 4, false}, {36, 4, true}, {36, 8, true}, {36, 2, false},
	    {37, UINT64_C(104) << 32, true}, {37, UINT64_C(103) << 32 | 0xffffffff, false}, {38, 1, true},
	    {38, 2, false}, {11, UINT64_MAX, true}, {33, 0, false}, {37, 0, false}, {9, 0, false}};
	struct params p;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin(&p, false);
		add(&p, cases[i].index, cases[i].value);
		body_expect(&p.body, cases[i].good ? "" : "hvm_params.value 16\n");
	}
	begin(&p, false);
	add(&p, 36, 0);
	add(&p, 1, 0);
	body_expect(&p.body, "hvm_params.zero 16\nhvm_params.zero 32\n");
}
END_TEST

START_TEST(duplicates)
{
	struct params p;

	begin(&p, false);
	add(&p, 1, 0xfeffc);
	add(&p, 17, 0xfefff);
	add(&p, 1, 0xfeffc);
	body_expect(&p.body, "");
	add(&p, 17, 0xfeffe);
	body_expect(&p.body, "hvm_params.duplicate 56\n");
}
END_TEST

/* Pieces of any size, and of course none of their borders, must show. */
START_TEST(pieces)
{
	static const size_t chunks[] = {1, 2, 7, 8, 9, 15, 16, 17, 100};
	struct params p;

	for (size_t i = 0; i < sizeof(chunks) / sizeof(chunks[0]); i++) {
		begin(&p, i & 1);
		add(&p, 1, 0xfeffc);
		add(&p, 40, 1);
		add(&p, 1, 0xfeffd);
		p.body.chunk = chunks[i];
		body_expect(&p.body, "hvm_params.index 24\nhvm_params.duplicate 40\n");
		body_expect_described(&p.body, "{\"count\":3,\"parameters\":["
					       "{\"index\":1,\"name\":\"STORE_PFN\",\"value\":0xfeffc},"
					       "{\"index\":40,\"value\":0x1},"
					       "{\"index\":1,\"name\":\"STORE_PFN\",\"value\":0xfeffd}]}");
	}
}
END_TEST

START_TEST(described)
{
	struct params p;

	for (int big = 0; big < 2; big++) {
		begin(&p, big);
		add(&p, 1, 0xfeffc);
		add(&p, 39, 2);
		body_expect_described(&p.body, "{\"count\":2,\"parameters\":["
					       "{\"index\":1,\"name\":\"STORE_PFN\",\"value\":0xfeffc},"
					       "{\"index\":39,\"value\":0x2}]}");
	}
}
END_TEST

START_TEST(names)
{
	unsigned named = 0;

	for (uint64_t i = 0; i < XSR_HVM_PARAM_COUNT; i++)
		named += xsr_hvm_param_name(i) != NULL;
	ck_assert_uint_eq(named, 36);
	ck_assert_ptr_null(xsr_hvm_param_name(3));
	ck_assert_ptr_null(xsr_hvm_param_name(39));
	ck_assert_ptr_null(xsr_hvm_param_name(UINT64_MAX));
	ck_assert_str_eq(xsr_hvm_param_name(38), "MCA_CAP");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {good_ones_have_no_findings, decodes_by_hand, lengths, head, indices, refused_indices,
	    pae_is_for_old_images, values, duplicates, pieces, described, names, NULL};

	return unit_main("hvm_params", tests);
}
