/* SPDX-License-Identifier: MIT */
/* HVM_CONTEXT: the walk in pieces of any size, each rule of the entries, and what a PVH guest looks like. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libstream/records.h>

#include "body.h"
#include "unit.h"

/* A context built by hand. */
struct context {
	uint8_t bytes[40000]; /* the body */
	struct body body;     /* how it is handed over */
};

static void begin(struct context *x)
{
	memset(x, 0, sizeof(*x));
	x->body = (struct body){.layer = XSR_LAYER_LIBXC, .type = XSR_LIBXC_HVM_CONTEXT, .data = x->bytes,
	    .depth = XSR_DEPTH_STREAM,
	    .facts = {.image_version = 3, .domain_type = 2, .xen_major = 4, .xen_minor = 17, .has_domain = true}};
}

/* Adds an entry of zeros and returns its payload. */
static uint8_t *add(struct context *x, uint32_t type, uint32_t instance, uint32_t length)
{
	uint8_t *at = x->bytes + x->body.length;

	ck_assert_uint_le(x->body.length + 8 + length, sizeof(x->bytes));
	body_put(at, type, 2, false);
	body_put(at + 2, instance, 2, false);
	body_put(at + 4, length, 4, false);
	x->body.length += 8 + (size_t)length;
	return at + 8;
}

static void add_header(struct context *x)
{
	uint8_t *p = add(x, 1, 0, 24);

	body_put(p, 0x54381286, 4, false);
	body_put(p + 4, 1, 4, false);
}

/* A CPU in long mode. */
static uint8_t *add_cpu(struct context *x, uint32_t vcpu, uint32_t size)
{
	uint8_t *p = add(x, 2, vcpu, size);

	body_put(p + 656, 0x80050033, 8, false);
	body_put(p + 672, 0x4000, 8, false);
	body_put(p + 680, 0x6f0, 8, false);
	body_put(p + 720, 0xffff0ff0, 8, false);
	body_put(p + 728, 0x400, 8, false);
	body_put(p + 992, 0xd01, 8, false);
	return p;
}

/* All that a PVH guest of one vCPU has, in order. Offsets: HEADER 0, CPU 32, LAPIC 1072, LAPIC_REGS 1104, ... */
static void add_pvh(struct context *x)
{
	add_header(x);
	add_cpu(x, 0, 1032);
	body_put(add(x, 5, 0, 24), 0xfee00900, 8, false);
	add(x, 6, 0, 1024);
	add(x, 7, 0, 16);
	add(x, 8, 0, 8);
	add(x, 9, 0, 8);
	body_put(add(x, 14, 0, 240) + 224, 0x508, 8, false);
	add(x, 18, 0, 32);
	add(x, 19, 0, 8);
	add(x, 0, 0, 0);
}

/*
 * Header, CPU 0 with what it needs, TSC_ADJUST, one entry to look at, END. Returns that entry's payload; the entry
 * stands at AT_EXTRA.
 */
#define AT_EXTRA 2400u

static uint8_t *with(struct context *x, uint32_t type, uint32_t instance, uint32_t length)
{
	uint8_t *p;

	begin(x);
	add_header(x);
	add_cpu(x, 0, 1032);
	add(x, 5, 0, 24);
	add(x, 6, 0, 1024);
	add(x, 14, 0, 240);
	add(x, 19, 0, 8);
	ck_assert_uint_eq(x->body.length, AT_EXTRA);
	p = add(x, type, instance, length);
	add(x, 0, 0, 0);
	return p;
}

/*
 * Findings about that entry. A type below TSC_ADJUST is out of order, and one of another vCPU stands alone, which is
 * not what these tests are about.
 */
static void expect_extra(struct context *x, const char *findings)
{
	static const char order[] = "hvm_context.order 2400\n";
	char *text = body_findings(&x->body);
	const char *rest = strncmp(text, order, sizeof(order) - 1) == 0 ? text + sizeof(order) - 1 : text;

	if (strstr(rest, "hvm_context.stranger"))
		*strstr(text, "hvm_context.stranger") = 0;
	ck_assert_str_eq(rest, findings);
	free(text);
}

