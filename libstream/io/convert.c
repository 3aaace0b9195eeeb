/* SPDX-License-Identifier: MIT */
/*
 * A conversion from its first byte to its verdict: reads a little, lets the legacy decoder and the converter look at
 * it, and moves page data unseen.
 */
#include "io/convert.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#define SMALL     4096u
#define LONG_SKIP 65536u     /* page data longer than this is worth a small read behind it */
#define TICK      (1u << 20) /* bytes of input between two ticks */

struct conversion {
	struct xsr_convert *job;       /* what to do */
	struct xsr_legacy *decoder;    /* reads the input */
	struct convert_port port;      /* what it needs done: the functions here */
	struct convert convert;        /* turns events into output */
	struct convert_output output;  /* takes it */
	struct convert_image image;    /* the guest's memory, for compressed rounds */
	struct survey survey;          /* what the end of a file says */
	bool keep_asked;               /* it was decided whether pages are kept for it */
	bool still;                    /* the guest stood still while it was saved: one round, without compression */
	bool compresses;               /* the rounds from the second one on are compressed */
	struct xsr_legacy_demand demand; /* of the job, completed */
	off_t base;                    /* offset of the input in its file */
	struct xsr_finding *error;     /* where the port leaves what failed; never NULL */
	enum xsr_status status;        /* of the port */
	bool input_ended;              /* the source has no more */
	uint64_t next_tick;            /* offset of the next tick */
	size_t chunk;                  /* bytes to read next */
	size_t begin;                  /* of what the decoder has not seen, in buffer */
	size_t end;                    /* of what was read */
	const uint8_t *ahead;          /* page data that the decoder had looked at, not yet asked for */
	size_t ahead_length;           /* bytes of it */
	uint8_t buffer[IO_CHUNK];      /* what was read */
};

static void tick(struct conversion *v)
{
	uint64_t offset = xsr_legacy_offset(v->decoder);

	if (!v->job->tick || offset < v->next_tick)
		return;
	v->next_tick = offset + TICK;
	v->job->tick(v->job->context, offset);
}

/* Remembers the first failure of the port. */
static bool done(struct conversion *v, enum xsr_status status)
{
	if (v->status == XSR_OK)
		v->status = status;
	return status == XSR_OK;
}

static bool port_write(void *context, const void *data, size_t size)
{
	struct conversion *v = context;

	return done(v, output_write(&v->output, data, size, v->error));
}

static void port_mark(void *context, uint64_t ahead, uint64_t input, bool verbatim)
{
	struct conversion *v = context;

	output_mark(&v->output, ahead, input, verbatim);
}

static bool truncated(struct conversion *v)
{
	v->input_ended = true;
	/* The decoder says where and in what. */
	(void)xsr_legacy_finish(v->decoder);
	return false;
}

/* Page data on its way, and what is kept of it. */
struct passage {
	bool out;            /* it goes to the output; otherwise nowhere */
	struct keeping kept; /* for the guest's memory */
};

/* Page data that is in memory. */
static void pass_bytes(struct conversion *v, struct passage *p, const uint8_t *data, size_t size)
{
	if (!p->out || !size)
		return;
	image_pass(&v->image, &p->kept, data, size);
	done(v, output_page_bytes(&v->output, data, size, v->error));
}

/* Page data that is in memory already: what the decoder looked at, then what was read. */
static uint64_t from_memory(struct conversion *v, struct passage *p, uint64_t size)
{
	const struct xsr_legacy_event *e;
	const uint8_t *data = v->ahead;
	size_t n = v->ahead_length, used;

	if (!n && !xsr_legacy_skippable(v->decoder)) {
		if (xsr_legacy_feed(v->decoder, NULL, 0, &used, &e) != XSR_OK || !e)
			return 0;
		data = v->ahead = e->u.bytes.data;
		n = v->ahead_length = e->u.bytes.length;
	}
	if (n) {
		n = n < size ? n : (size_t)size;
		v->ahead += n;
		v->ahead_length -= n;
	} else {
		data = v->buffer + v->begin;
		n = v->end - v->begin;
		n = n < size ? n : (size_t)size;
		v->begin += n;
		(void)xsr_legacy_skip(v->decoder, n);
	}
	pass_bytes(v, p, data, n);
	return n;
}

