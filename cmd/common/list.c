/* SPDX-License-Identifier: MIT */
#include "common/list.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/messages.h"
#include "common/text.h"

/* Offset, layer, record, name, length, fields. */
#define COLUMNS "%14s  %-5s  %7s  %-25s  %10s  %s"

struct list {
	struct xsr_visitor visitor; /* ours */
	unsigned depth;             /* open containers; 1 within the row itself */
	char offset[24];            /* columns of the row, see COLUMNS */
	char layer[16];
	char record[24];
	char name[40];
	char length[24];
	char fields[512];
	const char *container; /* key of the field that is an object or array */
	unsigned members;      /* how many it has */
};

/* Puts a value into its column, or behind the other fields. */
static void put(struct list *l, const char *key, const char *value)
{
	const struct {
		const char *key; /* of the description */
		char *column;    /* where it goes; NULL: nowhere */
		size_t size;     /* of the column */
	} columns[] = {
	    {"offset", l->offset, sizeof(l->offset)},
	    {"layer", l->layer, sizeof(l->layer)},
	    {"record", l->record, sizeof(l->record)},
	    {"name", l->name, sizeof(l->name)},
	    {"header", l->name, sizeof(l->name)},
	    {"length", l->length, sizeof(l->length)},
	    {"type", NULL, 0},
	};
	size_t used = strlen(l->fields);

	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
		if (strcmp(key, columns[i].key) != 0)
			continue;
		if (columns[i].column)
			snprintf(columns[i].column, columns[i].size, "%s", value);
		return;
	}
	/* A line has an end: what does not fit is for --json. */
	if (used + strlen(key) + strlen(value) + 3 > sizeof(l->fields))
		return;
	snprintf(l->fields + used, sizeof(l->fields) - used, "%s%s=%s", used ? " " : "", key, value);
}

/* True if a value belongs into the line; counts it if it is a member of a container. */
static bool shown(struct list *l)
{
	if (l->depth == 2)
		l->members++;
	return l->depth == 1;
}

static void number(void *context, const char *key, uint64_t value, enum xsr_number_base base)
{
	struct list *l = context;
	bool hexadecimal = base == XSR_HEXADECIMAL || strcmp(key ? key : "", "offset") == 0;
	char text[24];

	if (!shown(l))
		return;
	snprintf(text, sizeof(text), hexadecimal ? "0x%" PRIx64 : "%" PRIu64, value);
	put(l, key, text);
}

static void boolean(void *context, const char *key, bool value)
{
	struct list *l = context;

	if (shown(l))
		put(l, key, value ? "yes" : "no");
}

static void text(void *context, const char *key, const char *value)
{
	struct list *l = context;
	char escaped[64];

	if (shown(l))
		put(l, key, text_escape(value, escaped, sizeof(escaped)));
}

static void begin(void *context, const char *key, bool array)
{
	struct list *l = context;

	(void)array;
	(void)shown(l);
	if (l->depth == 0) {
		l->offset[0] = l->layer[0] = l->record[0] = l->name[0] = l->length[0] = l->fields[0] = '\0';
	} else if (l->depth == 1) {
		l->container = key;
		l->members = 0;
	}
	l->depth++;
}

static void end(void *context)
{
	struct list *l = context;
	char text[24];

	l->depth--;
	if (l->depth == 1) {
		snprintf(text, sizeof(text), "[%u]", l->members);
		put(l, l->container, text);
	} else if (l->depth == 0) {
		message_line(COLUMNS, l->offset, l->layer, l->record, l->name, l->length, l->fields);
	}
}

struct list *list_new(void)
{
	struct list *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->visitor = (struct xsr_visitor){
	    .context = l,
	    .number = number,
	    .boolean = boolean,
	    .text = text,
	    .begin = begin,
	    .end = end,
	};
	return l;
}

void list_free(struct list *l)
{
	free(l);
}

void list_heading(const char *input)
{
	if (input)
		message_line("%s:", input);
	message_line(COLUMNS, "offset", "layer", "record", "name", "length", "fields");
}

const struct xsr_visitor *list_visitor(struct list *l)
{
	return &l->visitor;
}