START_TEST(pvh_is_good_in_any_pieces)
{
	static const size_t chunks[] = {0, 1, 2, 3, 7, 8, 9, 64, 1000, 1024, 4096};
	struct context x;

	begin(&x);
	add_pvh(&x);
	body_recodes(&x.body);
	for (size_t i = 0; i < sizeof(chunks) / sizeof(chunks[0]); i++) {
		x.body.chunk = chunks[i];
		memset(&x.body.facts.hvm, 0, sizeof(x.body.facts.hvm));
		body_expect(&x.body, "");
		ck_assert(x.body.facts.hvm.known);
		ck_assert_uint_eq(x.body.facts.hvm.cpus, 1);
		ck_assert(!x.body.facts.hvm.has_pic && !x.body.facts.hvm.has_ioapic && !x.body.facts.hvm.has_rtc);
		ck_assert(!x.body.facts.hvm.has_pit && !x.body.facts.hvm.has_hpet && !x.body.facts.hvm.has_pmtimer);
	}
}
END_TEST

START_TEST(devices_are_noted)
{
	static const struct {
		uint32_t type, instance, length;
	} devices[] = {{3, 0, 8}, {3, 1, 8}, {4, 0, 400}, {10, 0, 56}, {11, 0, 24}, {12, 0, 1048}, {13, 0, 8}};
	struct context x;
	const struct hvm_facts *h = &x.body.facts.hvm;

	begin(&x);
	/* Whatever the rules say about them: at this depth nobody asks. */
	x.body.depth = XSR_DEPTH_RECORD;
	add_cpu(&x, 3, 1024);
	add_cpu(&x, 1, 1024);
	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
		add(&x, devices[i].type, devices[i].instance, devices[i].length);
	body_expect(&x.body, "");
	ck_assert(h->has_pic && h->has_ioapic && h->has_pit && h->has_rtc && h->has_hpet && h->has_pmtimer);
	ck_assert_uint_eq(h->cpus, 2);
	ck_assert_uint_eq(h->highest_vcpu, 3);
}
END_TEST

START_TEST(walk_over_a_whole_body)
{
	struct context x;
	struct xsr_hvm_walk walk;
	struct xsr_hvm_entry e;
	unsigned n = 0;

	begin(&x);
	add_pvh(&x);
	walk = xsr_hvm_context_walk(x.bytes, x.body.length);
	while (xsr_hvm_context_next(&walk, &e))
		n++;
	ck_assert_uint_eq(n, 11);
	ck_assert_int_eq(walk.status, XSR_OK);
	ck_assert(walk.ended);
	ck_assert_uint_eq(e.type, XSR_HVM_END);
	/* Cut anywhere, it stops without reading past the cut. */
	for (size_t cut = 0; cut < x.body.length; cut += 5) {
		uint8_t *copy = malloc(cut + 1);

		ck_assert_ptr_nonnull(copy);
		memcpy(copy, x.bytes, cut);
		walk = xsr_hvm_context_walk(copy, cut);
		while (xsr_hvm_context_next(&walk, &e))
			ck_assert_uint_le(e.offset + 8 + e.length, cut);
		ck_assert_int_eq(walk.status, XSR_E_CORRUPT);
		free(copy);
	}
}
END_TEST

START_TEST(entry_heads_and_ends)
{
	struct context x;

	begin(&x);
	add_pvh(&x);
	x.body.length -= 8;
	body_expect(&x.body, "hvm_context.end 2496\n");
	x.body.length += 7;
	body_expect(&x.body, "hvm_context.walk 2496\n");
	x.body.length -= 7;
	add(&x, 0, 0, 3);
	body_expect(&x.body, "hvm_context.end 2500\n");
	x.body.length += 4;
	body_expect(&x.body, "hvm_context.end 2500\nhvm_context.end 2507\n");
	begin(&x);
	add_header(&x);
	add(&x, 2, 0, 1032);
	body_put(x.bytes + 36, UINT32_MAX, 4, false);
	x.body.chunk = 3;
	body_expect(&x.body, "hvm_context.walk 36\n");
	begin(&x);
	body_expect(&x.body, "hvm_context.length -\n");
	x.body.length = 1;
	body_expect(&x.body, "hvm_context.walk 0\n");
}
END_TEST

