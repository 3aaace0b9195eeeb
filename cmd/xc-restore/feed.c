/* SPDX-License-Identifier: MIT */
#include "feed.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <libstream/encoder.h>
#include <libstream/io.h>
#include <libstream/records.h>

#include "emulator.h"
#include "legacy.h"

/* What waits to be handed on; the head of an image fits with room to spare. */
#define OUT_SIZE (4 * XSR_WHOLE_MAX)

/* Pages are handed on without being copied here if there are this many bytes of them. */
#define DIRECT 8192u

/* Longest configuration taken; libxl's are a few KiB. */
#define CONFIG_MAX (UINT32_C(1) << 20)

struct feed {
	int fd;                         /* the input, the caller's */
	struct legacy *legacy;          /* who converts it, NULL if it is of today */
	struct xsr_source *source;      /* the input */
	struct xsr_decoder *decoder;    /* understands it */
	struct xsr_verifier *verifier;  /* judges it */
	struct xsr_pump job;            /* the three at work */
	struct xsr_encoder *encoder;    /* gives the bytes of an event back */
	struct xsr_sink *sink;          /* the engine's pipe, NULL before feed_go() and for nowhere */
	struct xsr_buffer out;          /* verified, not yet handed on */
	struct emulator_state emulator; /* the device model's state */
	uint64_t checkpoints;           /* complete ones that the engine knows of */
	struct feed_blob model_nodes;   /* its nodes in xenstore */
	struct feed_head head;          /* what the beginning says */
	bool waited;                    /* feed_go() has been */
	bool engine_left;               /* the pipe's reader is gone */
	bool at_end;                    /* the outermost END was seen */
	pthread_t thread;               /* runs feed_main() */
	bool running;                   /* there is one to be joined */
	int event_fd;                   /* counts changes of state */
	pthread_mutex_t lock;           /* guards the next three */
	pthread_cond_t change;          /* go or cancelled was set */
	bool go, cancelled;             /* orders */
	enum feed_state state;          /* news */
	atomic_uint_fast64_t bytes;     /* progress, for the other thread */
	uint64_t size;                  /* of the input, 0 if unknown */
	struct fault fault;             /* first failure */
	unsigned lines;                 /* used of line[] */
	char line[FEED_LINES][320];     /* what the verifier said */
};

static void on_finding(void *context, const struct xsr_finding *finding)
{
	struct feed *f = context;

	if (finding->severity == XSR_ERROR) {
		char text[300];

		xsr_finding_format(finding, text, sizeof(text));
		fault_set(&f->fault, FAULT_STREAM, "%s", text);
	} else if (finding->severity == XSR_WARNING && f->lines < FEED_LINES) {
		xsr_finding_format(finding, f->line[f->lines++], sizeof(f->line[0]));
	}
}

/* A reader that leaves ends the feed, but why it left is for the engine to say. */
static bool not_written(struct feed *f, const struct xsr_finding *error)
{
	f->engine_left = error->sys_errno == EPIPE;
	if (f->engine_left)
		return false;
	errno = error->sys_errno;
	return fault_errno(&f->fault, FAULT_SYSTEM, "cannot write to the engine");
}

static bool hand_on(struct feed *f, const void *data, size_t size)
{
	struct xsr_finding error = {0};

	if (!f->sink || !size)
		return true;
	return xsr_sink_write(f->sink, data, size, &error) == XSR_OK || not_written(f, &error);
}

static bool flush(struct feed *f)
{
	size_t length = f->out.length;

	f->out.length = 0;
	return hand_on(f, f->out.data, length);
}

static void set_state(struct feed *f, enum feed_state state)
{
	const uint64_t one = 1;

	pthread_mutex_lock(&f->lock);
	f->state = state;
	pthread_mutex_unlock(&f->lock);
	(void)!write(f->event_fd, &one, sizeof(one));
}

/* The head is complete: on with the rest only when told. */
static bool wait_for_go(struct feed *f)
{
	bool cancelled;

	f->waited = true;
	set_state(f, FEED_WAITS);
	pthread_mutex_lock(&f->lock);
	while (!f->go && !f->cancelled)
		pthread_cond_wait(&f->change, &f->lock);
	cancelled = f->cancelled;
	pthread_mutex_unlock(&f->lock);
	return !cancelled;
}