/* Page data that is not, unseen if it need not be kept. */
static uint64_t from_source(struct conversion *v, struct passage *p, uint64_t size)
{
	struct xsr_source *s = v->job->source;
	uint64_t n = 0;
	size_t got;

	if (!p->out) {
		done(v, xsr_source_skip(s, size, &n, v->error));
	} else if (!v->image.keeping) {
		done(v, output_pages(&v->output, s, size, &n, v->error));
	} else {
		/* The buffer is free: what was in it went first. */
		if (!done(v, xsr_source_read(s, v->buffer, size < IO_CHUNK ? (size_t)size : IO_CHUNK, &got, v->error)))
			return 0;
		v->begin = v->end = 0;
		pass_bytes(v, p, v->buffer, got);
		n = got;
	}
	return n;
}

/*
 * Between two pipes nothing of the first round can be had again, and only at its end is it known whether a
 * compressed one follows. Of a guest that ran, one may.
 */
static void ask_keep(struct conversion *v)
{
	if (v->keep_asked)
		return;
	v->keep_asked = true;
	if (!v->still && !image_repeatable(v->job->source, v->base, &v->output))
		image_keep(&v->image, v->job->options.tmpdir);
}

static bool port_pages(void *context, uint64_t size, bool keep)
{
	struct conversion *v = context;
	struct passage p = {.out = keep, .kept = {.entries = v->convert.batch, .count = v->convert.batch_count}};
	uint64_t n;

	if (keep)
		ask_keep(v);
	while (size && v->status == XSR_OK && (n = from_memory(v, &p, size)) != 0)
		size -= n;
	if (size >= LONG_SKIP)
		v->chunk = SMALL;
	while (size && v->status == XSR_OK) {
		n = from_source(v, &p, size < TICK ? size : TICK);
		(void)xsr_legacy_skip(v->decoder, n);
		tick(v);
		size -= n;
		/* A piece is short at the end of the input, or where it went through memory. */
		if (!n)
			return v->status == XSR_OK ? truncated(v) : false;
	}
	return v->status == XSR_OK;
}

static bool port_redirect(void *context, enum convert_place place)
{
	struct conversion *v = context;

	v->output.place = place;
	return true;
}

static bool port_replay(void *context, enum convert_place from)
{
	struct conversion *v = context;

	return done(v, output_replay(&v->output, from, v->error));
}

static bool port_clear(void *context, enum convert_place place)
{
	struct conversion *v = context;

	return done(v, output_clear(&v->output, place, v->error));
}

static uint64_t port_aside(void *context, enum convert_place place)
{
	struct conversion *v = context;

	return v->output.spools[place].size;
}

static bool port_load(void *context, uint32_t pfn, uint8_t *page)
{
	struct conversion *v = context;
	const struct xsr_convert_options *o = &v->job->options;

	if (v->image.fd < 0 && !done(v, image_start(&v->image, v->job->source, v->base, &v->demand, &v->output,
	    o->tmpdir, v->error)))
		return false;
	return done(v, image_load(&v->image, pfn, page, v->error));
}

static bool port_gone(void *context, uint64_t pfn)
{
	const struct conversion *v = context;

	return pfn_map_get(&v->survey.gone, pfn) != PFN_UNSEEN;
}

static bool port_store(void *context, uint32_t pfn, const uint8_t *page)
{
	struct conversion *v = context;

	return done(v, image_store(&v->image, pfn, page, v->error));
}

/* What chunks tell about rounds to come: time is told first of a guest that stands still, and last of one that runs. */
static void foresee(struct conversion *v, const struct xsr_legacy_event *e)
{
	if (e->type == XSR_LEGACY_CHUNK && e->chunk->id == XSR_LEGACY_TSC_INFO && !v->keep_asked)
		v->still = true;
	if (e->type == XSR_LEGACY_CHUNK && e->chunk->id == XSR_LEGACY_ENABLE_COMPRESSION)
		v->compresses = true;
	if (e->type == XSR_LEGACY_BODY_END && !v->compresses)
		image_drop(&v->image);
	if (e->type == XSR_LEGACY_BODY_END)
		v->image.keeping = false;
}

