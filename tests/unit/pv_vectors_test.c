/* SPDX-License-Identifier: MIT */
/*
 * The PV families and verify/pv_state.c over the vectors, without the verifier around them: bodies of good vectors
 * survive decoding and encoding, what is described is closed again, and the findings that need page types are made
 * for the vectors that name them, at the record that is at fault, and for no other.
 */
#include <stdlib.h>
#include <string.h>

#include "family.h"
#include "feed.h"
#include "unit.h"
#include "verify/pv_state.h"

#define PFNS 65536u

/* One vector on its way. */
struct run {
	const struct feed_vector *vector; /* which */
	struct image_facts facts;         /* learned so far */
	struct pv_state state;            /* under test */
	union family_state walk;          /* of bodies in pieces */
	uint8_t types[PFNS];              /* 1 + latest type of a pfn; 0: never named */
	struct xsr_visitor visitor;       /* counts */
	unsigned depth;                   /* open objects and arrays */
	unsigned values;                  /* shown */
	unsigned bodies;                  /* taken from PV records */
	unsigned hits;                    /* findings that the vector names, of those that are looked for */
	unsigned others;                  /* findings that it does not name */
};

static void number(void *context, const char *key, uint64_t value, enum xsr_number_base base)
{
	(void)key;
	(void)value;
	(void)base;
	((struct run *)context)->values++;
}

static void boolean(void *context, const char *key, bool value)
{
	(void)key;
	(void)value;
	((struct run *)context)->values++;
}

static void text(void *context, const char *key, const char *value)
{
	(void)key;
	ck_assert_ptr_nonnull(value);
	((struct run *)context)->values++;
}

static void open_one(void *context, const char *key, bool array)
{
	(void)key;
	(void)array;
	((struct run *)context)->depth++;
}

static void close_one(void *context)
{
	ck_assert_uint_gt(((struct run *)context)->depth, 0);
	((struct run *)context)->depth--;
}

static bool named(const struct feed_vector *v, const char *id)
{
	for (const char *const *f = v->findings; *f; f++)
		if (strcmp(*f, id) == 0)
			return true;
	return false;
}

static void note(void *context, const struct xsr_finding *f)
{
	struct run *r = context;

	if (!named(r->vector, f->id)) {
		r->others++;
		return;
	}
	r->hits++;
	/* Habits of good vectors and lists of a whole stream have no single place. */
	ck_assert_msg(!r->vector->has_record || f->offset >= r->vector->offset, "%s: %s points before its record", r->vector->name, f->id);
}

static int page_type(void *context, uint64_t pfn)
{
	const struct run *r = context;

	return pfn >= PFNS || !r->types[pfn] ? PV_PAGE_NONE : r->types[pfn] - 1;
}

static bool pv_type(uint32_t type)
{
	return (type >= XSR_LIBXC_X86_PV_INFO && type <= XSR_LIBXC_SHARED_INFO) || type == XSR_LIBXC_X86_PV_VCPU_MSRS;
}

static void recode(struct run *r, const struct record_family *family, const struct xsr_event *e)
{
	static uint8_t room[XSR_WHOLE_MAX];
	struct xsr_buffer out = {.data = room, .size = sizeof(room)};

	if (strcmp(r->vector->verdict, "good") != 0 || !e->u.bytes.whole)
		return;
	ck_assert_msg(family->recode(&r->facts, e->record->big_endian, e->u.bytes.data, e->u.bytes.length, &out),
	    "%s: type %u", r->vector->name, e->record->type);
	ck_assert_uint_eq(out.length, e->u.bytes.length);
	ck_assert_mem_eq(room, e->u.bytes.data, out.length);
}

static void body(struct run *r, const struct xsr_event *e)
{
	const struct record_family *family = family_find(e->record->layer, e->record->type);
	struct check c = {.record = e->record, .facts = &r->facts, .body_offset = e->offset - e->u.bytes.position,
	    .depth = XSR_DEPTH_STREAM, .report = note, .report_context = r};

	if (!family || !family_length_legal(family, e->record->length) ||
	    (!pv_type(e->record->type) && !family->learn))
		return;
	ck_assert_int_eq(pv_state_body(&r->state, &c, e), XSR_OK);
	family_check(family, &c, &r->walk, &r->facts, e);
	if (!pv_type(e->record->type))
		return;
	r->bodies++;
	recode(r, family, e);
	family_describe(family, &r->visitor, &r->walk, &r->facts, e);
	if (e->u.bytes.last)
		ck_assert_uint_eq(r->depth, 0);
}