static bool forward(struct feed *f, const struct xsr_event *e)
{
	if (e->type == XSR_EVENT_PAGES && e->u.bytes.length >= DIRECT)
		return flush(f) && hand_on(f, e->u.bytes.data, e->u.bytes.length);
	if (xsr_encoder_event(f->encoder, e, &f->out) == XSR_OK)
		return true;
	/* Full: the head has grown beyond all sense if that happens before it is known. */
	if (!f->waited && !wait_for_go(f))
		return false;
	return flush(f) && (xsr_encoder_event(f->encoder, e, &f->out) == XSR_OK ||
	                       fault_set(&f->fault, FAULT_SYSTEM, "internal error: an event does not fit"));
}

/* Page data goes into the engine's pipe without being copied here, where the kernel can: nobody here looks at it. */
static bool on_payload(void *context, const struct xsr_event *e)
{
	struct feed *f = context;

	f->job.pages = f->sink;
	return f->sink && e->u.payload.length >= DIRECT && flush(f);
}

/* Grows a blob by a piece that lies at a position in it. */
static bool collect(struct feed *f, struct feed_blob *blob, const struct xsr_event *e, size_t most)
{
	size_t size = blob->size + e->u.bytes.length;
	uint8_t *data;

	if (e->u.bytes.position != blob->size || size > most)
		return fault_set(&f->fault, FAULT_STREAM, "%s at offset %llu is longer than %zu bytes",
		    e->record ? "a record" : "the configuration", (unsigned long long)e->offset, most);
	data = realloc(blob->data, size + 1);
	if (!data)
		return fault_set(&f->fault, FAULT_SYSTEM, "out of memory");
	memcpy(data + blob->size, e->u.bytes.data, e->u.bytes.length);
	data[size] = '\0';
	blob->data = data;
	blob->size = size;
	return true;
}

/* Its nodes in xenstore; more of them than fit in one piece are no guest's. */
static bool collect_nodes(struct feed *f, const struct xsr_event *e)
{
	if (e->u.bytes.position != 0 || e->u.bytes.length <= XSR_EMULATOR_HEAD_SIZE)
		return true;
	/* Each checkpoint has them again. */
	free(f->model_nodes.data);
	f->model_nodes.size = e->u.bytes.length - XSR_EMULATOR_HEAD_SIZE;
	f->model_nodes.data = malloc(f->model_nodes.size);
	if (!f->model_nodes.data)
		return fault_set(&f->fault, FAULT_SYSTEM, "out of memory");
	memcpy(f->model_nodes.data, (const uint8_t *)e->u.bytes.data + XSR_EMULATOR_HEAD_SIZE,
	    f->model_nodes.size);
	return true;
}

static bool take_body(struct feed *f, const struct xsr_event *e)
{
	if (e->layer == XSR_LAYER_LIBXL && e->record->type == XSR_LIBXL_EMULATOR_CONTEXT)
		return emulator_piece(&f->emulator, e, &f->fault);
	if (e->layer == XSR_LAYER_LIBXL && e->record->type == XSR_LIBXL_EMULATOR_XENSTORE_DATA)
		return collect_nodes(f, e);
	if (e->layer == XSR_LAYER_LIBXL)
		return true;
	if (e->record->type == XSR_LIBXC_X86_CPUID_POLICY && !f->head.cpuid.data)
		return collect(f, &f->head.cpuid, e, XSR_WHOLE_MAX);
	if (e->record->type == XSR_LIBXC_X86_MSR_POLICY && !f->head.msrs.data)
		return collect(f, &f->head.msrs, e, XSR_WHOLE_MAX);
	return true;
}