/* Feeds what is in the buffer until it is used up. False: something is wrong. */
static bool decode(struct conversion *v)
{
	const struct xsr_legacy_event *e;
	size_t used;

	for (;;) {
		if (xsr_legacy_feed(v->decoder, v->buffer + v->begin, v->end - v->begin, &used, &e) != XSR_OK)
			return false;
		v->begin += used;
		if (!e)
			return true;
		if (v->job->event)
			v->job->event(v->job->context, e);
		foresee(v, e);
		if (!convert_event(&v->convert, e))
			return false;
		tick(v);
	}
}

static bool refill(struct conversion *v)
{
	size_t got;

	if (!done(v, xsr_source_read(v->job->source, v->buffer, v->chunk, &got, v->error)))
		return false;
	v->begin = 0;
	v->end = got;
	v->input_ended = got == 0;
	if (v->chunk < sizeof(v->buffer))
		v->chunk *= 2;
	return true;
}

/* PV: every pfn that has memory at the end was sent. More than that are pages that the guest had given back. */
static void count_given_back(struct conversion *v)
{
	const struct pv_tail *t = &v->convert.told;
	uint64_t sent = xsr_verifier_summary(v->output.verifier)->populated_pfns;
	uint64_t have = v->convert.head.p2m_size - t->unmapped;

	if (v->convert.head.hvm || t->unsorted || sent <= have)
		return;
	v->convert.here = t->unmapped_at;
	convert_report(&v->convert, F_LEGACY_GIVEN_BACK, NULL, "", "none", "%" PRIu64 " pages", sent - have);
}

/* The verdict on what was written. */
static enum xsr_status judge(struct conversion *v)
{
	struct convert_output *o = &v->output;
	enum xsr_status status = output_flush(o, v->error);

	if (status != XSR_OK)
		return status;
	(void)xsr_decoder_finish(o->decoder);
	status = xsr_verifier_finish(o->verifier, o->decoder);
	v->job->result.verdict = *xsr_verifier_verdict(o->verifier);
	v->job->result.bytes_out = o->position;
	if (status == XSR_OK)
		count_given_back(v);
	if (status == XSR_OK)
		return start_info_check(v->job->source, v->base, &v->demand, o, &v->image, &v->convert, v->error);
	finding_make(v->error, F_IO_OUTPUT, XSR_LAYER_NONE, 0, "");
	return status;
}

/* Why things stopped: the port, the converter or the decoder knows. */
static enum xsr_status blame(struct conversion *v)
{
	const struct xsr_finding *f = xsr_legacy_error(v->decoder);

	if (v->status != XSR_OK)
		return v->status;
	if (v->convert.error.id)
		f = &v->convert.error;
	if (!f)
		return io_fail(v->error, F_IO_MISUSE, 0, 0);
	*v->error = *f;
	return f->status;
}

static enum xsr_status run(struct conversion *v)
{
	bool good = true;

	while (good && !v->input_ended)
		good = refill(v) && (v->input_ended || decode(v));
	v->job->result.bytes_in = xsr_legacy_offset(v->decoder);
	/* Page data that ends too early is a torn round if there was a complete one. */
	if (!good && v->input_ended && v->status == XSR_OK && !v->convert.error.id)
		good = true;
	if (good)
		good = xsr_legacy_finish(v->decoder) == XSR_OK && convert_finish(&v->convert, v->decoder);
	else
		v->job->result.rounds = xsr_legacy_rounds(v->decoder);
	return good ? judge(v) : blame(v);
}

static void report_nothing(void *context, const struct xsr_finding *finding)
{
	(void)context;
	(void)finding;
}