START_TEST(header_rules)
{
	struct context x;

	begin(&x);
	add_pvh(&x);
	body_put(x.bytes + 8, 0x54381285, 4, false);
	body_put(x.bytes + 12, 2, 4, false);
	body_expect(&x.body, "hvm_context.header 8\nhvm_context.header 12\n");
	begin(&x);
	add(&x, 0, 0, 0);
	body_expect(&x.body, "hvm_context.header 0\nhvm_context.missing 0\n");
	memmove(x.bytes, x.bytes + 32, sizeof(x.bytes) - 32);
	begin(&x);
	add_pvh(&x);
	memmove(x.bytes, x.bytes + 32, x.body.length - 32);
	x.body.length -= 32;
	body_expect(&x.body, "hvm_context.header 0\n");
}
END_TEST

START_TEST(unknown_codes)
{
	static const uint32_t codes[] = {21, 22, 34, 35, 0xffff};
	struct context x;

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		with(&x, codes[i], 0, 4000);
		body_expect(&x.body, "hvm_context.code 2400\n");
		x.body.chunk = 100;
		body_expect(&x.body, "hvm_context.code 2400\n");
	}
}
END_TEST

START_TEST(instances)
{
	struct context x;

	with(&x, 19, 511, 8);
	body_expect(&x.body, "hvm_context.stranger 2416\n");
	with(&x, 19, 512, 8);
	body_expect(&x.body, "hvm_context.instance 2402\n");
	with(&x, 19, 0, 8);
	body_expect(&x.body, "hvm_context.duplicate 2400\n");
	begin(&x);
	add_pvh(&x);
	/* PCI_IRQ of a second domain. */
	body_put(x.bytes + 2138, 1, 2, false);
	body_expect(&x.body, "hvm_context.instance 2138\n");
}
END_TEST

START_TEST(order_is_told_once)
{
	struct context x;

	begin(&x);
	add_header(&x);
	add_cpu(&x, 0, 1032);
	add(&x, 6, 0, 1024);
	add(&x, 5, 0, 24);
	add(&x, 9, 0, 8);
	add(&x, 8, 0, 8);
	add(&x, 14, 0, 240);
	add(&x, 0, 0, 0);
	body_expect(&x.body, "hvm_context.order 2104\n");
}
END_TEST

START_TEST(sizes)
{
	static const struct {
		uint32_t type, length;
		bool good;
	} cases[] = {{18, 8, true}, {18, 24, true}, {18, 32, true}, {18, 16, false}, {17, 8, true}, {17, 16, true},
	    {17, 216, true}, {17, 24, false}, {15, 16, true}, {15, 24, true}, {15, 32, true}, {15, 8, false},
	    {16, 599, false}, {20, 8, false}, {20, 23, false}, {20, 30, false}, {14, 232, false}, {11, 16, true},
	    {11, 24, true}, {11, 20, false}, {12, 1040, false}, {4, 400, true}, {4, 408, false}, {13, 8, true},
	    {7, 8, false}, {8, 16, false}};
	struct context x;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		with(&x, cases[i].type, xsr_hvm_entry_per_vcpu((uint16_t)cases[i].type), cases[i].length);
		expect_extra(&x, cases[i].good ? "" : "hvm_context.size 2404\n");
	}
}
END_TEST

START_TEST(cpu_sizes)
{
	static const struct {
		uint32_t length;
		uint32_t major;
		const char *findings;
	} cases[] = {{1032, 4, ""}, {1024, 4, ""}, {1016, 0, ""}, {1016, 4, "hvm_context.size 36\n"},
	    {1040, 4, "hvm_context.size 36\n"}, {1008, 0, "hvm_context.size 36\n"}};
	struct context x;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin(&x);
		add_header(&x);
		add_cpu(&x, 0, cases[i].length);
		add(&x, 5, 0, 32);
		add(&x, 6, 0, 1024);
		add(&x, 14, 0, 240);
		add(&x, 0, 0, 0);
		x.body.facts.xen_major = cases[i].major;
		body_expect(&x.body, cases[i].findings);
	}
}
END_TEST

