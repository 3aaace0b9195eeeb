/* SPDX-License-Identifier: MIT */
/*
 * A row is written as text into memory and printed when it is complete, since findings are printed in the
 * meantime. A tree of JSON values would take a hundred times the memory, and a hostile record may have
 * thousands of values.
 */
#include "common/json_rows.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"

/* Deeper than any description goes; a bit each in struct json_text. */
#define DEPTH_MAX 64u

/*
 * Characters of a row's text behind which it takes nothing more: a hostile record may have any number of values. Only
 * the P2M frames of PV guests above some 500 GiB come near.
 */
#define ROW_MAX (3u << 20)

/* A JSON text that is being written. */
struct json_text {
	FILE *out;       /* to write to */
	size_t length;   /* characters so far, without escapes */
	unsigned depth;  /* open containers */
	uint64_t arrays; /* bit n: container n + 1 is an array */
	uint64_t filled; /* bit n: it has a member already */
	bool failed;     /* memory or output failed */
};

struct json_rows {
	FILE *out;                  /* where rows go */
	char *input;                /* value of "input", or NULL */
	struct xsr_visitor visitor; /* ours */
	char *row;                  /* the row so far, as open_memstream() keeps it */
	size_t row_size;            /* its length */
	struct json_text text;      /* writes to it */
	unsigned skipped;           /* open containers within the row that it has no room for */
	bool cut;                   /* something was left out of it */
	bool failed;                /* memory or output failed */
};

static void put(struct json_text *t, const char *text)
{
	t->length += strlen(text);
	if (fputs(text, t->out) == EOF)
		t->failed = true;
}

/* What goes before a value: a comma, and in an object its key. Keys are identifiers and need no escapes. */
static void put_key(struct json_text *t, const char *key)
{
	uint64_t bit = t->depth ? UINT64_C(1) << (t->depth - 1) : 0;

	if (t->filled & bit)
		put(t, ",");
	t->filled |= bit;
	if (!bit || t->arrays & bit)
		return;
	put(t, "\"");
	put(t, key ? key : "");
	put(t, "\":");
}

/* Text with U+FFFD in place of what is no UTF-8; to be freed. NULL if memory is short. */
static char *make_utf8(const char *text)
{
	static const char replacement[] = "\xef\xbf\xbd";
	char *copy = malloc(3 * strlen(text) + 1), *p = copy;

	if (!copy)
		return NULL;
	while (*text) {
		size_t n = text_utf8(text);

		memcpy(p, n ? text : replacement, n ? n : 3);
		p += n ? n : 3;
		text += n ? n : 1;
	}
	*p = '\0';
	return copy;
}

static void put_text(struct json_text *t, const char *key, const char *value)
{
	char *copy = make_utf8(value);
	json_t *string = copy ? json_string(copy) : NULL;

	put_key(t, key);
	t->length += strlen(value);
	if (!string || json_dumpf(string, t->out, JSON_ENCODE_ANY | JSON_ENSURE_ASCII) < 0)
		t->failed = true;
	json_decref(string);
	free(copy);
}

static void put_number(struct json_text *t, const char *key, uint64_t value, enum xsr_number_base base)
{
	bool quoted = base == XSR_HEXADECIMAL || value > INT64_MAX;
	char text[32];

	put_key(t, key);
	snprintf(text, sizeof(text), base == XSR_DECIMAL ? "%" PRIu64 : "0x%" PRIx64, value);
	put(t, quoted ? "\"" : "");
	put(t, text);
	put(t, quoted ? "\"" : "");
}

static void put_begin(struct json_text *t, const char *key, bool array)
{
	uint64_t bit;

	put_key(t, key);
	put(t, array ? "[" : "{");
	if (++t->depth > DEPTH_MAX) {
		t->failed = true;
		return;
	}
	bit = UINT64_C(1) << (t->depth - 1);
	t->filled &= ~bit;
	t->arrays = array ? t->arrays | bit : t->arrays & ~bit;
}

static void put_end(struct json_text *t)
{
	put(t, t->arrays & UINT64_C(1) << (t->depth - 1) ? "]" : "}");
	t->depth--;
}

