/* SPDX-License-Identifier: MIT */
/*
 * Layers taken off or put on: what the decoder says belongs to a layer is written again, or not, and what a new layer
 * needs is made up. Page data is moved unseen.
 */
#include <libstream/encoder.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "io/convert.h"

#define SMALL     4096u
#define LONG_SKIP 65536u
#define TICK      (1u << 20)

struct rewrap {
	struct xsr_rewrap *job;       /* what to do */
	struct xsr_decoder *decoder;  /* reads the input */
	struct xsr_encoder *encoder;  /* writes events again */
	struct convert_output output; /* takes what is written */
	struct xsr_finding *error;    /* why it failed; never NULL */
	bool xl_written;              /* the output has an xl header */
	bool libxl_seen;              /* the input has a libxl layer */
	bool pass_config;             /* the input's configuration is passed on */
	bool input_ended;             /* the source has no more */
	uint64_t next_tick;           /* offset of the next tick */
	size_t chunk;                 /* bytes to read next */
	size_t begin, end;            /* of what the decoder has not seen, in buffer */
	uint8_t buffer[IO_CHUNK];     /* what was read */
	uint8_t encoded[IO_CHUNK];    /* an event in bytes */
};

static enum xsr_status put(struct rewrap *r, const struct xsr_buffer *b)
{
	return output_write(&r->output, b->data, b->length, r->error);
}

/* Events that carry bytes of the input are as long as these. */
static enum xsr_status put_event(struct rewrap *r, const struct xsr_event *e)
{
	struct xsr_buffer b = {.data = r->encoded, .size = sizeof(r->encoded)};

	if (e->type == XSR_EVENT_BODY || e->type == XSR_EVENT_XL_CONFIG || e->type == XSR_EVENT_XL_TAIL ||
	    e->type == XSR_EVENT_PAGES)
		return output_write(&r->output, e->u.bytes.data, e->u.bytes.length, r->error);
	if (xsr_encoder_event(r->encoder, e, &b) != XSR_OK)
		return io_fail(r->error, F_IO_MISUSE, e->offset, 0);
	return put(r, &b);
}

static enum xsr_status put_xl_header(struct rewrap *r)
{
	const struct xsr_rewrap *job = r->job;
	const struct xsr_xl_header header = {
	    .mandatory_flags = XSR_XL_FLAG_STREAMV2 | (job->config && job->config_json ? XSR_XL_FLAG_JSON : 0),
	    .optional_data_length = job->config ? (uint32_t)job->config_length + 4 : 0,
	    .has_config = job->config != NULL,
	    .config_length = (uint32_t)job->config_length,
	};
	struct xsr_buffer b = {.data = r->encoded, .size = sizeof(r->encoded)};
	enum xsr_status status;

	if (job->format != XSR_FORMAT_XL || r->xl_written)
		return XSR_OK;
	r->xl_written = true;
	if (xsr_encode_xl_header(&b, &header) != XSR_OK)
		return io_fail(r->error, F_IO_MISUSE, 0, 0);
	status = put(r, &b);
	return status == XSR_OK && job->config ? output_write(&r->output, job->config, job->config_length, r->error)
	                                       : status;
}

/* In front of an image that had no libxl layer. */
static enum xsr_status put_libxl_start(struct rewrap *r)
{
	const struct xsr_libxl_header header = {.version = XSR_LIBXL_VERSION};
	struct xsr_buffer b = {.data = r->encoded, .size = sizeof(r->encoded)};
	enum xsr_status status;

	if (r->job->format == XSR_FORMAT_LIBXC || r->libxl_seen)
		return XSR_OK;
	status = put_xl_header(r);
	if (status != XSR_OK)
		return status;
	if (xsr_encode_libxl_header(&b, &header) != XSR_OK ||
	    xsr_encode_record(&b, XSR_LIBXL_LIBXC_CONTEXT, NULL, 0, false) != XSR_OK)
		return io_fail(r->error, F_IO_MISUSE, 0, 0);
	return put(r, &b);
}

/* Behind such an image, or behind a checkpoint in it. */
static enum xsr_status put_libxl_record(struct rewrap *r, uint32_t type)
{
	struct xsr_buffer b = {.data = r->encoded, .size = sizeof(r->encoded)};

	if (r->job->format == XSR_FORMAT_LIBXC || r->libxl_seen)
		return XSR_OK;
	(void)xsr_encode_record(&b, type, NULL, 0, false);
	return put(r, &b);
}

