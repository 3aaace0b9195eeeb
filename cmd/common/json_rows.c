/* SPDX-License-Identifier: MIT */
#include "common/json_rows.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"

/* Deeper than any description goes; what would be deeper is left out. */
#define DEPTH_MAX 16u

struct json_rows {
	FILE *out;                  /* where rows go */
	char *input;                /* value of "input", or NULL */
	struct xsr_visitor visitor; /* ours */
	json_t *stack[DEPTH_MAX];   /* open containers; [0] is the row, which owns the others */
	unsigned depth;             /* how many are open, also beyond DEPTH_MAX */
	bool failed;                /* memory or output failed */
};

/* Adds a value to the innermost container; takes the reference. */
static void add(struct json_rows *r, const char *key, json_t *value)
{
	json_t *parent;
	int result;

	if (!value) {
		r->failed = true;
		return;
	}
	if (!r->depth || r->depth > DEPTH_MAX) {
		json_decref(value);
		return;
	}
	parent = r->stack[r->depth - 1];
	if (json_is_array(parent))
		result = json_array_append_new(parent, value);
	else
		result = json_object_set_new(parent, key ? key : "", value);
	if (result < 0)
		r->failed = true;
}

static json_t *text_value(const char *text)
{
	static const char replacement[] = "\xef\xbf\xbd";
	char *copy = malloc(3 * strlen(text) + 1), *p = copy;
	json_t *value;

	if (!copy)
		return NULL;
	while (*text) {
		size_t n = text_utf8(text);

		memcpy(p, n ? text : replacement, n ? n : 3);
		p += n ? n : 3;
		text += n ? n : 1;
	}
	*p = '\0';
	value = json_string(copy);
	free(copy);
	return value;
}

static void number(void *context, const char *key, uint64_t value, enum xsr_number_base base)
{
	char text[24];

	if (base == XSR_DECIMAL && value <= INT64_MAX) {
		add(context, key, json_integer((json_int_t)value));
		return;
	}
	snprintf(text, sizeof(text), base == XSR_DECIMAL ? "%" PRIu64 : "0x%" PRIx64, value);
	add(context, key, json_string(text));
}

static void boolean(void *context, const char *key, bool value)
{
	add(context, key, json_boolean(value));
}

static void text(void *context, const char *key, const char *value)
{
	add(context, key, text_value(value));
}

static void begin(void *context, const char *key, bool array)
{
	struct json_rows *r = context;
	json_t *value = array ? json_array() : json_object();

	if (r->depth < DEPTH_MAX)
		r->stack[r->depth] = value;
	if (!r->depth) {
		r->depth = 1;
		r->failed |= !value;
		if (r->input)
			text(r, "input", r->input);
		return;
	}
	add(r, key, value);
	r->depth++;
}

static void end(void *context)
{
	struct json_rows *r = context;

	if (!r->depth || --r->depth)
		return;
	if (json_dumpf(r->stack[0], r->out, JSON_COMPACT | JSON_ENSURE_ASCII) < 0 ||
	    putc('\n', r->out) == EOF)
		r->failed = true;
	json_decref(r->stack[0]);
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
	if (r->depth)
		json_decref(r->stack[0]);
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

void json_rows_finding(struct json_rows *r, const struct xsr_finding *f)
{
	const struct xsr_catalogue_row *row = xsr_catalogue_find(f->id);

	begin(r, NULL, false);
	text(r, "finding", f->id);
	text(r, "severity", xsr_severity_name(f->severity));
	text(r, "class", xsr_status_name(f->status));
	text(r, "meaning", row ? row->meaning : "");
	text(r, "layer", xsr_layer_name(f->layer));
	number(r, "offset", f->offset, XSR_DECIMAL);
	if (f->record != XSR_NO_RECORD) {
		number(r, "in_record", f->record, XSR_DECIMAL);
		number(r, "type", f->record_type, XSR_HEXADECIMAL);
		text(r, "name", f->type_name);
	}
	text(r, "field", f->field);
	text(r, "found", f->found);
	text(r, "allowed", f->allowed);
	if (f->sys_errno)
		text(r, "system_error", strerror(f->sys_errno));
	end(r);
}

bool json_rows_failed(const struct json_rows *r)
{
	return r->failed;
}