static void pfns(struct run *r, const struct xsr_event *e)
{
	for (size_t i = 0; i < e->u.pfns.count; i++) {
		uint64_t entry = e->u.pfns.entries[i], pfn = entry & XSR_PFN_MASK;

		if (pfn < PFNS)
			r->types[pfn] = (uint8_t)(1 + (entry >> XSR_PFN_TYPE_SHIFT));
	}
}

static void judge(struct run *r, const struct xsr_event *e)
{
	struct check c = {.facts = &r->facts, .body_offset = e->offset, .depth = XSR_DEPTH_STREAM, .report = note,
	    .report_context = r};

	if (e->record->layer != XSR_LAYER_LIBXC ||
	    (e->record->type != XSR_LIBXC_END && e->record->type != XSR_LIBXC_CHECKPOINT))
		return;
	pv_state_judge(&r->state, &c, page_type, r);
	pv_state_next_round(&r->state);
}

static void event(void *context, const struct xsr_event *e)
{
	struct run *r = context;

	if (e->type == XSR_EVENT_DOMAIN_HEADER) {
		r->facts.domain_type = e->u.domain.type;
		r->facts.has_domain = true;
	} else if (e->type == XSR_EVENT_BODY) {
		body(r, e);
	} else if (e->type == XSR_EVENT_PFNS) {
		pfns(r, e);
	} else if (e->type == XSR_EVENT_RECORD) {
		judge(r, e);
	}
}

static struct run *run_vector(const struct feed_vector *v, size_t chunk)
{
	struct feed feed = {.chunk = chunk, .skip = true, .event = event};
	struct feed_blob blob = feed_vector_load(v);
	struct run *r = calloc(1, sizeof(*r));

	ck_assert_ptr_nonnull(r);
	r->vector = v;
	r->visitor.context = r;
	r->visitor.number = number;
	r->visitor.boolean = boolean;
	r->visitor.text = text;
	r->visitor.begin = open_one;
	r->visitor.end = close_one;
	feed.context = r;
	feed_run(&feed, blob.data, blob.size, NULL);
	pv_state_clear(&r->state);
	feed_blob_free(&blob);
	return r;
}

/* The findings of PV families and of pv_state begin so. */
static bool looked_for(const struct feed_vector *v)
{
	static const char *const prefixes[] = {"pv_info.", "p2m_frames.", "vcpu_", "shared_info."};

	for (size_t i = 0; v->findings[0] && i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (strncmp(v->findings[0], prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return false;
}

/* Lengths and lone vCPU ids are the verifier's; the start_info page is a matter of page contents. */
static bool elsewhere(const char *id)
{
	const char *name = strchr(id, '.');

	return strcmp(name, ".length") == 0 || strcmp(id, "vcpu_extended.vcpu_id") == 0 ||
	    strcmp(id, "vcpu_xsave.vcpu_id") == 0 || strcmp(id, "vcpu_msrs.vcpu_id") == 0 ||
	    strcmp(id, "vcpu_basic.start_info_page") == 0;
}

static bool told_elsewhere(const struct feed_vector *v)
{
	for (const char *const *f = v->findings; *f; f++)
		if (elsewhere(*f))
			return true;
	return false;
}

START_TEST(good_vectors)
{
	unsigned bodies = 0;

	for (const struct feed_vector *v = feed_vectors(); v->name; v++) {
		if (strcmp(v->verdict, "good") != 0)
			continue;
		for (size_t chunk = 0; chunk < 2000; chunk += 999) {
			struct run *r = run_vector(v, chunk);

			ck_assert_msg(r->others == 0, "%s: %u findings", v->name, r->others);
			ck_assert(!r->bodies || r->values > r->bodies);
			bodies += r->bodies;
			free(r);
		}
	}
	ck_assert_uint_gt(bodies, 100);
}
END_TEST

START_TEST(bad_vectors)
{
	unsigned seen = 0;

	for (const struct feed_vector *v = feed_vectors(); v->name; v++) {
		struct run *r;

		if (strcmp(v->verdict, "bad") != 0 || !looked_for(v) || told_elsewhere(v))
			continue;
		r = run_vector(v, 0);
		ck_assert_msg(r->hits > 0, "%s: no %s", v->name, v->findings[0]);
		seen++;
		free(r);
	}
	ck_assert_uint_gt(seen, 60);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {good_vectors, bad_vectors, NULL};

	return unit_main("pv_vectors", tests);
}
