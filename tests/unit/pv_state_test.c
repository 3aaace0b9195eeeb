/* SPDX-License-Identifier: MIT */
/* verify/pv_state.c: what PV records say about pages, judged against page types that the test makes up. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libstream/records.h>

#include "body.h"
#include "unit.h"
#include "verify/pv_state.h"

#define SIZE_64 (8u + 5168u)
#define SIZE_32 (8u + 2800u)

/* A stream of a few records: bodies go in, findings come out as text. */
struct scene {
	struct pv_state state;    /* under test */
	struct image_facts facts; /* width and levels */
	enum xsr_depth depth;     /* of the checks */
	bool big_endian;          /* byte order of the stream */
	uint64_t records;         /* so far; a body begins at 10000 times that */
	int types[64];            /* of pfns 0 to 63 */
	int other_type;           /* of the rest */
	uint64_t asked;           /* how often a type was asked for */
	char text[4096];          /* findings: "id record:offset\n" */
	uint8_t body[SIZE_64];    /* of the next record */
};

static void note(void *context, const struct xsr_finding *f)
{
	struct scene *s = context;
	size_t length = strlen(s->text);

	ck_assert_uint_ge(f->offset, f->record * 10000);
	snprintf(s->text + length, sizeof(s->text) - length, "%s %" PRIu64 ":%" PRIu64 "\n", f->id, f->record,
	    f->offset - f->record * 10000);
}

static int page_type(void *context, uint64_t pfn)
{
	struct scene *s = context;

	s->asked++;
	return pfn < 64 ? s->types[pfn] : s->other_type;
}

/* pfn 1 start_info, 4 and 5 GDT, 6 top table, 7 a lower one, 8 a pinned top table, 9 a hole, 10 not named. */
static struct scene *begin(unsigned width)
{
	struct scene *s = calloc(1, sizeof(*s));

	ck_assert_ptr_nonnull(s);
	s->depth = XSR_DEPTH_STREAM;
	s->facts.width = width;
	s->facts.levels = width == 8 ? 4 : 3;
	s->types[6] = (int)s->facts.levels;
	s->types[7] = (int)s->facts.levels - 1;
	s->types[8] = (int)s->facts.levels | XSR_PAGE_PINNED;
	s->types[9] = XSR_PAGE_XTAB;
	s->types[10] = PV_PAGE_NONE;
	s->types[11] = PV_PAGE_UNKNOWN;
	return s;
}

static struct check check_of(struct scene *s, const struct xsr_record *record, uint64_t offset)
{
	struct check c = {.record = record, .facts = &s->facts, .body_offset = offset, .depth = s->depth,
	    .report = note, .report_context = s};

	return c;
}

static void body(struct scene *s, uint32_t type, const uint8_t *data, size_t length, size_t chunk)
{
	struct xsr_record record = {.layer = XSR_LAYER_LIBXC, .type = type, .length = (uint32_t)length,
	    .index = ++s->records, .big_endian = s->big_endian};
	struct check c = check_of(s, &record, s->records * 10000);

	for (size_t at = 0; at < length; at += chunk) {
		struct xsr_event e = {.type = XSR_EVENT_BODY, .record = &record, .offset = c.body_offset + at};
		size_t n = length - at < chunk ? length - at : chunk;

		e.u.bytes.data = data + at;
		e.u.bytes.length = n;
		e.u.bytes.position = at;
		e.u.bytes.whole = n == length;
		e.u.bytes.last = at + n == length;
		ck_assert_int_eq(pv_state_body(&s->state, &c, &e), XSR_OK);
	}
}

static void frames(struct scene *s, uint32_t start, uint32_t end, size_t count, const uint64_t *pfns, size_t chunk)
{
	uint8_t *data = calloc(count + 1, 8);

	ck_assert_ptr_nonnull(data);
	body_put(data, start, 4, s->big_endian);
	body_put(data + 4, end, 4, s->big_endian);
	for (size_t i = 0; i < count; i++)
		body_put(data + 8 + 8 * i, pfns[i], 8, s->big_endian);
	body(s, XSR_LIBXC_X86_PV_P2M_FRAMES, data, 8 + 8 * count, chunk);
	free(data);
}