/* Keeps what others want to know. */
static bool take(struct feed *f, const struct xsr_event *e)
{
	switch (e->type) {
	case XSR_EVENT_XL_HEADER:
		f->head.config_is_json = e->u.xl.mandatory_flags & XSR_XL_FLAG_JSON;
		return true;
	case XSR_EVENT_XL_CONFIG:
		f->head.has_config = true;
		return collect(f, &f->head.config, e, CONFIG_MAX);
	case XSR_EVENT_LIBXL_HEADER:
		f->head.has_libxl = true;
		return true;
	case XSR_EVENT_IMAGE_HEADER:
		f->head.image = e->u.image;
		return true;
	case XSR_EVENT_DOMAIN_HEADER:
		f->head.domain = e->u.domain;
		return true;
	case XSR_EVENT_BODY:
		return take_body(f, e);
	case XSR_EVENT_END:
		f->at_end = true;
		return true;
	default:
		return true;
	}
}

/*
 * True where the head is complete: version 3 has a record that says so; in version 2 nothing of use follows the
 * headers.
 */
static bool head_ends(const struct feed *f, const struct xsr_event *e)
{
	if (f->waited || e->layer != XSR_LAYER_LIBXC)
		return false;
	if (e->type == XSR_EVENT_DOMAIN_HEADER)
		return f->head.image.version < 3;
	return e->type == XSR_EVENT_RECORD_END && e->record->type == XSR_LIBXC_STATIC_DATA_END;
}

static bool is_image_end(const struct xsr_event *e)
{
	return e->type == XSR_EVENT_RECORD_END && e->layer == XSR_LAYER_LIBXC &&
	       e->record->type == XSR_LIBXC_END;
}

/* What the engine gets to see of a checkpoint comes later. */
static bool is_checkpoint(const struct xsr_event *e)
{
	return e->record && e->layer == XSR_LAYER_LIBXC && e->record->type == XSR_LIBXC_CHECKPOINT;
}

/*
 * A checkpoint is complete when all layers say so. Only then the engine is told: it takes over what it has kept, and
 * keeps what follows until it is told again. So what is behind the last one goes nowhere.
 */
static bool heed_checkpoint(struct feed *f)
{
	const uint64_t complete = xsr_verifier_summary(f->verifier)->checkpoints;
	uint8_t bytes[XSR_RECORD_HEADER_SIZE];
	struct xsr_buffer out = {.data = bytes, .size = sizeof(bytes)};

	if (complete == f->checkpoints)
		return true;
	f->checkpoints = complete;
	if (xsr_encode_record(&out, XSR_LIBXC_CHECKPOINT, NULL, 0, f->head.image.options & 1) != XSR_OK)
		return fault_set(&f->fault, FAULT_SYSTEM, "internal error: cannot encode a record");
	return emulator_commit(&f->emulator, &f->fault) && flush(f) && hand_on(f, out.data, out.length);
}

/* One event: judged, then kept, then handed on. False ends the pump. */
static bool on_event(void *context, const struct xsr_event *e)
{
	struct feed *f = context;

	if (xsr_verifier_event(f->verifier, e) == XSR_E_NOMEM)
		return fault_set(&f->fault, FAULT_SYSTEM, "out of memory for the verifier");
	if (f->fault.kind != FAULT_NONE || f->engine_left || !take(f, e))
		return false;
	if (e->layer == XSR_LAYER_LIBXC && e->type != XSR_EVENT_END && e->type != XSR_EVENT_TRAILER &&
	    !is_checkpoint(e) && !forward(f, e))
		return false;
	if (!heed_checkpoint(f))
		return false;
	if (head_ends(f, e) && !wait_for_go(f))
		return false;
	/* The engine ends by itself with the image, but what follows it is still to be judged. */
	if (is_image_end(e) && !flush(f))
		return false;
	/*
	 * What follows on a pipe is not ours to wait for. But a compressed input has its checksum there, and a file
	 * that goes on is not what it seems to be.
	 */
	return e->type != XSR_EVENT_END || f->size || xsr_source_compressed(f->source);
}

static void on_tick(void *context, uint64_t offset)
{
	struct feed *f = context;

	atomic_store(&f->bytes, offset);
}

