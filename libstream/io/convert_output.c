/* SPDX-License-Identifier: MIT */
#include "io/convert.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool output_start(struct convert_output *o, struct xsr_sink *sink, const char *tmpdir, xsr_finding_fn *report,
    void *context)
{
	o->sink = sink;
	o->place = PLACE_OUT;
	for (unsigned i = 0; i < PLACE_COUNT; i++)
		spool_init(&o->spools[i], tmpdir);
	o->decoder = xsr_decoder_new(XSR_FORMAT_UNKNOWN);
	o->verifier = xsr_verifier_new(XSR_DEPTH_STREAM, report, context);
	return o->decoder && o->verifier;
}

void output_end(struct convert_output *o)
{
	for (unsigned i = 0; i < PLACE_COUNT; i++)
		spool_free(&o->spools[i]);
	for (unsigned i = 0; i < PLACE_COUNT; i++)
		free(o->origins[i].list);
	xsr_decoder_free(o->decoder);
	xsr_verifier_free(o->verifier);
}

/* Bytes at the current place. */
static uint64_t place_size(const struct convert_output *o)
{
	return o->place == PLACE_OUT ? o->position + o->length : o->spools[o->place].size;
}

/* Findings without an origin are shown with their place in the output: so it does not matter if memory is short. */
static void add_origin(struct origins *list, struct origin origin)
{
	if (list->count == list->size) {
		size_t size = list->size ? 2 * list->size : 64;
		struct origin *grown = size > ORIGINS_MAX ? NULL : realloc(list->list, size * sizeof(*grown));

		if (!grown)
			return;
		list->list = grown;
		list->size = size;
	}
	list->list[list->count++] = origin;
}

void output_mark(struct convert_output *o, uint64_t ahead, uint64_t input, bool verbatim)
{
	const struct origin origin = {.at = place_size(o) + ahead, .input = input, .verbatim = verbatim};

	add_origin(&o->origins[o->place], origin);
}