/* The plainest P2M: pfns 0 to 63, its frame at 2. */
static void plain_p2m(struct scene *s)
{
	static const uint64_t frame = 2;

	frames(s, 0, 63, 1, &frame, 16);
}

/* What a vCPU points at. */
struct pointers {
	uint32_t id;         /* of the vCPU */
	uint64_t start_info; /* rdx or edx */
	uint64_t cr3;        /* pfn */
	uint64_t cr1;        /* register */
	uint64_t gdt_ents;   /* entries */
	uint64_t gdt[2];     /* pfns */
};

static void vcpu(struct scene *s, const struct pointers *p)
{
	unsigned width = s->facts.width;
	uint8_t *c = s->body + 8;

	memset(s->body, 0, sizeof(s->body));
	body_put(s->body, p->id, 4, s->big_endian);
	if (width == 8) {
		body_put(c + 0x268, p->start_info, 8, false);
		body_put(c + 0x12e0, p->gdt[0], 8, false);
		body_put(c + 0x12e8, p->gdt[1], 8, false);
		body_put(c + 0x1360, p->gdt_ents, 8, false);
		body_put(c + 0x1380, p->cr1, 8, false);
		body_put(c + 0x1390, p->cr3 << 12, 8, false);
	} else {
		body_put(c + 0x20c, p->start_info, 4, false);
		body_put(c + 0xa50, p->gdt[0], 4, false);
		body_put(c + 0xa54, p->gdt[1], 4, false);
		body_put(c + 0xa90, p->gdt_ents, 4, false);
		body_put(c + 0xaa8, p->cr3 << 12 | p->cr3 >> 20, 4, false);
	}
	body(s, XSR_LIBXC_X86_PV_VCPU_BASIC, s->body, width == 8 ? SIZE_64 : SIZE_32, SIZE_64);
}

static void shared_info(struct scene *s, uint64_t max_pfn)
{
	memset(s->body, 0, 4096);
	body_put(s->body + (s->facts.width == 8 ? 0xc10 : 0x90c), max_pfn, s->facts.width == 8 ? 8 : 4, false);
	body(s, XSR_LIBXC_SHARED_INFO, s->body, 4096, 4096);
}

/* Judges, compares all findings since the last time, and forgets them. */
static void expect(struct scene *s, const char *findings)
{
	struct check c = check_of(s, NULL, (s->records + 1) * 10000);

	pv_state_judge(&s->state, &c, page_type, s);
	ck_assert_str_eq(s->text, findings);
	s->text[0] = '\0';
}

static void end(struct scene *s)
{
	pv_state_clear(&s->state);
	free(s);
}

static const struct pointers good = {.id = 0, .start_info = 1, .cr3 = 6, .gdt_ents = 513, .gdt = {4, 5}};

START_TEST(good_guests)
{
	for (unsigned i = 0; i < 4; i++) {
		struct scene *s = begin(i & 1 ? 8 : 4);
		struct pointers p = good;

		s->big_endian = i & 2;
		plain_p2m(s);
		shared_info(s, 64);
		vcpu(s, &p);
		p.id = 1;
		p.start_info = 9; /* only vCPU 0 has one */
		p.cr3 = 8;
		p.cr1 = 6 << 12 | 1;
		vcpu(s, &p);
		expect(s, "");
		end(s);
	}
}
END_TEST

