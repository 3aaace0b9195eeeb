/* SPDX-License-Identifier: MIT */
/* X86_CPUID_POLICY and X86_MSR_POLICY: layout in both byte orders, each rule broken and kept. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libstream/records.h>

#include "body.h"
#include "unit.h"

#define NONE UINT32_MAX

/* A body of either policy, built by hand. */
struct policy {
	uint8_t bytes[24 * 128]; /* the body */
	struct body body;        /* how it is handed over */
};

static void begin(struct policy *p, uint32_t type, bool big_endian)
{
	memset(p, 0, sizeof(*p));
	p->body = (struct body){.layer = XSR_LAYER_LIBXC, .type = type, .data = p->bytes, .big_endian = big_endian,
	    .depth = XSR_DEPTH_STREAM, .facts = {.image_version = 3, .xen_major = 4, .xen_minor = 17,
	    .has_domain = true}};
}

static void leaf(struct policy *p, uint32_t number, uint32_t subleaf)
{
	uint8_t *at = p->bytes + p->body.length;

	body_put(at, number, 4, p->body.big_endian);
	body_put(at + 4, subleaf, 4, p->body.big_endian);
	for (unsigned i = 2; i < 6; i++)
		body_put(at + 4 * (size_t)i, 0x10 + i, 4, p->body.big_endian);
	p->body.length += 24;
}

static void msr(struct policy *p, uint32_t index, uint32_t flags, uint64_t value)
{
	uint8_t *at = p->bytes + p->body.length;

	body_put(at, index, 4, p->body.big_endian);
	body_put(at + 4, flags, 4, p->body.big_endian);
	body_put(at + 8, value, 8, p->body.big_endian);
	p->body.length += 16;
}

/* Every entry that any release accepts, in order: 120. */
static void all_leaves(struct policy *p)
{
	for (uint32_t i = 0; i <= 0xd; i++) {
		uint32_t subleaves = i == 4 ? 6 : i == 7 ? 3 : i == 0xb ? 2 : i == 0xd ? 63 : 0;

		if (!subleaves)
			leaf(p, i, NONE);
		for (uint32_t sub = 0; sub < subleaves; sub++)
			leaf(p, i, sub);
	}
	leaf(p, 0x40000000, NONE);
	leaf(p, 0x40000100, NONE);
	for (uint32_t i = 0x80000000; i <= 0x80000021; i++)
		leaf(p, i, NONE);
}

START_TEST(full_policy_is_good)
{
	struct policy p;

	for (int big = 0; big < 2; big++) {
		begin(&p, XSR_LIBXC_X86_CPUID_POLICY, big);
		all_leaves(&p);
		ck_assert_uint_eq(p.body.length, 120 * 24);
		body_expect(&p.body, "");
		body_recodes(&p.body);
		/* Gaps are no fault: machines differ. */
		begin(&p, XSR_LIBXC_X86_CPUID_POLICY, big);
		leaf(&p, 0, NONE);
		leaf(&p, 0xd, 2);
		leaf(&p, 0x80000008, NONE);
		body_expect(&p.body, "");
	}
}
END_TEST

START_TEST(leaves_decode)
{
	static const uint8_t big[] = {0, 0, 0, 0xd, 0, 0, 0, 1, 0, 0, 1, 2, 0, 0, 0, 3, 0, 0, 0, 4, 5, 0, 0, 0};
	struct xsr_cpuid_policy policy;
	struct xsr_cpuid_leaf l;

	ck_assert_int_eq(xsr_cpuid_policy_decode(big, sizeof(big), true, &policy), XSR_OK);
	ck_assert_uint_eq(policy.count, 1);
	ck_assert(xsr_cpuid_policy_find(&policy, 0xd, 1, &l));
	ck_assert_uint_eq(l.eax, 0x102);
	ck_assert_uint_eq(l.ebx, 3);
	ck_assert_uint_eq(l.ecx, 4);
	ck_assert_uint_eq(l.edx, 0x5000000);
	ck_assert(!xsr_cpuid_policy_find(&policy, 0xd, 0, &l));
	ck_assert_uint_eq(xsr_cpuid_policy_at(&policy, 1).leaf, UINT32_MAX);
	for (size_t length = 0; length < sizeof(big); length++)
		ck_assert_int_eq(xsr_cpuid_policy_decode(big, length, true, &policy), XSR_E_CORRUPT);
}
END_TEST