START_TEST(what_a_vcpu_needs)
{
	struct context x;

	begin(&x);
	add_header(&x);
	add_cpu(&x, 0, 1032);
	add_cpu(&x, 2, 1032);
	add(&x, 5, 0, 24);
	/* vCPU 1 is down: it has an APIC and no CPU entry. Without MTRR it is none of the domain's. */
	add(&x, 5, 1, 24);
	add(&x, 6, 0, 1024);
	add(&x, 14, 0, 240);
	add(&x, 14, 2, 240);
	add(&x, 0, 0, 0);
	body_expect(&x.body, "hvm_context.missing 3704\nhvm_context.missing 3704\nhvm_context.stranger 3704\n");
	begin(&x);
	add_header(&x);
	add(&x, 7, 0, 16);
	add(&x, 0, 0, 0);
	body_expect(&x.body, "hvm_context.missing 56\n");
}
END_TEST

/* One value of CPU, at 40 + offset of the body. */
START_TEST(cpu_values)
{
	static const struct {
		uint32_t at;
		uint64_t value;
		const char *findings;
	} cases[] = {{656, 0x80050023, "hvm_context.value 696\n"}, {656, UINT64_C(0x180050033), "hvm_context.value 696\n"},
	    {656, 0x80050073, "hvm_context.value 696\n"}, {656, 0x80000010, "hvm_context.value 696\n"},
	    {656, 0x10, "hvm_context.value 1032\n"}, {672, UINT64_C(1) << 52, "hvm_context.value 712\n"},
	    {672, UINT64_C(1) << 51, ""}, {680, 0x8000, "hvm_context.value 720\n"}, {680, 0x1000, ""},
	    {992, 0x2, "hvm_context.value 1032\n"}, {992, 0x400, "hvm_context.value 1032\n"}, {992, 0, ""},
	    {720, UINT64_C(0x1ffff0ff0), "hvm_context.value 760\n"}, {728, UINT64_C(0x100000400), "hvm_context.value 768\n"},
	    {1000, UINT64_C(0x100000000), "hvm_context.value 1040\n"}, {1000, 0xffffffff, ""},
	    {1024, 1, ""}, {1024, 2, "hvm_context.value 1064\n"}, {1024, UINT64_C(0x100000001), "hvm_context.value 1068\n"}};
	struct context x;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin(&x);
		add_pvh(&x);
		body_put(x.bytes + 40 + cases[i].at, cases[i].value, 8, false);
		body_expect(&x.body, cases[i].findings);
		x.body.depth = XSR_DEPTH_RECORD;
		body_expect(&x.body, "");
	}
	begin(&x);
	add_pvh(&x);
	x.body.facts.physical_bits = 39;
	body_put(x.bytes + 40 + 672, UINT64_C(1) << 39, 8, false);
	body_expect(&x.body, "hvm_context.value 712\n");
}
END_TEST

/* Devices: a payload in hex, what is said about it. Order findings are left out. */
START_TEST(device_values)
{
	static const struct {
		uint32_t type, instance, length;
		uint32_t at;   /* in the payload */
		uint64_t value;
		unsigned width;
		const char *found; /* offset in the payload of the only value refused, or NULL */
	} cases[] = {
	    {3, 0, 8, 0, UINT64_C(0x0004400038000000), 8, NULL},
	    {3, 1, 8, 0, UINT64_C(0x0000000038000000), 8, NULL},
	    {3, 0, 8, 0, UINT64_C(0x0004000038000000), 8, "5"},
	    {3, 1, 8, 0, UINT64_C(0x0000400038000000), 8, "5"},
	    {3, 0, 8, 0, UINT64_C(0x0002400000000000), 8, "6"},
	    {3, 1, 8, 0, UINT64_C(0x0001000000000000), 8, "6"},
	    {3, 1, 8, 0, UINT64_C(0x0200000000000000), 8, "7"},
	    {3, 1, 8, 0, UINT64_C(0x0100000100000000), 8, "7"},
	    {3, 1, 8, 0, UINT64_C(0x0100001000000000), 8, NULL},
	    {5, 1, 24, 0, 0xfee00400, 8, "0"},
	    {5, 1, 24, 0, 0xfee00c00, 8, NULL},
	    {9, 0, 8, 0, UINT64_C(0x000000000f0f0f0f), 8, NULL},
	    {9, 0, 8, 0, UINT64_C(0x0000000010000000), 8, "3"},
	    {9, 0, 8, 0, UINT64_C(0x0000010000000000), 8, "5"},
	    {14, 1, 240, 224, 9, 8, "224"},
	    {14, 1, 240, 224, 0x508, 8, NULL},
	    {17, 1, 216, 8, UINT64_C(0x0100000000000001), 8, "15"},
	    {17, 1, 216, 8, 1, 8, NULL},
	    {18, 1, 32, 0, 0x1000, 8, "0"},
	    {18, 1, 32, 0, 0x9000d0a, 8, NULL},
	};
	struct context x;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t *p = with(&x, cases[i].type, cases[i].instance, cases[i].length);
		char expected[64] = "";

		body_put(p + cases[i].at, cases[i].value, cases[i].width, false);
		if (cases[i].found)
			snprintf(expected, sizeof(expected), "hvm_context.value %lu\n",
			    AT_EXTRA + 8 + strtoul(cases[i].found, NULL, 10));
		expect_extra(&x, expected);
	}
}
END_TEST