static void pump(struct feed *f)
{
	struct xsr_finding error = {0};
	enum xsr_status status;

	f->job = (struct xsr_pump){.source = f->source,
	    .decoder = f->decoder,
	    .want_pages = true,
	    .event = on_event,
	    .tick = on_tick,
	    .payload = on_payload,
	    .context = f};
	status = xsr_pump_run(&f->job, &error);
	atomic_store(&f->bytes, xsr_decoder_offset(f->decoder));
	if (status == XSR_E_IO && strcmp(error.id, "io.write") == 0) {
		not_written(f, &error);
		return;
	}
	/* A checkpointed stream ends where it breaks off. */
	if (status == XSR_E_IO && f->checkpoints && f->lines < FEED_LINES) {
		snprintf(f->line[f->lines++], sizeof(f->line[0]), "the image breaks off: %s",
		    strerror(error.sys_errno));
	} else if (status == XSR_E_IO) {
		errno = error.sys_errno;
		fault_errno(&f->fault, FAULT_SYSTEM, "cannot read the image");
	} else if (status == XSR_E_NOMEM || status == XSR_E_MISUSE) {
		fault_set(&f->fault, FAULT_SYSTEM, "internal error in the pump: %s", xsr_status_name(status));
	} else if (status != XSR_OK) {
		on_finding(f, &error);
	}
}

/* Nobody goes on: no judgement is wanted. */
static bool is_cut_short(struct feed *f)
{
	bool cut;

	pthread_mutex_lock(&f->lock);
	cut = f->cancelled;
	pthread_mutex_unlock(&f->lock);
	return cut || f->engine_left || f->fault.kind != FAULT_NONE;
}

/* A legacy image is read through its converter. Looked at before anything is taken from the input. */
static bool begin(struct feed *f)
{
	struct xsr_finding error = {0};
	int stream = -1;

	f->source = xsr_source_from_fd(f->fd, false, &error);
	if (f->source && legacy_is(f->source)) {
		/* Theirs from now on. */
		f->legacy = legacy_start(f->source, &stream, &f->fault);
		f->source = f->legacy ? xsr_source_from_fd(stream, true, &error) : NULL;
		if (!f->legacy)
			return false;
	}
	if (!f->source) {
		if (f->legacy)
			close(stream);
		errno = error.sys_errno;
		return fault_errno(&f->fault, FAULT_SYSTEM, "cannot read the image");
	}
	if (f->legacy || !xsr_source_size(f->source, &f->size))
		f->size = 0;
	return true;
}

/* What the converter has to say is the cause of what its output lacks. */
static void finish_legacy(struct feed *f)
{
	struct fault fault = {.kind = FAULT_NONE};

	if (!f->legacy)
		return;
	/* It must not wait for a reader. */
	xsr_source_free(f->source);
	f->source = NULL;
	if (!legacy_finish(f->legacy, &fault))
		f->fault = fault;
	f->legacy = NULL;
}

static void *feed_main(void *context)
{
	struct feed *f = context;

	if (begin(f))
		pump(f);
	finish_legacy(f);
	if (!is_cut_short(f)) {
		/* Their answers come as findings. */
		(void)xsr_decoder_finish(f->decoder);
		(void)xsr_verifier_finish(f->verifier, f->decoder);
		if ((!f->at_end && !f->checkpoints) || !xsr_verifier_verdict(f->verifier)->complete)
			fault_set(&f->fault, FAULT_STREAM, "the image is not complete");
		if (f->fault.kind == FAULT_NONE && f->checkpoints)
			emulator_drop(&f->emulator, &f->fault);
		else if (f->fault.kind == FAULT_NONE)
			emulator_commit(&f->emulator, &f->fault);
	}
	/* Said before the pipe is closed: what the engine says of a closed pipe is not the reason. */
	set_state(f, FEED_OVER);
	xsr_sink_free(f->sink);
	f->sink = NULL;
	return NULL;
}

struct feed *feed_new(int fd, struct fault *fault)
{
	struct feed *f = calloc(1, sizeof(*f));

	if (!f) {
		fault_set(fault, FAULT_SYSTEM, "out of memory");
		return NULL;
	}
	f->fd = fd;
	f->emulator.fd = -1;
	pthread_mutex_init(&f->lock, NULL);
	pthread_cond_init(&f->change, NULL);
	f->decoder = xsr_decoder_new(XSR_FORMAT_UNKNOWN);
	f->verifier = xsr_verifier_new(XSR_DEPTH_STREAM, on_finding, f);
	f->encoder = xsr_encoder_new();
	f->out.data = malloc(OUT_SIZE);
	f->out.size = OUT_SIZE;
	f->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (f->decoder && f->verifier && f->encoder && f->out.data && f->event_fd >= 0)
		return f;
	fault_errno(fault, FAULT_SYSTEM, "cannot read the image");
	feed_free(f);
	return NULL;
}