START_TEST(policy_lengths)
{
	struct policy p;

	begin(&p, XSR_LIBXC_X86_CPUID_POLICY, false);
	body_expect(&p.body, "cpuid_policy.length -\n");
	leaf(&p, 0, NONE);
	p.body.length++;
	body_expect(&p.body, "cpuid_policy.length -\n");
	begin(&p, XSR_LIBXC_X86_MSR_POLICY, false);
	body_expect(&p.body, "msr_policy.length -\n");
	msr(&p, 0xce, 0, 0);
	p.body.length--;
	body_expect(&p.body, "msr_policy.length -\n");
}
END_TEST

START_TEST(leaf_numbers)
{
	static const uint32_t bad[] = {0xe, 0x3fffffff, 0x40000001, 0x400000ff, 0x40000101, 0x7fffffff, 0x80000022,
	    0xffffffff};
	struct policy p;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		begin(&p, XSR_LIBXC_X86_CPUID_POLICY, false);
		leaf(&p, 0, NONE);
		leaf(&p, bad[i], NONE);
		body_expect(&p.body, "cpuid_policy.leaf 24\n");
	}
	p.body.depth = XSR_DEPTH_RECORD;
	body_expect(&p.body, "");
}
END_TEST

START_TEST(subleaf_numbers)
{
	static const uint32_t bad[][2] = {{0, 0}, {3, 1}, {4, 6}, {4, NONE}, {7, 3}, {7, NONE}, {0xb, 2}, {0xc, 0},
	    {0xd, 63}, {0x40000000, 0}, {0x80000021, 0}};
	struct policy p;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		begin(&p, XSR_LIBXC_X86_CPUID_POLICY, false);
		leaf(&p, bad[i][0], bad[i][1]);
		body_expect(&p.body, "cpuid_policy.subleaf 4\n");
	}
}
END_TEST

START_TEST(leaves_repeated_and_misplaced)
{
	struct policy p;

	begin(&p, XSR_LIBXC_X86_CPUID_POLICY, false);
	leaf(&p, 0, NONE);
	leaf(&p, 4, 1);
	leaf(&p, 4, 1);
	body_expect(&p.body, "cpuid_policy.duplicate 48\n");
	leaf(&p, 4, 0);
	leaf(&p, 1, NONE);
	leaf(&p, 5, NONE);
	body_expect(&p.body, "cpuid_policy.duplicate 48\ncpuid_policy.order 72\n");
}
END_TEST

START_TEST(too_many_leaves)
{
	struct policy p;

	begin(&p, XSR_LIBXC_X86_CPUID_POLICY, false);
	all_leaves(&p);
	leaf(&p, 0x80000021, NONE);
	body_expect(&p.body, "cpuid_policy.count 0\n");
}
END_TEST

START_TEST(bodies_too_long_for_one_piece)
{
	static const uint8_t zeros[24 * 3000];
	struct body b = {.layer = XSR_LAYER_LIBXC, .type = XSR_LIBXC_X86_CPUID_POLICY, .data = zeros,
	    .length = sizeof(zeros), .depth = XSR_DEPTH_STREAM, .chunk = 1000};

	body_expect(&b, "cpuid_policy.count 0\n");
	b.type = XSR_LIBXC_X86_MSR_POLICY;
	b.length = 16 * 4097;
	body_expect(&b, "msr_policy.count 0\n");
	b.depth = XSR_DEPTH_RECORD;
	body_expect(&b, "");
}
END_TEST