/* Three channels as they are after a reset, then one thing wrong. */
START_TEST(pit_values)
{
	static const struct {
		uint32_t at;
		uint8_t value;
		bool good;
	} cases[] = {{6, 4, true}, {6, 5, false}, {9, 5, false}, {10, 5, false}, {12, 4, false}, {13, 0xff, true},
	    {14, 2, false}, {15, 0, false}, {31, 0, false}, {47, 1, true}, {47, 2, false}, {48, 1, true},
	    {48, 2, false}, {52, 1, false}, {2, 1, true}, {2, 2, false}};
	struct context x;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t *p = with(&x, 10, 0, 56);
		char *text;

		p[15] = 1;
		p[31] = 1;
		p[cases[i].at] = cases[i].value;
		text = body_findings(&x.body);
		ck_assert_msg((strstr(text, "hvm_context.value") == NULL) == cases[i].good, "case %zu: %s", i, text);
		free(text);
	}
}
END_TEST

START_TEST(msr_entries)
{
	static const struct {
		uint32_t count, index, reserved;
		const char *findings;
	} cases[] = {{2, 0x48, 0, ""}, {2, 0xc001011f, 0, ""}, {1, 0x48, 0, "hvm_context.msr 2408\n"},
	    {0, 0x48, 0, "hvm_context.msr 2408\n"}, {3, 0x48, 0, "hvm_context.msr 2408\n"},
	    {2, 0x49, 0, "hvm_context.msr 2432\n"}, {2, 0x140, 1, "hvm_context.msr 2436\n"}};
	struct context x;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t *p = with(&x, 20, 0, 8 + 32);

		body_put(p, cases[i].count, 4, false);
		body_put(p + 8, 0xd90, 4, false);
		body_put(p + 24, cases[i].index, 4, false);
		body_put(p + 28, cases[i].reserved, 4, false);
		body_expect(&x.body, cases[i].findings);
	}
}
END_TEST

/* An image of x87 and SSE alone needs 576 bytes; CPU_XSAVE has 24 before them. */
static uint8_t *with_xsave(struct context *x, uint32_t area, uint64_t xcr0, uint64_t accum)
{
	uint8_t *p = with(x, 16, 0, 24 + area);

	body_put(p + 8, xcr0, 8, false);
	body_put(p + 16, accum, 8, false);
	return p;
}

START_TEST(xsave_entries)
{
	struct context x;
	uint8_t *p;

	with_xsave(&x, 576, 3, 3);
	expect_extra(&x, "");
	with_xsave(&x, 832, 7, 7);
	expect_extra(&x, "");
	/* AVX state cut off. */
	with_xsave(&x, 576, 3, 7);
	expect_extra(&x, "hvm_context.xsave 2432\n");
	/* Longer than its states need: good if zero. */
	p = with_xsave(&x, 1024, 3, 3);
	x.body.chunk = 50;
	expect_extra(&x, "");
	p[1000] = 1;
	expect_extra(&x, "hvm_context.xsave 3408\n");
	/* xcr0 without x87. */
	with_xsave(&x, 576, 2, 3);
	expect_extra(&x, "hvm_context.xsave 2416\n");
	/* A compacted image. */
	p = with_xsave(&x, 576, 3, 3);
	p[24 + 527] = 0x80;
	expect_extra(&x, "hvm_context.xsave 2952\n");
	/* Never used, by an old saver and by a new one. */
	with_xsave(&x, 576, 0, 0);
	x.body.facts.xen_minor = 11;
	expect_extra(&x, "");
	x.body.facts.xen_minor = 12;
	expect_extra(&x, "hvm_context.xsave 2424\nhvm_context.xsave 2416\n");
}
END_TEST

