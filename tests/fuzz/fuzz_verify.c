/* SPDX-License-Identifier: MIT */
/* Decoder, encoder and verifier: any bytes, in any pieces, at each depth. */
#include <libstream/encoder.h>
#include <libstream/verify.h>

#include <string.h>

#include "fuzz.h"

/* One run over the input. */
struct run {
	struct xsr_decoder *decoder;   /* under test */
	struct xsr_encoder *encoder;   /* writes again what the decoder read */
	struct xsr_verifier *verifier; /* judges it */
	const uint8_t *data;           /* the input */
	size_t size;                   /* of it */
	size_t written;                /* bytes that the encoder gave back, or that were skipped */
	uint64_t last;                 /* index of the latest record, plus one */
	uint64_t findings;             /* reported */
	bool ended;                    /* END came */
};

static void on_finding(void *context, const struct xsr_finding *f)
{
	struct run *r = context;
	char text[512];

	PROMISE(xsr_catalogue_find(f->id));
	PROMISE(f->status != XSR_OK && f->offset <= r->size);
	PROMISE(xsr_finding_format(f, text, sizeof(text)) < sizeof(text));
	for (const char *c = text; *c; c++)
		PROMISE(*c >= ' ' && *c <= '~');
	r->findings++;
}

static void on_event(struct run *r, const struct xsr_event *e)
{
	static uint8_t room[XSR_WHOLE_MAX + 8];
	bool bytes = e->type == XSR_EVENT_XL_CONFIG || e->type == XSR_EVENT_XL_TAIL || e->type == XSR_EVENT_BODY ||
	    e->type == XSR_EVENT_PAGES || e->type == XSR_EVENT_TRAILER;
	struct xsr_buffer out = {.data = room, .size = sizeof(room)};

	PROMISE(e->offset == r->written);
	PROMISE(!r->ended || e->type == XSR_EVENT_TRAILER);
	if (e->type == XSR_EVENT_RECORD)
		PROMISE(e->record->index == r->last++);
	if (bytes) {
		/* These are the input's own bytes, and may be more than the encoder's promise of room. */
		PROMISE(e->u.bytes.length > 0 && e->u.bytes.length <= r->size - r->written);
		PROMISE(memcmp(e->u.bytes.data, r->data + r->written, e->u.bytes.length) == 0);
		r->written += e->u.bytes.length;
	} else {
		PROMISE(xsr_encoder_event(r->encoder, e, &out) == XSR_OK);
		PROMISE(out.length <= r->size - r->written);
		PROMISE(memcmp(room, r->data + r->written, out.length) == 0);
		r->written += out.length;
	}
	r->ended |= e->type == XSR_EVENT_END;
	PROMISE(xsr_verifier_event(r->verifier, e) == XSR_OK);
}

/* Feeds, or skips page data now and then unless the depth needs it. */
static enum xsr_status feed(struct run *r, uint64_t *random, bool may_skip)
{
	const struct xsr_event *event;
	enum xsr_status status = XSR_OK;
	size_t at = 0, used;

	while (status == XSR_OK && at < r->size) {
		uint64_t skip = xsr_decoder_skippable(r->decoder);
		size_t n = next_piece(random, r->size - at);

		PROMISE(xsr_decoder_wanted(r->decoder) > 0);
		PROMISE(xsr_decoder_offset(r->decoder) == at);
		if (skip && may_skip && next_random(random) % 2) {
			n = skip < r->size - at ? (size_t)skip : r->size - at;
			PROMISE(xsr_decoder_skip(r->decoder, n) == XSR_OK);
			r->written += n;
			at += n;
			continue;
		}
		do {
			status = xsr_decoder_feed(r->decoder, r->data + at, n, &used, &event);
			PROMISE(used <= n && (status == XSR_OK || !event));
			PROMISE(status != XSR_OK || event || used == n);
			at += used;
			n -= used;
			if (event)
				on_event(r, event);
		} while (event && !xsr_decoder_skippable(r->decoder));
	}
	/* What needs no more bytes. */
	while (status == XSR_OK && (status = xsr_decoder_feed(r->decoder, NULL, 0, &used, &event)) == XSR_OK && event)
		on_event(r, event);
	return status;
}

static uint64_t run(const uint8_t *data, size_t size, enum xsr_depth depth, uint64_t random)
{
	struct run r = {.decoder = xsr_decoder_new(XSR_FORMAT_UNKNOWN), .encoder = xsr_encoder_new(), .data = data,
	    .size = size};
	enum xsr_status status, verdict;

	r.verifier = xsr_verifier_new(depth, on_finding, &r);
	PROMISE(r.decoder && r.encoder && r.verifier);
	status = feed(&r, &random, depth < XSR_DEPTH_PAGES);
	if (status == XSR_OK)
		status = xsr_decoder_finish(r.decoder);
	PROMISE((status == XSR_OK) == !xsr_decoder_error(r.decoder));
	PROMISE(status != XSR_OK || (r.ended && r.written == size));
	verdict = xsr_verifier_finish(r.verifier, r.decoder);
	PROMISE(verdict == xsr_verifier_verdict(r.verifier)->status);
	PROMISE((verdict == XSR_OK) == (xsr_verifier_verdict(r.verifier)->errors == 0));
	PROMISE(r.ended || verdict != XSR_OK || xsr_verifier_verdict(r.verifier)->complete);
	xsr_verifier_free(r.verifier);
	xsr_encoder_free(r.encoder);
	xsr_decoder_free(r.decoder);
	return r.findings;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t random = seed_of(data, size);

	for (enum xsr_depth depth = XSR_DEPTH_FRAME; depth <= XSR_DEPTH_PAGES; depth++) {
		uint64_t findings = run(data, size, depth, random);

		/* However it is cut, the findings are the same. */
		PROMISE(run(data, size, depth, random + 1) == findings);
	}
	return 0;
}