static void report_config(struct rewrap *r, const struct xsr_event *e)
{
	struct xsr_finding f;

	if (!r->job->input || r->job->config || r->pass_config || !e->u.xl.config_length)
		return;
	finding_make(&f, F_LEGACY_DROPPED, XSR_LAYER_XL, e->offset, "");
	finding_found(&f, "configuration of %" PRIu32 " bytes", e->u.xl.config_length);
	finding_allowed(&f, "a place in an xl image");
	r->job->input(r->job->context, &f);
}

static void report_dropped(struct rewrap *r, const struct xsr_event *e)
{
	struct xsr_finding f;

	if (!r->job->input || (e->record->type != XSR_LIBXL_EMULATOR_CONTEXT &&
	    e->record->type != XSR_LIBXL_EMULATOR_XENSTORE_DATA))
		return;
	finding_make(&f, F_LEGACY_DROPPED, XSR_LAYER_LIBXL, e->offset, "");
	finding_in_record(&f, e->record);
	finding_found(&f, "%s", f.type_name);
	finding_allowed(&f, "a place in a libxl stream");
	r->job->input(r->job->context, &f);
}

static enum xsr_status libxl_event(struct rewrap *r, const struct xsr_event *e)
{
	if (r->job->format != XSR_FORMAT_LIBXC)
		return put_event(r, e);
	if (e->type == XSR_EVENT_RECORD)
		report_dropped(r, e);
	return XSR_OK;
}

static enum xsr_status xl_event(struct rewrap *r, const struct xsr_event *e)
{
	if (e->type == XSR_EVENT_XL_HEADER) {
		r->pass_config = r->job->format == XSR_FORMAT_XL && !r->job->config;
		r->xl_written = r->pass_config;
		report_config(r, e);
	}
	return r->pass_config ? put_event(r, e) : XSR_OK;
}

/* What a captured migration ends with is copied with a copy, and is no part of anything else. */
static enum xsr_status trailer(struct rewrap *r, const struct xsr_event *e)
{
	static const char go[] = "domain is yours, you are cleared to unpause";

	if (e->u.bytes.position < sizeof(go) && e->u.bytes.length <= sizeof(go) - e->u.bytes.position &&
	    memcmp(e->u.bytes.data, go + e->u.bytes.position, e->u.bytes.length) == 0) {
		if (r->job->format != xsr_decoder_format(r->decoder))
			return XSR_OK;
		return output_write(&r->output, e->u.bytes.data, e->u.bytes.length, r->error);
	}
	finding_make(r->error, F_STREAM_TRAILING, XSR_LAYER_NONE, e->offset, "");
	finding_found(r->error, "0x%02x", e->u.bytes.data[0]);
	return r->error->status;
}

static enum xsr_status handle(struct rewrap *r, const struct xsr_event *e)
{
	enum xsr_status status;

	switch (e->type) {
	case XSR_EVENT_XL_HEADER:
	case XSR_EVENT_XL_CONFIG:
	case XSR_EVENT_XL_TAIL:
		return xl_event(r, e);
	case XSR_EVENT_LIBXL_HEADER:
		r->libxl_seen = true;
		status = put_xl_header(r);
		return status == XSR_OK ? libxl_event(r, e) : status;
	case XSR_EVENT_IMAGE_HEADER:
		status = put_libxl_start(r);
		return status == XSR_OK ? put_event(r, e) : status;
	case XSR_EVENT_END:
		return put_libxl_record(r, XSR_LIBXL_END);
	case XSR_EVENT_TRAILER:
		return trailer(r, e);
	case XSR_EVENT_RECORD_END:
		if (e->layer != XSR_LAYER_LIBXC || e->record->type != XSR_LIBXC_CHECKPOINT)
			break;
		status = put_event(r, e);
		return status == XSR_OK ? put_libxl_record(r, XSR_LIBXL_CHECKPOINT_END) : status;
	default:
		break;
	}
	return e->layer == XSR_LAYER_LIBXL ? libxl_event(r, e) : put_event(r, e);
}

static void tick(struct rewrap *r)
{
	uint64_t offset = xsr_decoder_offset(r->decoder);

	if (!r->job->tick || offset < r->next_tick)
		return;
	r->next_tick = offset + TICK;
	r->job->tick(r->job->context, offset);
}

/* Page data: what is in the buffer, then what is not read yet. */
static enum xsr_status move_pages(struct rewrap *r)
{
	uint64_t left = xsr_decoder_skippable(r->decoder), n = r->end - r->begin;
	enum xsr_status status;