/* What is wrong with the output was wrong with the input: it is told of that where it can be. */
static void on_output(void *context, const struct xsr_finding *f)
{
	struct conversion *v = context;
	const struct xsr_convert *job = v->job;
	struct xsr_finding moved = *f;
	bool pages = f->layer == XSR_LAYER_LIBXC && f->record != XSR_NO_RECORD && f->record_type == XSR_LIBXC_PAGE_DATA;

	if (f->severity != XSR_ERROR || pages || !job->input || !output_origin(&v->output, f->offset, &moved.offset)) {
		if (job->output)
			job->output(job->context, f);
		return;
	}
	moved.layer = XSR_LAYER_LEGACY;
	moved.record = XSR_NO_RECORD;
	moved.record_type = 0;
	moved.type_name = "";
	job->input(job->context, &moved);
}

static bool valid(const struct xsr_convert *job)
{
	const struct xsr_convert_options *o = &job->options;
	uint64_t reserved = 0;

	for (size_t i = 0; i < sizeof(o->reserved) / sizeof(o->reserved[0]); i++)
		reserved |= o->reserved[i];
	for (size_t i = 0; i < sizeof(job->reserved) / sizeof(job->reserved[0]); i++)
		reserved |= job->reserved[i];
	return !reserved && job->source && o->format <= XSR_FORMAT_XL &&
	    (!o->version || o->version == 2 || o->version == 3) && o->config_length < UINT32_MAX - 4;
}

/*
 * A file is looked through before it is converted, for what its end says. How long ids of transcendent memory are is
 * written nowhere: 24 bytes are right if they lead to an end.
 */
static void look_through(struct conversion *v)
{
	const struct xsr_source *s = v->job->source;
	bool choose;

	v->demand = v->job->options.demand;
	choose = v->demand.tmem && !v->demand.tmem_oid;
	if (choose)
		v->demand.tmem_oid = 24;
	if (!source_readable(s, v->base))
		return;
	survey_run(&v->survey, s->fd, v->base, &v->demand);
	if (!choose || v->survey.good)
		return;
	v->demand.tmem_oid = 8;
	survey_run(&v->survey, s->fd, v->base, &v->demand);
}

static enum xsr_status start(struct conversion *v)
{
	static const struct convert_port port = {
	    .write = port_write,
	    .mark = port_mark,
	    .pages = port_pages,
	    .redirect = port_redirect,
	    .replay = port_replay,
	    .clear = port_clear,
	    .aside = port_aside,
	    .load = port_load,
	    .store = port_store,
	    .gone = port_gone,
	};
	struct xsr_convert *job = v->job;
	xsr_finding_fn *input = job->input ? job->input : report_nothing;

	v->port = port;
	v->port.context = v;
	v->chunk = sizeof(v->buffer);
	v->image.fd = -1;
	if (job->source->kind == IO_SEEKABLE)
		v->base = lseek(job->source->fd, 0, SEEK_CUR) - (off_t)job->source->position;
	convert_start(&v->convert, &job->options, &job->result, &v->port, input, job->context);
	look_through(v);
	v->decoder = xsr_legacy_new(&v->demand, input, job->context);
	if (!v->decoder || !output_start(&v->output, job->sink, job->options.tmpdir, on_output, v))
		return io_fail(v->error, F_IO_MEMORY, 0, ENOMEM);
	return XSR_OK;
}

enum xsr_status xsr_convert_run(struct xsr_convert *job, struct xsr_finding *error)
{
	struct xsr_finding unwanted;
	enum xsr_status status;
	struct conversion *v;

	if (!error)
		error = &unwanted;
	if (!valid(job))
		return io_fail(error, F_IO_MISUSE, 0, 0);
	v = calloc(1, sizeof(*v));
	if (!v)
		return io_fail(error, F_IO_MEMORY, 0, ENOMEM);
	v->job = job;
	v->error = error;
	job->result = (struct xsr_convert_result){0};
	status = start(v);
	if (status == XSR_OK)
		status = run(v);
	convert_release(&v->convert);
	output_end(&v->output);
	xsr_legacy_free(v->decoder);
	image_drop(&v->image);
	survey_free(&v->survey);
	free(v);
	return status;
}
