/* SPDX-License-Identifier: MIT */
#include "body.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where the body stands in its imagined stream: not 0, so that a forgotten addition shows. */
#define BODY_OFFSET 1000u

struct run;
typedef void piece_fn(struct run *r, const struct record_family *family, const struct xsr_event *event);

/* Cuts the body into events. */
static void hand_over(const struct body *b, piece_fn *fn, struct run *r)
{
	const struct record_family *family = family_find(b->layer, b->type);
	struct xsr_record record = {.layer = b->layer, .type = b->type, .length = (uint32_t)b->length, .index = 7,
	    .offset = BODY_OFFSET - XSR_RECORD_HEADER_SIZE, .big_endian = b->big_endian};
	size_t chunk = b->chunk ? b->chunk : b->length;

	ck_assert_ptr_nonnull(family);
	for (size_t at = 0; at < b->length; at += chunk) {
		struct xsr_event e = {.type = XSR_EVENT_BODY, .layer = b->layer, .offset = BODY_OFFSET + at,
		    .record = &record};
		size_t n = b->length - at < chunk ? b->length - at : chunk;
		/* A copy of its own for each piece: reading past it is seen by the sanitizers. */
		uint8_t *copy = malloc(n);

		ck_assert_ptr_nonnull(copy);
		memcpy(copy, (const uint8_t *)b->data + at, n);
		e.u.bytes.data = copy;
		e.u.bytes.length = n;
		e.u.bytes.position = at;
		e.u.bytes.last = at + n == b->length;
		e.u.bytes.whole = n == b->length && n <= XSR_WHOLE_MAX;
		fn(r, family, &e);
		free(copy);
	}
}

/* What a check or a description needs besides the event. */
struct run {
	struct body *body;        /* being handed over */
	union family_state state; /* for bodies in pieces */
	struct xsr_visitor visit; /* for descriptions */
	FILE *out;                /* the text */
	bool first;               /* nothing in the open object yet */
};

static void note(void *context, const struct xsr_finding *f)
{
	FILE *out = context;

	ck_assert_uint_eq(f->record, 7);
	ck_assert_uint_ge(f->offset, BODY_OFFSET);
	fprintf(out, "%s %" PRIu64 "\n", f->id, f->offset - BODY_OFFSET);
}

static void check_piece(struct run *r, const struct record_family *family, const struct xsr_event *e)
{
	struct check c = {.record = e->record, .facts = &r->body->facts,
	    .body_offset = e->offset - e->u.bytes.position, .depth = r->body->depth, .report = note,
	    .report_context = r->out};

	family_check(family, &c, &r->state, &r->body->facts, e);
}

char *body_findings(struct body *b)
{
	const struct record_family *family = family_find(b->layer, b->type);
	struct run *r = calloc(1, sizeof(*r));
	size_t size;
	char *text;

	ck_assert_ptr_nonnull(r);
	ck_assert_ptr_nonnull(family);
	r->body = b;
	r->out = open_memstream(&text, &size);
	ck_assert_ptr_nonnull(r->out);
	if (!family_length_legal(family, (uint32_t)b->length))
		fprintf(r->out, "%s -\n", xsr_catalogue_at(family->bad_length)->id);
	hand_over(b, check_piece, r);
	fclose(r->out);
	free(r);
	return text;
}

static void key(struct run *r, const char *name)
{
	if (!r->first)
		fputc(',', r->out);
	r->first = false;
	if (name)
		fprintf(r->out, "\"%s\":", name);
}

static void visit_number(void *context, const char *name, uint64_t value, enum xsr_number_base base)
{
	struct run *r = context;

	key(r, name);
	if (base == XSR_HEXADECIMAL)
		fprintf(r->out, "0x%" PRIx64, value);
	else
		fprintf(r->out, "%" PRIu64, value);
}

static void visit_boolean(void *context, const char *name, bool value)
{
	struct run *r = context;

	key(r, name);
	fputs(value ? "true" : "false", r->out);
}

static void visit_text(void *context, const char *name, const char *value)
{
	struct run *r = context;

	key(r, name);
	fprintf(r->out, "\"%s\"", value);
}

/* Brackets are written on opening only as what they open; the stack tells what to close. */
static char brackets[64];
static size_t depth;

static void visit_begin(void *context, const char *name, bool array)
{
	struct run *r = context;

	key(r, name);
	fputc(array ? '[' : '{', r->out);
	ck_assert_uint_lt(depth, sizeof(brackets));
	brackets[depth++] = array ? ']' : '}';
	r->first = true;
}

static void visit_end(void *context)
{
	struct run *r = context;

	ck_assert_uint_gt(depth, 0);
	fputc(brackets[--depth], r->out);
	r->first = false;
}

static void describe_piece(struct run *r, const struct record_family *family, const struct xsr_event *e)
{
	family_describe(family, &r->visit, &r->state, &r->body->facts, e);
}

char *body_described(struct body *b)
{
	struct run *r = calloc(1, sizeof(*r));
	size_t size;
	char *text;

	ck_assert_ptr_nonnull(r);
	r->body = b;
	r->first = true;
	r->visit.context = r;
	r->visit.number = visit_number;
	r->visit.boolean = visit_boolean;
	r->visit.text = visit_text;
	r->visit.begin = visit_begin;
	r->visit.end = visit_end;
	r->out = open_memstream(&text, &size);
	ck_assert_ptr_nonnull(r->out);
	depth = 0;
	visit_begin(r, NULL, false);
	hand_over(b, describe_piece, r);
	visit_end(r);
	ck_assert_uint_eq(depth, 0);
	fclose(r->out);
	free(r);
	return text;
}

void body_recodes(struct body *b)
{
	const struct record_family *family = family_find(b->layer, b->type);
	struct xsr_buffer out = {.data = malloc(b->length + 1), .size = b->length};

	ck_assert_ptr_nonnull(out.data);
	ck_assert_ptr_nonnull(family);
	ck_assert(family->recode != NULL);
	ck_assert(family->recode(&b->facts, b->big_endian, b->data, b->length, &out));
	ck_assert_uint_eq(out.length, b->length);
	ck_assert_mem_eq(out.data, b->data, b->length);
	/* One byte less of room and the encoder has to refuse. */
	if (b->length) {
		out.length = 0;
		out.size = b->length - 1;
		ck_assert(!family->recode(&b->facts, b->big_endian, b->data, b->length, &out));
		ck_assert_uint_le(out.length, out.size);
	}
	free(out.data);
}

void body_expect(struct body *b, const char *findings)
{
	char *text = body_findings(b);

	ck_assert_str_eq(text, findings);
	free(text);
}

void body_expect_described(struct body *b, const char *json)
{
	char *text = body_described(b);

	ck_assert_str_eq(text, json);
	free(text);
}

void body_put(uint8_t *at, uint64_t value, unsigned width, bool big_endian)
{
	for (unsigned i = 0; i < width; i++)
		at[big_endian ? width - 1 - i : i] = (uint8_t)(value >> (8 * i));
}