START_TEST(described)
{
	static const size_t chunks[] = {0, 1, 7, 64};
	struct context x;
	uint8_t *p;

	begin(&x);
	add_header(&x);
	body_put(add(&x, 18, 3, 8), 0x809, 8, false);
	p = add(&x, 13, 0, 8);
	body_put(p, 0x123456, 4, false);
	body_put(p + 4, 1, 2, false);
	body_put(p + 6, 0x120, 2, false);
	p = add(&x, 3, 1, 8);
	memcpy(p, "\x01\x02\x04\x38\x93\x41\x00\x01", 8);
	p = add(&x, 20, 1, 24);
	body_put(p, 1, 4, false);
	body_put(p + 8, 0x140, 4, false);
	body_put(p + 16, 1, 8, false);
	add(&x, 77, 5, 2);
	add(&x, 0, 0, 0);
	for (size_t i = 0; i < sizeof(chunks) / sizeof(chunks[0]); i++) {
		x.body.chunk = chunks[i];
		body_expect_described(&x.body,
		    "{\"entries\":["
		    "{\"type\":1,\"name\":\"HEADER\",\"instance\":0,\"length\":24,\"magic\":0x54381286,\"version\":1,"
		    "\"changeset\":0x0,\"cpuid_eax\":0x0,\"guest_tsc_khz\":0},"
		    "{\"type\":18,\"name\":\"VMCE_VCPU\",\"instance\":3,\"length\":8,\"caps\":0x809},"
		    "{\"type\":13,\"name\":\"PMTIMER\",\"instance\":0,\"length\":8,\"timer\":0x123456,"
		    "\"pm1a_status\":0x1,\"pm1a_enable\":0x120},"
		    "{\"type\":3,\"name\":\"PIC\",\"instance\":1,\"length\":8,\"irr\":0x1,\"imr\":0x2,\"isr\":0x4,"
		    "\"irq_base\":0x38,\"init_state\":3,\"priority_add\":9,\"readsel_isr\":1,\"poll\":0,\"auto_eoi\":0,"
		    "\"rotate_on_auto_eoi\":0,\"special_fully_nested\":0,\"special_mask\":0,\"is_master\":1,"
		    "\"elcr\":0x0,\"int_output\":1},"
		    "{\"type\":20,\"name\":\"CPU_MSR\",\"instance\":1,\"length\":24,\"msrs\":[{\"index\":0x140,"
		    "\"name\":\"MISC_FEATURES_ENABLES\",\"value\":0x1}]},"
		    "{\"type\":77,\"instance\":5,\"length\":2},"
		    "{\"type\":0,\"name\":\"END\",\"instance\":0,\"length\":0}]}");
	}
}
END_TEST

/* The value of one field of an entry, found by name. */
static uint64_t value_of(struct context *x, size_t at, const char *name, size_t i)
{
	struct xsr_hvm_walk walk = xsr_hvm_context_walk(x->bytes + at, x->body.length - at);
	const struct xsr_hvm_field *field;
	struct xsr_hvm_entry e;

	ck_assert(xsr_hvm_context_next(&walk, &e));
	for (size_t k = 0; (field = xsr_hvm_entry_field(&e, k)); k++)
		if (strcmp(field->name, name) == 0)
			return xsr_hvm_field_value(&e, field, i);
	ck_abort_msg("no field %s", name);
	return 0;
}