static void row_begin(struct json_rows *r, struct json_text *t)
{
	put_begin(t, NULL, false);
	if (r->input)
		put_text(t, "input", r->input);
}

/* True between begin() and end() of a row that could be started, as long as there is room. */
static bool open_row(struct json_rows *r)
{
	bool room = !r->skipped && r->text.length < ROW_MAX;

	r->cut |= !room;
	return room && r->text.out && r->text.depth <= DEPTH_MAX;
}

static void number(void *context, const char *key, uint64_t value, enum xsr_number_base base)
{
	struct json_rows *r = context;

	if (open_row(r))
		put_number(&r->text, key, value, base);
}

static void boolean(void *context, const char *key, bool value)
{
	struct json_rows *r = context;

	if (!open_row(r))
		return;
	put_key(&r->text, key);
	put(&r->text, value ? "true" : "false");
}

static void text(void *context, const char *key, const char *value)
{
	struct json_rows *r = context;

	if (open_row(r))
		put_text(&r->text, key, value);
}

static void begin(void *context, const char *key, bool array)
{
	struct json_rows *r = context;

	if (r->text.depth) {
		if (open_row(r))
			put_begin(&r->text, key, array);
		else
			r->skipped++;
		return;
	}
	r->cut = false;
	r->text = (struct json_text){.out = open_memstream(&r->row, &r->row_size)};
	if (r->text.out)
		row_begin(r, &r->text);
	else
		r->failed = true;
}

static void drop_row(struct json_rows *r)
{
	if (r->text.out)
		fclose(r->text.out);
	free(r->row);
	r->row = NULL;
	r->skipped = 0;
	r->text = (struct json_text){0};
}

static void end(void *context)
{
	struct json_rows *r = context;

	if (!r->text.depth)
		return;
	if (r->skipped) {
		r->skipped--;
		return;
	}
	if (r->text.depth == 1 && r->cut) {
		put_key(&r->text, "cut");
		put(&r->text, "true");
	}
	put_end(&r->text);
	if (r->text.depth)
		return;
	if (fflush(r->text.out) != 0 || r->text.failed || fprintf(r->out, "%s\n", r->row) < 0)
		r->failed = true;
	drop_row(r);
}

struct json_rows *json_rows_new(FILE *out)
{
	struct json_rows *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->out = out;
	r->visitor = (struct xsr_visitor){
	    .context = r,
	    .number = number,
	    .boolean = boolean,
	    .text = text,
	    .begin = begin,
	    .end = end,
	};
	return r;
}

void json_rows_free(struct json_rows *r)
{
	if (!r)
		return;
	drop_row(r);
	free(r->input);
	free(r);
}

void json_rows_input(struct json_rows *r, const char *name)
{
	free(r->input);
	r->input = name ? strdup(name) : NULL;
	r->failed |= name && !r->input;
}

const struct xsr_visitor *json_rows_visitor(struct json_rows *r)
{
	return &r->visitor;
}

/* Written past the row that may be open: a finding is a row of its own. */
void json_rows_finding(struct json_rows *r, const struct xsr_finding *f)
{
	const struct xsr_catalogue_row *row = xsr_catalogue_find(f->id);
	struct json_text t = {.out = r->out};

	row_begin(r, &t);
	put_text(&t, "finding", f->id);
	put_text(&t, "severity", xsr_severity_name(f->severity));
	put_text(&t, "class", xsr_status_name(f->status));
	put_text(&t, "meaning", row ? row->meaning : "");
	put_text(&t, "layer", xsr_layer_name(f->layer));
	put_number(&t, "offset", f->offset, XSR_DECIMAL);
	if (f->record != XSR_NO_RECORD) {
		put_number(&t, "in_record", f->record, XSR_DECIMAL);
		put_number(&t, "type", f->record_type, XSR_HEXADECIMAL);
		put_text(&t, "name", f->type_name);
	}
	put_text(&t, "field", f->field);
	put_text(&t, "found", f->found);
	put_text(&t, "allowed", f->allowed);
	if (f->sys_errno)
		put_text(&t, "system_error", strerror(f->sys_errno));
	put_end(&t);
	put(&t, "\n");
	r->failed |= t.failed;
}

bool json_rows_failed(const struct json_rows *r)
{
	return r->failed;
}
