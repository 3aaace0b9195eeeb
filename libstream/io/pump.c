/* SPDX-License-Identifier: MIT */
/*
 * The pump: reads a little, lets the decoder look at it, and passes over page data unseen where it may.
 *
 * How much to read at a time: page data is most of a stream and the decoder wants none of it, so behind a
 * long run of it little is read (SMALL, then what the decoder asks for), and else as much as the buffer
 * holds.
 *
 * A consumer may work on page data while the next is read. Then there are two buffers, large ones, to be read into in
 * turns.
 */
#include "io/expansion.h"

#include <errno.h>
#include <stdlib.h>

#define SMALL     4096u
#define LARGE     (1u << 19) /* a buffer of two */
#define LONG_SKIP 65536u     /* page data longer than this is worth a small read behind it */
#define TICK      (1u << 20) /* bytes of stream between two ticks */

struct run {
	struct xsr_pump *pump;    /* what to do */
	uint64_t next_tick;       /* stream offset of the next tick */
	uint8_t *memory;          /* of the buffers */
	uint8_t *buffer;          /* what was read */
	size_t size;              /* room in it */
	uint8_t *other;           /* as large: the latest page data may still be in use there; NULL: no such thing */
	bool used;                /* the latest event's data is in buffer */
	size_t chunk;             /* bytes to read next */
	size_t begin;             /* of what the decoder has not seen, in buffer */
	size_t passed;            /* of what the sink has not got */
	size_t end;               /* of what was read */
	bool skip;                /* page data is not delivered */
	struct xsr_sink *pages;   /* then: NULL, or gets it */
	bool stop;                /* the consumer has enough, or `exact` found the end */
	bool input_ended;         /* the source has no more */
	enum xsr_status fault;    /* of the decoder */
	struct expansion unpacked; /* if the source is compressed */
};

static void tick(struct run *r)
{
	uint64_t offset = xsr_decoder_offset(r->pump->decoder);

	if (!r->pump->tick || offset < r->next_tick)
		return;
	r->next_tick = offset + TICK;
	r->pump->tick(r->pump->context, offset);
}

/* Gives the sink what the decoder has seen. */
static enum xsr_status pass_on(struct run *r, struct xsr_finding *error)
{
	size_t n = r->begin - r->passed;
	const uint8_t *data = r->buffer + r->passed;

	r->passed = r->begin;
	if (!r->pump->sink || !n)
		return XSR_OK;
	return xsr_sink_write(r->pump->sink, data, n, error);
}

/*
 * Chooses where to read to. What came last may be in use: it is left alone if there is another buffer, in which then
 * is nothing of use, since only data of the latest event is.
 */
static void turn(struct run *r)
{
	uint8_t *buffer = r->buffer;

	if (!r->used)
		return;
	r->used = false;
	if (!r->other)
		return;
	r->buffer = r->other;
	r->other = buffer;
}

static enum xsr_status refill(struct run *r, struct xsr_finding *error)
{
	uint64_t wanted = xsr_decoder_wanted(r->pump->decoder);
	size_t size = r->chunk, got;
	enum xsr_status status;

	status = expansion_check(&r->unpacked, r->pump->source, xsr_decoder_offset(r->pump->decoder), error);
	if (status != XSR_OK)
		return status;
	if (r->pump->passed)
		r->pump->passed(r->pump->context, xsr_decoder_offset(r->pump->decoder));
	turn(r);
	if (r->pump->exact || wanted > size)
		size = wanted < r->size ? (size_t)wanted : r->size;
	status = xsr_source_read(r->pump->source, r->buffer, size, &got, error);
	if (status != XSR_OK)
		return status;
	r->begin = 0;
	r->passed = 0;
	r->end = got;
	r->input_ended = got == 0;
	if (r->chunk < r->size)
		r->chunk *= 2;
	return XSR_OK;
}

/* Page data that is in the buffer already; *left becomes less by it. */
static enum xsr_status skip_buffered(struct run *r, uint64_t *left, struct xsr_finding *error)
{
	const uint8_t *data = r->buffer + r->begin;
	size_t n = r->end - r->begin;

	if (n > *left)
		n = (size_t)*left;
	r->begin += n;
	*left -= n;
	(void)xsr_decoder_skip(r->pump->decoder, n);
	return r->pages && n ? xsr_sink_write(r->pages, data, n, error) : XSR_OK;
}

/* Page data ahead that nobody wants to see: past it, or on to a sink. */
static enum xsr_status skip_pages(struct run *r, struct xsr_finding *error)
{
	struct xsr_pump *p = r->pump;
	struct xsr_sink *to = r->pages ? r->pages : p->sink;
	uint64_t left = xsr_decoder_skippable(p->decoder), n;
	/* A seek takes no time, so there is nothing to tell of in the middle of it. */
	uint64_t most = p->source->kind == IO_SEEKABLE && !to ? UINT64_MAX : TICK;
	enum xsr_status status = skip_buffered(r, &left, error);

