/* SPDX-License-Identifier: MIT */
/* The describer: what it opens it closes, keys are keys, whatever the bytes. */
#include <libstream/describe.h>

#include <string.h>

#include "fuzz.h"

#define NESTING_MAX 64

/* What the visitor has seen. */
struct seen {
	unsigned depth;           /* things open */
	bool array[NESTING_MAX];  /* the open thing is an array */
	uint64_t values;          /* numbers, booleans, texts and openings */
};

static void check_key(struct seen *s, const char *key)
{
	bool keyless = s->depth == 0 || s->array[s->depth - 1];

	PROMISE(keyless == !key);
	if (key)
		PROMISE(*key && strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(key));
	s->values++;
}

static void number(void *context, const char *key, uint64_t value, enum xsr_number_base base)
{
	(void)value;
	PROMISE(base == XSR_DECIMAL || base == XSR_HEXADECIMAL);
	check_key(context, key);
}

static void boolean(void *context, const char *key, bool value)
{
	(void)value;
	check_key(context, key);
}

static void text(void *context, const char *key, const char *value)
{
	PROMISE(value && strlen(value) <= 1 << 20);
	check_key(context, key);
}

static void begin(void *context, const char *key, bool array)
{
	struct seen *s = context;

	check_key(s, key);
	PROMISE(s->depth < NESTING_MAX);
	s->array[s->depth++] = array;
}

static void end(void *context)
{
	struct seen *s = context;

	PROMISE(s->depth > 0);
	s->depth--;
}

static uint64_t describe(const uint8_t *data, size_t size, uint64_t random)
{
	struct seen seen = {0};
	struct xsr_visitor visitor = {&seen, number, boolean, text, begin, end};
	struct xsr_describer *describer = xsr_describer_new(&visitor);
	struct xsr_decoder *decoder = xsr_decoder_new(XSR_FORMAT_UNKNOWN);
	const struct xsr_event *event;
	size_t at = 0, used;

	PROMISE(describer && decoder);
	while (at < size) {
		size_t n = next_piece(&random, size - at);

		if (xsr_decoder_feed(decoder, data + at, n, &used, &event) != XSR_OK)
			break;
		at += used;
		if (event)
			xsr_describer_event(describer, event);
	}
	xsr_describer_finish(describer);
	PROMISE(seen.depth == 0);
	xsr_describer_free(describer);
	xsr_decoder_free(decoder);
	return seen.values;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t random = seed_of(data, size);

	PROMISE(describe(data, size, random) == describe(data, size, ~random));
	return 0;
}