START_TEST(bad_pointers_64)
{
	static const struct {
		struct pointers p;    /* of vCPU 0 */
		const char *findings; /* expected */
	} cases[] = {
	    {{0, 63, 6, 0, 1, {63, 0}}, ""},
	    {{0, 64, 6, 0, 0, {0, 0}}, "vcpu_basic.start_info 2:624\n"},
	    {{0, UINT64_C(1) << 40 | 1, 6, 0, 0, {0, 0}}, "vcpu_basic.start_info 2:624\n"},
	    {{0, 7, 6, 0, 0, {0, 0}}, "vcpu_basic.start_info 2:624\n"},
	    {{0, 9, 6, 0, 0, {0, 0}}, "vcpu_basic.start_info 2:624\n"},
	    {{0, 10, 6, 0, 0, {0, 0}}, "vcpu_basic.start_info 2:624\n"},
	    {{0, 11, 6, 0, 0, {0, 0}}, ""},
	    {{0, 1, 64, 0, 0, {0, 0}}, "vcpu_basic.cr3 2:5016\n"},
	    {{0, 1, 7, 0, 0, {0, 0}}, "vcpu_basic.cr3 2:5016\n"},
	    {{0, 1, 1, 0, 0, {0, 0}}, "vcpu_basic.cr3 2:5016\n"},
	    {{0, 1, 9, 0, 0, {0, 0}}, "vcpu_basic.cr3 2:5016\n"},
	    {{0, 1, 10, 0, 0, {0, 0}}, "vcpu_basic.cr3 2:5016\n"},
	    {{0, 1, 8, 0, 0, {0, 0}}, ""},
	    {{0, 1, 6, 64 << 12 | 1, 0, {0, 0}}, "vcpu_basic.cr1 2:5000\n"},
	    {{0, 1, 6, 7 << 12 | 1, 0, {0, 0}}, "vcpu_basic.cr1 2:5000\n"},
	    {{0, 1, 6, 8 << 12 | 1, 0, {0, 0}}, ""},
	    {{0, 1, 6, 0, 512, {4, 7}}, ""},
	    {{0, 1, 6, 0, 513, {4, 7}}, "vcpu_basic.gdt 2:4848\n"},
	    {{0, 1, 6, 0, 1, {64, 0}}, "vcpu_basic.gdt 2:4840\n"},
	    {{0, 1, 6, 0, 1, {9, 0}}, "vcpu_basic.gdt 2:4840\n"},
	    {{0, 7, 7, 7 << 12 | 1, 1, {7, 0}}, "vcpu_basic.start_info 2:624\nvcpu_basic.gdt 2:4840\n"
						 "vcpu_basic.cr3 2:5016\nvcpu_basic.cr1 2:5000\n"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct scene *s = begin(8);

		plain_p2m(s);
		vcpu(s, &cases[i].p);
		expect(s, cases[i].findings);
		end(s);
	}
}
END_TEST

START_TEST(bad_pointers_32)
{
	static const struct {
		struct pointers p;    /* of vCPU 0 */
		const char *findings; /* expected */
	} cases[] = {
	    {{0, 9, 6, 0, 0, {0, 0}}, "vcpu_basic.start_info 2:532\n"},
	    {{0, 1, 7, 0, 0, {0, 0}}, "vcpu_basic.cr3 2:2736\n"},
	    {{0, 1, 1 << 20 | 6, 0, 0, {0, 0}}, "vcpu_basic.cr3 2:2736\n"},
	    {{0, 1, 6, 0, 513, {4, 9}}, "vcpu_basic.gdt 2:2652\n"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct scene *s = begin(4);

		plain_p2m(s);
		vcpu(s, &cases[i].p);
		expect(s, cases[i].findings);
		end(s);
	}
}
END_TEST

START_TEST(vcpus_ascend)
{
	struct scene *s = begin(8);
	struct pointers p = good;

	plain_p2m(s);
	p.id = 300;
	vcpu(s, &p);
	p.id = 8191;
	vcpu(s, &p);
	vcpu(s, &p);
	expect(s, "");
	p.id = 0;
	vcpu(s, &p);
	expect(s, "vcpu_basic.order 5:0\n");
	/* Beyond what any release has: another finding, and not kept. */
	p.id = 8192;
	p.cr3 = 9;
	vcpu(s, &p);
	expect(s, "");
	end(s);
}
END_TEST

START_TEST(last_record_wins)
{
	struct scene *s = begin(8);
	struct pointers p = good;

	plain_p2m(s);
	p.cr3 = 9;
	vcpu(s, &p);
	vcpu(s, &good);
	shared_info(s, 1);
	shared_info(s, 64);
	expect(s, "");
	vcpu(s, &p);
	expect(s, "vcpu_basic.cr3 6:5016\n");
	end(s);
}
END_TEST

START_TEST(rounds_are_apart)
{
	struct scene *s = begin(8);
	struct pointers p = good;

	plain_p2m(s);
	p.id = 3;
	p.cr3 = 7;
	vcpu(s, &p);
	shared_info(s, 10);
	expect(s, "shared_info.max_pfn 3:3088\nvcpu_basic.cr3 2:5016\n");
	pv_state_next_round(&s->state);
	expect(s, "");
	/* Ids begin again; what the first round said of vCPU 3 is over. */
	vcpu(s, &good);
	expect(s, "");
	pv_state_next_round(&s->state);
	vcpu(s, &p);
	expect(s, "vcpu_basic.cr3 5:5016\n");
	end(s);
}
END_TEST

START_TEST(shared_info_size)
{
	static const struct {
		unsigned width;       /* of the guest */
		uint64_t max_pfn;     /* what it says */
		const char *findings; /* expected */
	} cases[] = {{8, 64, ""}, {8, 1000, ""}, {8, 63, "shared_info.max_pfn 2:3088\n"},
	    {8, 0, "shared_info.max_pfn 2:3088\n"}, {4, 64, ""}, {4, 63, "shared_info.max_pfn 2:2316\n"}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct scene *s = begin(cases[i].width);

		plain_p2m(s);
		shared_info(s, cases[i].max_pfn);
		expect(s, cases[i].findings);
		end(s);
	}
}
END_TEST

START_TEST(frame_types)
{
	static const uint64_t pfns[] = {20, 21, 22, 9, 30, 29, 28, 12, 12, 12, 7, 6};
	static const size_t chunks[] = {1, 7, 8, 100, 104};

	for (size_t i = 0; i < sizeof(chunks) / sizeof(chunks[0]); i++) {
		struct scene *s = begin(8);

		frames(s, 0, 6000, 12, pfns, chunks[i]);
		expect(s, "p2m_frames.type 1:32\np2m_frames.type 1:88\n");
		end(s);
	}
	struct scene *s = begin(8);

	s->types[29] = XSR_PAGE_BROKEN;
	s->types[12] = XSR_PAGE_L1TAB;
	s->types[9] = s->types[7] = s->types[6] = XSR_PAGE_NOTAB;
	frames(s, 0, 6000, 12, pfns, 1000);
	ck_assert_uint_lt(s->state.run_count, 7);
	expect(s, "p2m_frames.type 1:48\np2m_frames.type 1:64\n");
	end(s);
}
END_TEST

START_TEST(frames_beyond_the_p2m_are_told_elsewhere)
{
	static const uint64_t pfns[] = {62, 63, 64, 65, UINT64_C(1) << 32 | 9, UINT64_MAX};
	struct scene *s = begin(8);

	s->other_type = XSR_PAGE_XTAB;
	frames(s, 0, 63, 6, pfns, 8);
	expect(s, "");
	end(s);
}
END_TEST

START_TEST(several_p2m_records)
{
	static const uint64_t pfns[] = {2, 3};
	struct scene *s = begin(8);

	frames(s, 1, 511, 1, pfns, 100);
	expect(s, "p2m_frames.start 1:0\n");
	/* Ranges that cannot be: told elsewhere, and as if they were not there. */
	frames(s, 2, 1, 1, pfns, 100);
	frames(s, 0, 0, 1, &(uint64_t){9}, 100);
	s->records = 1;
	expect(s, "");
	frames(s, 512, 1023, 1, pfns, 3);
	expect(s, "p2m_frames.repeated 2:0\n");
	frames(s, 1025, 1100, 1, pfns, 100);
	expect(s, "p2m_frames.repeated 3:0\np2m_frames.start 3:0\n");
	ck_assert_uint_eq(s->state.p2m_end, 1100);
	frames(s, 0, 600, 2, pfns, 100);
	expect(s, "p2m_frames.repeated 4:0\n");
	ck_assert_uint_eq(s->state.p2m_end, 1100);
	end(s);
}
END_TEST

/* Long lists that go up and down cost a run each, whatever their length. */
START_TEST(long_lists)
{
	const size_t count = 200000;
	uint64_t *pfns = calloc(count, sizeof(*pfns));
	struct scene *s = begin(8);

	ck_assert_ptr_nonnull(pfns);
	for (size_t i = 0; i < count; i++)
		pfns[i] = i < count / 2 ? 1000 + i : 900000 - i;
	s->other_type = XSR_PAGE_NOTAB;
	frames(s, 0, 102399999, count, pfns, 65536);
	ck_assert_uint_eq(s->state.run_count, 2);
	ck_assert_uint_eq(s->state.frames, count);
	expect(s, "");
	ck_assert_uint_eq(s->asked, count);
	/* At a checkpoint soon after, the list is left alone. */
	expect(s, "");
	ck_assert_uint_eq(s->asked, count);
	s->records += 200;
	s->other_type = XSR_PAGE_L1TAB;
	expect(s, "p2m_frames.type 1:8\np2m_frames.type 1:800008\n");
	free(pfns);
	end(s);
}
END_TEST

/* Lists without any order are kept up to a limit, and the rest is not judged; memory stays bounded. */
START_TEST(scattered_lists)
{
	const size_t count = 100000;
	uint64_t *pfns = calloc(count, sizeof(*pfns));
	uint8_t *data = calloc(count + 1, 8);
	struct scene *s = begin(8);
	struct xsr_record record = {.layer = XSR_LAYER_LIBXC, .type = XSR_LIBXC_X86_PV_P2M_FRAMES, .index = 1,
	    .length = (uint32_t)(8 + 8 * count)};
	struct check c = check_of(s, &record, 10000);
	struct xsr_event e = {.type = XSR_EVENT_BODY, .record = &record, .offset = 10000};

	ck_assert_ptr_nonnull(pfns);
	ck_assert_ptr_nonnull(data);
	body_put(data + 4, UINT32_MAX, 4, false);
	for (size_t i = 0; i < count; i++)
		body_put(data + 8 + 8 * i, 1000 + 3 * i, 8, false);
	e.u.bytes.data = data;
	e.u.bytes.length = record.length;
	e.u.bytes.last = true;
	ck_assert_int_eq(pv_state_body(&s->state, &c, &e), XSR_E_NOMEM);
	ck_assert_uint_le(s->state.run_count, PV_RUNS_MAX);
	ck_assert_uint_gt(s->state.run_count, PV_RUNS_MAX / 2);
	expect(s, "");
	free(pfns);
	free(data);
	end(s);
}
END_TEST

/* A fault that has its finding already does not make more of them. */
START_TEST(no_consequences)
{
	static const uint64_t frame = 2;
	struct scene *s = begin(8);

	/* One frame cannot be all for 513 pfns, so the end is not to be trusted. */
	frames(s, 0, 512, 1, &frame, 100);
	shared_info(s, 64);
	expect(s, "");
	end(s);
	/* The context of a 32-bit vCPU in a 64-bit guest: its cr3, 0, is not looked up. */
	s = begin(8);
	plain_p2m(s);
	memset(s->body, 0, sizeof(s->body));
	body(s, XSR_LIBXC_X86_PV_VCPU_BASIC, s->body, SIZE_32, SIZE_64);
	expect(s, "");
	end(s);
}
END_TEST

START_TEST(nothing_to_judge_by)
{
	struct scene *s = begin(8);
	struct pointers p = good;

	/* Without a P2M nothing is beyond it. */
	p.cr3 = 1000;
	vcpu(s, &p);
	expect(s, "");
	ck_assert_uint_eq(s->asked, 0);
	end(s);
	s = begin(8);
	s->facts.levels = 0;
	plain_p2m(s);
	p.cr3 = 9;
	vcpu(s, &p);
	expect(s, "");
	end(s);
	s = begin(8);
	s->depth = XSR_DEPTH_RECORD;
	plain_p2m(s);
	vcpu(s, &p);
	expect(s, "");
	ck_assert(!s->state.has_p2m);
	end(s);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {good_guests, bad_pointers_64, bad_pointers_32, vcpus_ascend, last_record_wins,
	    rounds_are_apart, shared_info_size, frame_types, frames_beyond_the_p2m_are_told_elsewhere,
	    several_p2m_records, long_lists, scattered_lists, no_consequences, nothing_to_judge_by, NULL};

	return unit_main("pv_state", tests);
}
