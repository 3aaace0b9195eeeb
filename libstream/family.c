/* SPDX-License-Identifier: MIT */
#include "family.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "libxc/families.h"
#include "libxl/families.h"

static const struct record_family *const *const tables[] = {libxc_families, libxl_families};

const struct record_family *family_find(enum xsr_layer layer, uint32_t type)
{
	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
		for (const struct record_family *const *f = tables[t]; *f; f++)
			if ((*f)->layer == layer && (*f)->type == type)
				return *f;
	return NULL;
}

void check_report(const struct check *c, enum finding_id id, uint64_t at, const char *field, const char *allowed,
    const char *found, ...)
{
	struct xsr_finding f;
	char text[sizeof(f.found)];
	va_list args;

	if (c->enough && c->enough(c->report_context, id, c->record))
		return;
	va_start(args, found);
	vsnprintf(text, sizeof(text), found, args);
	va_end(args);
	finding_make(&f, id, c->record->layer, c->body_offset + at, field);
	finding_in_record(&f, c->record);
	finding_found(&f, "%s", text);
	finding_allowed(&f, "%s", allowed);
	c->report(c->report_context, &f);
}

void check_zero(const struct check *c, enum finding_id id, const uint8_t *body, size_t at, size_t n,
    const char *field)
{
	for (size_t i = 0; i < n; i++) {
		if (!body[at + i])
			continue;
		check_report(c, id, at + i, field, "0", "0x%02x in byte %zu of it", body[at + i], i);
		return;
	}
}

bool family_length_legal(const struct record_family *family, uint32_t length)
{
	return length >= family->min_length && length <= family->max_length &&
	    (length - family->min_length) % family->multiple == 0;
}

/* A walk begins with its body: whatever an earlier body left behind goes. */
static void state_begin(const struct record_family *family, union family_state *state, uint64_t position)
{
	if (position == 0)
		memset(state->bytes, 0, family->state_size);
}

/*
 * True if the body is here at once, and would be whatever the feed size: a longer one may happen to come in one piece,
 * but what is made of it must not hang on that.
 */
static bool is_whole(const struct xsr_event *e)
{
	return e->u.bytes.whole && e->u.bytes.length <= XSR_WHOLE_MAX;
}

static void learn(const struct record_family *family, struct image_facts *facts, const struct xsr_event *e)
{
	if (family->learn && is_whole(e))
		family->learn(facts, e->record->big_endian, e->u.bytes.data, e->u.bytes.length);
}

void family_check(const struct record_family *family, const struct check *c, union family_state *state,
    struct image_facts *facts, const struct xsr_event *e)
{
	if (!family || !family_length_legal(family, e->record->length))
		return;
	if (family->check && is_whole(e)) {
		family->check(c, e->u.bytes.data, e->u.bytes.length);
	} else if (family->piece) {
		state_begin(family, state, e->u.bytes.position);
		family->piece(state, c, e->u.bytes.data, e->u.bytes.length, e->u.bytes.position, e->u.bytes.last);
		if (family->learn_pieces && e->u.bytes.last)
			family->learn_pieces(state, facts);
	}
	learn(family, facts, e);
}

void family_describe(const struct record_family *family, const struct xsr_visitor *v, union family_state *state,
    struct image_facts *facts, const struct xsr_event *e)
{
	if (!family || !family_length_legal(family, e->record->length))
		return;
	if (family->describe && is_whole(e)) {
		family->describe(v, facts, e->record->big_endian, e->u.bytes.data, e->u.bytes.length);
	} else if (family->describe_piece) {
		state_begin(family, state, e->u.bytes.position);
		family->describe_piece(state, v, facts, e->record->big_endian, e->u.bytes.data, e->u.bytes.length,
		    e->u.bytes.position, e->u.bytes.last);
	}
	learn(family, facts, e);
}