/* Offsets by hand from specs/libxc-stream.md §8.9. */
START_TEST(fields_stand_where_they_should)
{
	static const struct {
		uint32_t type, length, at;
		unsigned width;
		const char *name;
		size_t i;
	} cases[] = {{2, 1032, 512, 8, "rax", 0}, {2, 1032, 568, 8, "rsp", 0}, {2, 1032, 632, 8, "r15", 0},
	    {2, 1032, 640, 8, "rip", 0}, {2, 1032, 680, 8, "cr4", 0}, {2, 1032, 728, 8, "dr7", 0},
	    {2, 1032, 764, 4, "ldtr_selector", 0}, {2, 1032, 804, 4, "gdtr_limit", 0},
	    {2, 1032, 832, 8, "fs_base", 0}, {2, 1032, 880, 8, "gdtr_base", 0}, {2, 1032, 916, 4, "ldtr_rights", 0},
	    {2, 1032, 944, 8, "shadow_gs", 0}, {2, 1032, 984, 8, "syscall_mask", 0}, {2, 1032, 1000, 8, "tsc_aux", 0},
	    {2, 1032, 1024, 4, "flags", 0}, {2, 1024, 1008, 8, "tsc", 0}, {2, 1016, 1000, 8, "tsc", 0},
	    {2, 1016, 1012, 4, "error_code", 0}, {4, 400, 392, 8, "redirection", 47}, {5, 32, 24, 4, "pending_esr", 0},
	    {5, 24, 16, 8, "tdt_msr", 0}, {6, 1024, 0x170, 4, "isr", 7}, {6, 1024, 0x3e0, 4, "timer_divide", 0},
	    {7, 16, 8, 8, "wires", 1}, {9, 8, 3, 1, "route", 3}, {10, 56, 32, 4, "count", 2},
	    {10, 56, 47, 1, "gate", 2}, {10, 56, 48, 4, "speaker_data_on", 0}, {11, 24, 13, 1, "cmos", 13},
	    {11, 24, 16, 8, "rtc_offset", 0}, {12, 1048, 240, 8, "main_counter", 0},
	    {12, 1048, 328, 8, "timer_comparator", 2}, {12, 1048, 1040, 8, "period", 2},
	    {14, 240, 128, 8, "variable_mask", 7}, {14, 240, 216, 8, "fixed", 10}, {14, 240, 232, 8, "def_type", 0},
	    {15, 32, 24, 8, "reference_tsc", 0}, {17, 216, 144, 8, "sint", 15}, {17, 216, 208, 8, "stimer_count", 3},
	    {18, 32, 24, 8, "ext_ctl", 0}, {19, 8, 0, 8, "tsc_adjust", 0}};
	struct context x;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t value = UINT64_C(0x1122334455667788) >> (64 - 8 * cases[i].width);

		begin(&x);
		body_put(add(&x, cases[i].type, 0, cases[i].length) + cases[i].at, value, cases[i].width, false);
		ck_assert_uint_eq(value_of(&x, 0, cases[i].name, cases[i].i), value);
	}
}
END_TEST

START_TEST(tables)
{
	ck_assert_str_eq(xsr_hvm_entry_name(16), "CPU_XSAVE");
	ck_assert_ptr_null(xsr_hvm_entry_name(21));
	ck_assert(xsr_hvm_entry_per_vcpu(20));
	ck_assert(!xsr_hvm_entry_per_vcpu(3));
	ck_assert_uint_eq(xsr_hvm_entry_form(2, 2)->size, 1032);
	ck_assert_str_eq(xsr_hvm_entry_form(2, 2)->since, "4.7");
	ck_assert_ptr_null(xsr_hvm_entry_form(2, 3));
	ck_assert_ptr_null(xsr_hvm_entry_form(16, 0));
	ck_assert_ptr_null(xsr_hvm_entry_form(99, 0));
	for (uint16_t type = 0; type <= XSR_HVM_CPU_MSR; type++) {
		struct xsr_hvm_entry e = {.type = type, .length = UINT32_MAX};
		const struct xsr_hvm_form *form, *last = NULL;
		const struct xsr_hvm_field *field;

		for (size_t i = 0; (form = xsr_hvm_entry_form(type, i)); i++)
			last = form;
		/* No field may stand outside of the longest form. */
		for (size_t i = 0; last && (field = xsr_hvm_entry_field(&e, i)); i++)
			ck_assert_uint_le(xsr_hvm_field_end(field), last->size);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {pvh_is_good_in_any_pieces, devices_are_noted, walk_over_a_whole_body,
	    entry_heads_and_ends, header_rules, unknown_codes, instances, order_is_told_once, sizes, cpu_sizes,
	    what_a_vcpu_needs, cpu_values, device_values, pit_values, msr_entries, xsave_entries, described,
	    fields_stand_where_they_should, tables, NULL};

	return unit_main("hvm_context", tests);
}