bool output_origin(const struct convert_output *o, uint64_t offset, uint64_t *input)
{
	const struct origins *list = &o->origins[PLACE_OUT];
	size_t low = 0, high = list->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (list->list[middle].at <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return false;
	*input = list->list[low - 1].input + (list->list[low - 1].verbatim ? offset - list->list[low - 1].at : 0);
	return true;
}

enum xsr_status output_clear(struct convert_output *o, enum convert_place place, struct xsr_finding *error)
{
	o->origins[place].count = 0;
	return spool_clear(&o->spools[place], error);
}

/* What is written has to be a stream that this library reads. */
static enum xsr_status inspect(struct convert_output *o, const uint8_t *data, size_t size, struct xsr_finding *error)
{
	const struct xsr_event *event;

	for (;;) {
		size_t used;
		enum xsr_status status = xsr_decoder_feed(o->decoder, data, size, &used, &event);

		data += used;
		size -= used;
		if (status != XSR_OK) {
			if (error && xsr_decoder_error(o->decoder))
				*error = *xsr_decoder_error(o->decoder);
			return status;
		}
		if (!event)
			return XSR_OK;
		if (xsr_verifier_event(o->verifier, event) == XSR_E_NOMEM)
			return io_fail(error, F_IO_MEMORY, 0, ENOMEM);
	}
}

static enum xsr_status to_sink(struct convert_output *o, const void *data, size_t size, struct xsr_finding *error)
{
	o->position += size;
	return o->sink && size ? xsr_sink_write(o->sink, data, size, error) : XSR_OK;
}

enum xsr_status output_flush(struct convert_output *o, struct xsr_finding *error)
{
	size_t n = o->length;
	enum xsr_status status = inspect(o, o->buffer, n, error);

	o->length = 0;
	return status == XSR_OK ? to_sink(o, o->buffer, n, error) : status;
}

enum xsr_status output_write(struct convert_output *o, const void *data, size_t size, struct xsr_finding *error)
{
	const uint8_t *p = data;

	if (o->place != PLACE_OUT)
		return spool_write(&o->spools[o->place], data, size, error);
	while (size) {
		size_t n = sizeof(o->buffer) - o->length;

		if (!n) {
			enum xsr_status status = output_flush(o, error);

			if (status != XSR_OK)
				return status;
			continue;
		}
		if (n > size)
			n = size;
		memcpy(o->buffer + o->length, p, n);
		o->length += n;
		p += n;
		size -= n;
	}
	return XSR_OK;
}

/* The decoder has to agree that page data is what comes here. */
static enum xsr_status skip(struct convert_output *o, uint64_t size, struct xsr_finding *error)
{
	if (xsr_decoder_skip(o->decoder, size) != XSR_OK)
		return io_fail(error, F_IO_MISUSE, o->position, 0);
	return XSR_OK;
}

enum xsr_status output_page_bytes(struct convert_output *o, const void *data, size_t size,
    struct xsr_finding *error)
{
	enum xsr_status status;

	if (o->place != PLACE_OUT)
		return spool_write(&o->spools[o->place], data, size, error);
	status = output_flush(o, error);
	if (status == XSR_OK)
		status = skip(o, size, error);
	return status == XSR_OK ? to_sink(o, data, size, error) : status;
}

enum xsr_status output_pages(struct convert_output *o, struct xsr_source *source, uint64_t size, uint64_t *moved,
    struct xsr_finding *error)
{
	enum xsr_status status;

	*moved = 0;
	if (o->place != PLACE_OUT)
		return spool_move(&o->spools[o->place], source, size, moved, error);
	status = output_flush(o, error);
	if (status != XSR_OK)
		return status;
	status = o->sink ? source_move(source, o->sink, size, moved, error)
	                 : xsr_source_skip(source, size, moved, error);
	o->position += *moved;
	return status == XSR_OK ? skip(o, *moved, error) : status;
}

static bool to_verifier(void *context, const struct xsr_event *event)
{
	struct convert_output *o = context;

	(void)xsr_verifier_event(o->verifier, event);
	return true;
}

/* Only a part that the output's decoder is to see goes through it. */
static enum xsr_status replay_out(struct convert_output *o, struct xsr_source *source, struct xsr_finding *error)
{
	struct xsr_pump pump = {
	    .source = source,
	    .decoder = o->decoder,
	    .sink = o->sink,
	    .event = to_verifier,
	    .context = o,
	};

	return xsr_pump_run(&pump, error);
}

static enum xsr_status replay_aside(struct convert_output *o, struct xsr_source *source, struct xsr_finding *error)
{
	uint8_t buffer[16384];
	size_t got = 1;

	while (got) {
		enum xsr_status status = xsr_source_read(source, buffer, sizeof(buffer), &got, error);

		if (status == XSR_OK && got)
			status = spool_write(&o->spools[o->place], buffer, got, error);
		if (status != XSR_OK)
			return status;
	}
	return XSR_OK;
}

enum xsr_status output_replay(struct convert_output *o, enum convert_place from, struct xsr_finding *error)
{
	struct spool *s = &o->spools[from];
	struct xsr_source *source;
	enum xsr_status status;

	if (!s->size)
		return XSR_OK;
	status = output_flush(o, error);
	if (status != XSR_OK)
		return status;
	source = spool_source(s, error);
	if (!source)
		return XSR_E_IO;
	for (size_t i = 0; i < o->origins[from].count; i++) {
		struct origin origin = o->origins[from].list[i];

		origin.at += place_size(o);
		add_origin(&o->origins[o->place], origin);
	}
	status = o->place == PLACE_OUT ? replay_out(o, source, error) : replay_aside(o, source, error);
	xsr_source_free(source);
	if (o->place == PLACE_OUT)
		o->position += s->size;
	return status == XSR_OK ? output_clear(o, from, error) : status;
}