	if (status == XSR_OK && left)
		status = pass_on(r, error);

	if (left >= LONG_SKIP)
		r->chunk = SMALL;
	while (status == XSR_OK && left) {
		uint64_t slice = left < most ? left : most;

		status = to ? source_move(p->source, to, slice, &n, error)
		            : xsr_source_skip(p->source, slice, &n, error);
		left -= n;
		(void)xsr_decoder_skip(p->decoder, n);
		tick(r);
		if (n < slice) {
			r->input_ended = status == XSR_OK;
			break;
		}
	}
	return status;
}

/* Feeds what is in the buffer until it is used up, or the consumer or the decoder stop. */
static enum xsr_status decode(struct run *r, struct xsr_finding *error)
{
	struct xsr_pump *p = r->pump;
	const struct xsr_event *e;
	size_t used;

	do {
		r->fault = xsr_decoder_feed(p->decoder, r->buffer + r->begin, r->end - r->begin, &used, &e);
		r->begin += used;
		if (r->fault != XSR_OK || !e)
			return XSR_OK;
		r->used = true;
		expansion_event(&r->unpacked, e);
		if (p->event && !p->event(p->context, e))
			r->stop = true;
		else if (p->exact && e->type == XSR_EVENT_END)
			r->stop = true;
		tick(r);
		if (e->type == XSR_EVENT_PAYLOAD) {
			bool taken = p->want_pages && p->payload && !r->stop && p->payload(p->context, e);

			r->skip = !p->want_pages || taken;
			r->pages = taken ? p->pages : NULL;
		}
		if (r->skip && !r->stop && xsr_decoder_skippable(p->decoder)) {
			enum xsr_status status = skip_pages(r, error);

			if (status != XSR_OK)
				return status;
		}
	} while (!r->stop && !r->input_ended);
	return XSR_OK;
}

/* Decoding is over; the pipeline still gets its bytes. */
static enum xsr_status copy_rest(struct run *r, struct xsr_finding *error)
{
	struct xsr_pump *p = r->pump;
	enum xsr_status status;
	uint64_t moved = TICK, offset = xsr_decoder_offset(p->decoder);

	r->begin = r->end;
	status = pass_on(r, error);
	while (status == XSR_OK && moved == TICK) {
		if (p->passed)
			p->passed(p->context, offset);
		status = source_move(p->source, p->sink, TICK, &moved, error);
		offset += moved;
		if (status == XSR_OK)
			status = expansion_check(&r->unpacked, p->source, offset, error);
		if (p->tick)
			p->tick(p->context, offset);
	}
	return status;
}

static enum xsr_status run(struct run *r, struct xsr_finding *error)
{
	struct xsr_pump *p = r->pump;
	enum xsr_status status = XSR_OK;

	while (status == XSR_OK && !r->stop && !r->input_ended && r->fault == XSR_OK) {
		status = refill(r, error);
		if (status == XSR_OK && !r->input_ended)
			status = decode(r, error);
		if (status == XSR_OK)
			status = pass_on(r, error);
	}
	if (status != XSR_OK || r->fault == XSR_OK)
		return status;
	if (p->sink)
		status = copy_rest(r, error);
	if (status != XSR_OK)
		return status;
	if (error && xsr_decoder_error(p->decoder))
		*error = *xsr_decoder_error(p->decoder);
	return r->fault;
}

static bool prepare(struct run *r, struct xsr_pump *p)
{
	bool two = p->settle && p->want_pages;

	*r = (struct run){.pump = p, .size = two ? LARGE : IO_CHUNK, .skip = !p->want_pages};
	r->memory = malloc(two ? 2 * r->size : r->size);
	r->buffer = r->memory;
	r->other = two && r->memory ? r->memory + r->size : NULL;
	r->chunk = r->size;
	return r->memory;
}

enum xsr_status xsr_pump_run(struct xsr_pump *p, struct xsr_finding *error)
{
	enum xsr_status status;
	struct run r;

	for (size_t i = 0; i < sizeof(p->reserved) / sizeof(p->reserved[0]); i++)
		if (p->reserved[i])
			return io_fail(error, F_IO_MISUSE, 0, 0);
	if (!p->source || !p->decoder || (p->pages && p->sink))
		return io_fail(error, F_IO_MISUSE, 0, 0);
	if (!prepare(&r, p))
		return io_fail(error, F_IO_MEMORY, 0, ENOMEM);
	status = run(&r, error);
	if (p->settle)
		p->settle(p->context);
	free(r.memory);
	return status;
}