	n = n < left ? n : left;
	status = n ? output_page_bytes(&r->output, r->buffer + r->begin, (size_t)n, r->error) : XSR_OK;
	r->begin += (size_t)n;
	if (left - n >= LONG_SKIP)
		r->chunk = SMALL;
	(void)xsr_decoder_skip(r->decoder, n);
	while (status == XSR_OK && (left = xsr_decoder_skippable(r->decoder)) != 0) {
		uint64_t slice = left < TICK ? left : TICK;

		status = output_pages(&r->output, r->job->source, slice, &n, r->error);
		(void)xsr_decoder_skip(r->decoder, n);
		tick(r);
		if (n < slice) {
			r->input_ended = true;
			return status;
		}
	}
	return status;
}

static enum xsr_status decode(struct rewrap *r)
{
	const struct xsr_event *e;
	size_t used;

	while (!r->input_ended) {
		enum xsr_status status =
		    xsr_decoder_feed(r->decoder, r->buffer + r->begin, r->end - r->begin, &used, &e);

		r->begin += used;
		if (status == XSR_OK && !e)
			return XSR_OK;
		if (status != XSR_OK) {
			*r->error = *xsr_decoder_error(r->decoder);
			return status;
		}
		status = handle(r, e);
		if (status == XSR_OK && xsr_decoder_skippable(r->decoder))
			status = move_pages(r);
		if (status != XSR_OK)
			return status;
		tick(r);
	}
	return XSR_OK;
}

static enum xsr_status refill(struct rewrap *r)
{
	size_t got;
	enum xsr_status status = xsr_source_read(r->job->source, r->buffer, r->chunk, &got, r->error);

	r->begin = 0;
	r->end = got;
	r->input_ended = status == XSR_OK && got == 0;
	if (r->chunk < sizeof(r->buffer))
		r->chunk *= 2;
	return status;
}

/* A checkpointed stream may end without END, and then has none here either. */
static enum xsr_status judge(struct rewrap *r)
{
	struct convert_output *o = &r->output;
	enum xsr_status status = output_flush(o, r->error);

	if (status != XSR_OK)
		return status;
	(void)xsr_decoder_finish(o->decoder);
	status = xsr_verifier_finish(o->verifier, o->decoder);
	r->job->verdict = *xsr_verifier_verdict(o->verifier);
	if (status != XSR_OK)
		finding_make(r->error, F_IO_OUTPUT, XSR_LAYER_NONE, 0, "");
	return status;
}

static enum xsr_status run(struct rewrap *r)
{
	enum xsr_status status = XSR_OK;

	while (status == XSR_OK && !r->input_ended) {
		status = refill(r);
		if (status == XSR_OK && !r->input_ended)
			status = decode(r);
	}
	if (status == XSR_OK)
		status = judge(r);
	r->job->found = xsr_decoder_format(r->decoder);
	r->job->bytes_in = xsr_decoder_offset(r->decoder);
	r->job->bytes_out = r->output.position;
	return status;
}

static void report_nothing(void *context, const struct xsr_finding *finding)
{
	(void)context;
	(void)finding;
}

static bool valid(const struct xsr_rewrap *job)
{
	for (size_t i = 0; i < sizeof(job->reserved) / sizeof(job->reserved[0]); i++)
		if (job->reserved[i])
			return false;
	return job->source && job->format >= XSR_FORMAT_LIBXC && job->format <= XSR_FORMAT_XL &&
	    job->config_length < UINT32_MAX - 4;
}

enum xsr_status xsr_rewrap_run(struct xsr_rewrap *job, struct xsr_finding *error)
{
	struct xsr_finding unwanted;
	enum xsr_status status;
	struct rewrap *r;

	if (!error)
		error = &unwanted;
	if (!valid(job))
		return io_fail(error, F_IO_MISUSE, 0, 0);
	r = calloc(1, sizeof(*r));
	if (!r)
		return io_fail(error, F_IO_MEMORY, 0, ENOMEM);
	r->job = job;
	r->error = error;
	r->chunk = sizeof(r->buffer);
	r->decoder = xsr_decoder_new(XSR_FORMAT_UNKNOWN);
	r->encoder = xsr_encoder_new();
	if (output_start(&r->output, job->sink, NULL, job->output ? job->output : report_nothing, job->context) &&
	    r->decoder && r->encoder)
		status = run(r);
	else
		status = io_fail(error, F_IO_MEMORY, 0, ENOMEM);
	output_end(&r->output);
	xsr_encoder_free(r->encoder);
	xsr_decoder_free(r->decoder);
	free(r);
	return status;
}