START_TEST(policy_teaches)
{
	struct policy p;

	for (int big = 0; big < 2; big++) {
		begin(&p, XSR_LIBXC_X86_CPUID_POLICY, big);
		leaf(&p, 0xd, 0);
		leaf(&p, 0x80000008, NONE);
		body_expect(&p.body, "");
		ck_assert_uint_eq(p.body.facts.physical_bits, 0x12);
		ck_assert(p.body.facts.xstate.known);
	}
}
END_TEST

START_TEST(leaves_described)
{
	struct policy p;

	for (int big = 0; big < 2; big++) {
		begin(&p, XSR_LIBXC_X86_CPUID_POLICY, big);
		leaf(&p, 3, NONE);
		leaf(&p, 4, 0);
		body_expect_described(&p.body,
		    "{\"count\":2,\"leaves\":[{\"leaf\":0x3,\"eax\":0x12,\"ebx\":0x13,\"ecx\":0x14,\"edx\":0x15},"
		    "{\"leaf\":0x4,\"subleaf\":0,\"eax\":0x12,\"ebx\":0x13,\"ecx\":0x14,\"edx\":0x15}]}");
	}
}
END_TEST

START_TEST(msr_policy_is_good)
{
	struct policy p;

	for (int big = 0; big < 2; big++) {
		begin(&p, XSR_LIBXC_X86_MSR_POLICY, big);
		msr(&p, 0xce, 0, 0x80000000);
		msr(&p, 0x10a, 0, UINT64_C(0x8000000c04000000));
		body_expect(&p.body, "");
		body_recodes(&p.body);
		body_expect_described(&p.body,
		    "{\"count\":2,\"msrs\":["
		    "{\"index\":0xce,\"name\":\"PLATFORM_INFO\",\"flags\":0x0,\"value\":0x80000000},"
		    "{\"index\":0x10a,\"name\":\"ARCH_CAPABILITIES\",\"flags\":0x0,\"value\":0x8000000c04000000}]}");
	}
}
END_TEST

START_TEST(msr_policy_rules)
{
	static const struct {
		uint32_t index;
		uint32_t flags;
		uint64_t value;
		const char *findings;
	} cases[] = {{0xce, 0, 0x80000001, "msr_policy.value 8\n"},
	    {0xce, 0, UINT64_C(0x180000000), "msr_policy.value 8\n"}, {0xce, 1, 0, "msr_policy.flags 4\n"},
	    {0x10b, 0, 0, "msr_policy.index 0\n"}, {0x140, 2, 7, "msr_policy.flags 4\nmsr_policy.index 0\n"},
	    {0x10a, 0, UINT64_MAX, ""}};
	struct policy p;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin(&p, XSR_LIBXC_X86_MSR_POLICY, false);
		msr(&p, cases[i].index, cases[i].flags, cases[i].value);
		body_expect(&p.body, cases[i].findings);
	}
	begin(&p, XSR_LIBXC_X86_MSR_POLICY, true);
	msr(&p, 0x10a, 0, 0);
	msr(&p, 0xce, 0, 0);
	body_expect(&p.body, "msr_policy.order 16\n");
	begin(&p, XSR_LIBXC_X86_MSR_POLICY, true);
	msr(&p, 0xce, 0, 0);
	msr(&p, 0xce, 0, 0);
	body_expect(&p.body, "msr_policy.duplicate 16\n");
	msr(&p, 0x10a, 0, 0);
	body_expect(&p.body, "msr_policy.count 0\n");
}
END_TEST

START_TEST(msr_names)
{
	ck_assert_str_eq(xsr_msr_name(0x48), "SPEC_CTRL");
	ck_assert_str_eq(xsr_msr_name(0xc0011027), "DR0_ADDRESS_MASK");
	ck_assert_ptr_null(xsr_msr_name(0));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {full_policy_is_good, leaves_decode, policy_lengths, leaf_numbers,
	    subleaf_numbers, leaves_repeated_and_misplaced, too_many_leaves, bodies_too_long_for_one_piece, policy_teaches, leaves_described, msr_policy_is_good,
	    msr_policy_rules, msr_names, NULL};

	return unit_main("policy", tests);
}