bool feed_start(struct feed *feed, struct fault *fault)
{
	errno = pthread_create(&feed->thread, NULL, feed_main, feed);
	if (errno)
		return fault_errno(fault, FAULT_SYSTEM, "cannot start a thread");
	feed->running = true;
	return true;
}

int feed_fd(const struct feed *feed)
{
	return feed->event_fd;
}

enum feed_state feed_state(struct feed *feed)
{
	enum feed_state state;
	uint64_t count;

	/* Emptied before the look: news that come in between are told again, not lost. */
	(void)!read(feed->event_fd, &count, sizeof(count));
	pthread_mutex_lock(&feed->lock);
	state = feed->state;
	pthread_mutex_unlock(&feed->lock);
	return state;
}

const struct feed_head *feed_head(const struct feed *feed)
{
	return &feed->head;
}

static void order(struct feed *feed, bool *what)
{
	pthread_mutex_lock(&feed->lock);
	*what = true;
	if (feed->state == FEED_WAITS)
		feed->state = FEED_READS;
	pthread_cond_signal(&feed->change);
	pthread_mutex_unlock(&feed->lock);
}

void feed_go(struct feed *feed, int engine_fd, int emulator_fd)
{
	/* The thread waits on the lock's condition, so that these are its own again afterwards. */
	feed->emulator.fd = emulator_fd;
	if (engine_fd >= 0)
		feed->sink = xsr_sink_to_fd(engine_fd, true);
	if (engine_fd >= 0 && !feed->sink) {
		close(engine_fd);
		fault_set(&feed->fault, FAULT_SYSTEM, "out of memory");
	}
	order(feed, &feed->go);
}

void feed_cancel(struct feed *feed)
{
	order(feed, &feed->cancelled);
}

bool feed_join(struct feed *feed, int patience_ms)
{
	struct pollfd pfd = {.fd = feed->event_fd, .events = POLLIN};

	while (feed->running && feed_state(feed) != FEED_OVER)
		if (poll(&pfd, 1, patience_ms) != 1)
			return false;
	if (feed->running)
		pthread_join(feed->thread, NULL);
	feed->running = false;
	return true;
}

bool feed_result(const struct feed *feed, struct fault *fault)
{
	if (feed->fault.kind == FAULT_NONE)
		return true;
	return fault_set(fault, feed->fault.kind, "%s", feed->fault.text);
}

bool feed_engine_left(const struct feed *feed)
{
	return feed->engine_left;
}

uint64_t feed_emulator_size(const struct feed *feed)
{
	return feed->emulator.size;
}

uint32_t feed_emulator_id(const struct feed *feed)
{
	return feed->emulator.id;
}

const struct feed_blob *feed_model_nodes(const struct feed *feed)
{
	return &feed->model_nodes;
}

uint64_t feed_bytes(const struct feed *feed)
{
	return atomic_load(&feed->bytes);
}

uint64_t feed_size(const struct feed *feed)
{
	return feed->size;
}

const char *feed_line(const struct feed *feed, unsigned index)
{
	return index < feed->lines ? feed->line[index] : NULL;
}

const struct xsr_summary *feed_summary(const struct feed *feed)
{
	return xsr_verifier_summary(feed->verifier);
}

void feed_free(struct feed *feed)
{
	if (!feed || feed->running)
		return;
	xsr_decoder_free(feed->decoder);
	xsr_verifier_free(feed->verifier);
	xsr_encoder_free(feed->encoder);
	xsr_source_free(feed->source);
	xsr_sink_free(feed->sink);
	free(feed->out.data);
	free(feed->head.config.data);
	free(feed->head.cpuid.data);
	free(feed->head.msrs.data);
	free(feed->model_nodes.data);
	if (feed->event_fd >= 0)
		close(feed->event_fd);
	pthread_mutex_destroy(&feed->lock);
	pthread_cond_destroy(&feed->change);
	free(feed);
}
