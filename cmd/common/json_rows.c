/* SPDX-License-Identifier: MIT */
/*
 * A row is written as text into memory and printed when it is complete, since findings are printed in the
 * meantime. A tree of JSON values would take a hundred times the memory, and a hostile record may have
 * thousands of values. Strings and numbers are written here, since a hostile input may have a hundred thousand rows:
 * jansson takes two allocations and a good microsecond for each string.
 */
#include "common/json_rows.h"

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
	char *data;      /* to be freed; NULL at first */
	size_t length;   /* characters so far */
	size_t room;     /* for so many */
	unsigned depth;  /* open containers */
	uint64_t arrays; /* bit n: container n + 1 is an array */
	uint64_t filled; /* bit n: it has a member already */
	bool failed;     /* memory is short */
};

struct json_rows {
	FILE *out;                  /* where rows go */
	char *input;                /* value of "input", or NULL */
	struct xsr_visitor visitor; /* ours */
	struct json_text text;      /* the row so far */
	struct json_text finding;   /* a finding, which may come while a row is open */
	unsigned skipped;           /* open containers within the row that it has no room for */
	bool cut;                   /* something was left out of it */
	bool failed;                /* memory or output failed */
};

/* Room for n characters more; NULL if memory is short, now or before. */
static char *grow(struct json_text *t, size_t n)
{
	size_t room = t->room ? t->room : 1024;
	char *data;

	if (t->failed)
		return NULL;
	while (room - t->length < n)
		room *= 2;
	if (room != t->room) {
		data = realloc(t->data, room);
		t->failed = !data;
		if (!data)
			return NULL;
		t->data = data;
		t->room = room;
	}
	return t->data + t->length;
}

static void put_bytes(struct json_text *t, const char *text, size_t n)
{
	char *to = grow(t, n);

	if (!to)
		return;
	memcpy(to, text, n);
	t->length += n;
}

static void put(struct json_text *t, const char *text)
{
	put_bytes(t, text, strlen(text));
}

/* An empty text where the last one was. */
static void restart(struct json_text *t)
{
	*t = (struct json_text){.data = t->data, .room = t->room};
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

/* A code point in the form that is ASCII only. */
static void put_escape(struct json_text *t, uint32_t c)
{
	char escape[] = "\\u0000";

	if (c > 0xffff) {
		put_escape(t, 0xd800 + ((c - 0x10000) >> 10));
		c = 0xdc00 + (c & 0x3ff);
	}
	for (unsigned i = 0; i < 4; i++)
		escape[2 + i] = "0123456789ABCDEF"[c >> (12 - 4 * i) & 0xf];
	put(t, escape);
}

/* The n bytes of a valid UTF-8 sequence. */
static uint32_t code_point(const char *text, size_t n)
{
	static const unsigned char masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	uint32_t c = (unsigned char)text[0] & masks[n];

	for (size_t i = 1; i < n; i++)
		c = c << 6 | ((unsigned char)text[i] & 0x3f);
	return c;
}

/* True for what stands for itself in a string. */
static bool plain(char c)
{
	return c >= ' ' && c < 0x7f && c != '"' && c != '\\';
}

/* With U+FFFD in place of what is no UTF-8. */
static void put_string(struct json_text *t, const char *text)
{
	put(t, "\"");
	while (*text) {
		const char *end = text;
		char pair[] = {'\\', *text, '\0'};
		size_t n;

		while (plain(*end))
			end++;
		put_bytes(t, text, (size_t)(end - text));
		if (end != text) {
			text = end;
			continue;
		}
		n = text_utf8(text);
		if (*text == '"' || *text == '\\')
			put(t, pair);
		else
			put_escape(t, n ? code_point(text, n) : 0xfffd);
		text += n ? n : 1;
	}
	put(t, "\"");
}

static void put_text(struct json_text *t, const char *key, const char *value)
{
	put_key(t, key);
	put_string(t, value);
}

/* As printf does it, which takes several times as long, and a row is mostly numbers. */
static void put_digits(struct json_text *t, uint64_t value, unsigned base)
{
	char digits[20], *first = digits + sizeof(digits);

	do {
		*--first = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	put_bytes(t, first, (size_t)(digits + sizeof(digits) - first));
}

static void put_number(struct json_text *t, const char *key, uint64_t value, enum xsr_number_base base)
{
	bool hexadecimal = base == XSR_HEXADECIMAL, quoted = hexadecimal || value > INT64_MAX;

	put_key(t, key);
	put(t, quoted ? "\"" : "");
	put(t, hexadecimal ? "0x" : "");
	put_digits(t, value, hexadecimal ? 16 : 10);
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

/* The text is complete, or as far as memory went. */
static void row_end(struct json_rows *r, struct json_text *t)
{
	put(t, "\n");
	if (t->failed || fwrite(t->data, 1, t->length, r->out) != t->length)
		r->failed = true;
}

static void row_begin(struct json_rows *r, struct json_text *t)
{
	restart(t);
	put_begin(t, NULL, false);
	if (r->input)
		put_text(t, "input", r->input);
}

/* True between begin() and end() of a row that could be started, as long as there is room. */
static bool open_row(struct json_rows *r)
{
	bool room = !r->skipped && r->text.length < ROW_MAX;

	r->cut |= !room;
	return room && r->text.depth && r->text.depth <= DEPTH_MAX;
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
	row_begin(r, &r->text);
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
	row_end(r, &r->text);
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
	free(r->text.data);
	free(r->finding.data);
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
	struct json_text *t = &r->finding;

	row_begin(r, t);
	put_text(t, "finding", f->id);
	put_text(t, "severity", xsr_severity_name(f->severity));
	put_text(t, "class", xsr_status_name(f->status));
	put_text(t, "meaning", row ? row->meaning : "");
	put_text(t, "layer", xsr_layer_name(f->layer));
	put_number(t, "offset", f->offset, XSR_DECIMAL);
	if (f->record != XSR_NO_RECORD) {
		put_number(t, "in_record", f->record, XSR_DECIMAL);
		put_number(t, "type", f->record_type, XSR_HEXADECIMAL);
		put_text(t, "name", f->type_name);
	}
	put_text(t, "field", f->field);
	put_text(t, "found", f->found);
	put_text(t, "allowed", f->allowed);
	if (f->sys_errno)
		put_text(t, "system_error", strerror(f->sys_errno));
	put_end(t);
	row_end(r, t);
}

bool json_rows_failed(const struct json_rows *r)
{
	return r->failed;
}
