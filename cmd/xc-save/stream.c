/* SPDX-License-Identifier: MIT */
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libstream/encoder.h>
#include <libstream/io.h>
#include <libstream/records.h>
#include <libstream/verify.h>

#include "follow.h"
#include "pace.h"

/* Bytes between two pushes towards the disk. */
#define FLUSH_EVERY (8u << 20)

struct stream {
	struct stream_setup setup;     /* what the caller asked for */
	struct xsr_decoder *decoder;   /* follows the whole stream, ours and the engine's */
	struct xsr_verifier *verifier; /* gets every event */
	struct xsr_sink *sink;         /* the output, or the compressor's pipe */
	struct compressor *compressor; /* between the two, or NULL */
	struct xsr_source *engine;     /* the engine's pipe, NULL if it writes to the output itself */
	struct stream_tail tail;       /* for the second part */
	int paced_fd;               /* what comes out of it at the bandwidth asked for, -1 if any will do */
	pthread_t thread;           /* the part that runs */
	bool running;               /* there is one to be joined */
	int event_fd;               /* readable when it is over */
	atomic_uint_fast64_t bytes; /* progress, for the other thread */
	atomic_uint_fast64_t checkpoints;    /* good ones that went to the output */
	atomic_uint_fast64_t checkpoint_end; /* bytes up to the end of the last one */
	atomic_bool waiting;                 /* all that was read is done with */
	uint64_t flushed;                    /* bytes whose way to the disk has begun */
	struct fault fault;                  /* first failure */
	unsigned lines;                      /* used of line[] */
	char line[STREAM_LINES][320];        /* what the verifier said */
};

static void on_finding(void *context, const struct xsr_finding *finding)
{
	struct stream *s = context;

	if (finding->severity == XSR_ERROR) {
		char text[300];

		xsr_finding_format(finding, text, sizeof(text));
		fault_set(&s->fault, FAULT_STREAM, "the stream does not verify: %s", text);
	}
	if (finding->severity >= XSR_WARNING && s->lines < STREAM_LINES)
		xsr_finding_format(finding, s->line[s->lines++], sizeof(s->line[0]));
}

/* The first error ends the pump: no use in saving the rest while the guest stands still. */
static bool on_event(void *context, const struct xsr_event *event)
{
	struct stream *s = context;

	atomic_store(&s->waiting, false);
	if (xsr_verifier_event(s->verifier, event) == XSR_E_NOMEM)
		return fault_set(&s->fault, FAULT_SYSTEM, "out of memory for the verifier");
	return s->fault.kind == FAULT_NONE;
}

/*
 * A file is sent on its way to the disk while it is written: what is left for the end is done while the guest
 * stands still. Where that is not possible, nothing is lost.
 */
static void on_tick(void *context, uint64_t offset)
{
	struct stream *s = context;

	atomic_store(&s->bytes, offset);
	if (offset - s->flushed < FLUSH_EVERY)
		return;
	(void)!sync_file_range(s->setup.output_fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	s->flushed = offset;
}

static void on_passed(void *context, uint64_t offset)
{
	struct stream *s = context;
	const struct xsr_summary *summary = xsr_verifier_summary(s->verifier);

	atomic_store(&s->bytes, offset);
	if (s->fault.kind == FAULT_NONE && summary->checkpoints) {
		atomic_store(&s->checkpoint_end, summary->checkpoint_end);
		atomic_store(&s->checkpoints, summary->checkpoints);
	}
	atomic_store(&s->waiting, true);
}

static bool pump(struct stream *s, struct xsr_source *source)
{
	struct xsr_finding error;
	struct xsr_pump job = {.source = source,
	    .decoder = s->decoder,
	    .sink = s->sink,
	    .event = on_event,
	    .tick = on_tick,
	    .passed = on_passed,
	    .context = s};
	enum xsr_status status;

	memset(&error, 0, sizeof(error));
	status = xsr_pump_run(&job, &error);
	atomic_store(&s->bytes, xsr_decoder_offset(s->decoder));
	/* A compressor that failed closed its pipe, and knows why. */
	if (status == XSR_E_IO && s->compressor && compressor_fault(s->compressor, &s->fault))
		return false;
	if (status == XSR_E_IO && error.sys_errno == EPIPE)
		return fault_set(&s->fault, FAULT_READER, "the reader of the output is gone");
	if (status == XSR_E_IO) {
		errno = error.sys_errno;
		return fault_errno(&s->fault, FAULT_SYSTEM, "cannot write the output");
	}
	if (status == XSR_E_NOMEM || status == XSR_E_MISUSE)
		return fault_set(&s->fault, FAULT_SYSTEM, "internal error in the pump: %s",
		    xsr_status_name(status));
	if (status != XSR_OK)
		on_finding(s, &error);
	return s->fault.kind == FAULT_NONE;
}

static bool pump_bytes(struct stream *s, const void *data, size_t size)
{
	struct xsr_source *source = xsr_source_from_memory(data, size);
	bool good;

	if (!source)
		return fault_set(&s->fault, FAULT_SYSTEM, "out of memory");
	good = pump(s, source);
	xsr_source_free(source);
	return good;
}

/*
 * The headers before the engine's image: xl's with the configuration, libxl's, the record that holds the
 * image.
 */
static enum xsr_status encode_head(const struct stream_setup *setup, struct xsr_buffer *out)
{
	const struct xsr_libxl_header libxl = {.version = XSR_LIBXL_VERSION};
	const struct xsr_xl_header xl = {
	    .mandatory_flags = XSR_XL_FLAG_JSON | XSR_XL_FLAG_STREAMV2,
	    .optional_data_length = (uint32_t)setup->config_size + 4,
	    .has_config = true,
	    .config_length = (uint32_t)setup->config_size,
	};
	enum xsr_status status = XSR_OK;

	if (setup->format == XSR_FORMAT_XL) {
		status = xsr_encode_xl_header(out, &xl);
		if (status == XSR_OK && out->size - out->length >= setup->config_size) {
			memcpy(out->data + out->length, setup->config, setup->config_size);
			out->length += setup->config_size;
		}
	}
	if (status == XSR_OK)
		status = xsr_encode_libxl_header(out, &libxl);
	if (status == XSR_OK)
		status = xsr_encode_record_header(out, XSR_LIBXL_LIBXC_CONTEXT, 0, false);
	return status;
}

/* The same in memory of its own. */
static bool make_head(const struct stream_setup *setup, struct xsr_buffer *out, struct fault *fault)
{
	*out = (struct xsr_buffer){.size = XSR_XL_HEADER_SIZE + 4 + setup->config_size + XSR_LIBXL_HEADER_SIZE +
	                                   XSR_RECORD_HEADER_SIZE};
	if (setup->format == XSR_FORMAT_LIBXC)
		return true;
	out->data = malloc(out->size);
	if (!out->data)
		return fault_set(fault, FAULT_SYSTEM, "out of memory");
	return encode_head(setup, out) == XSR_OK ||
	       fault_set(fault, FAULT_SYSTEM, "internal error: cannot encode the headers");
}

static bool pump_head(struct stream *s)
{
	struct xsr_buffer head;
	bool good = make_head(&s->setup, &head, &s->fault) &&
	            (head.length == 0 || pump_bytes(s, head.data, head.length));

	free(head.data);
	return good;
}

static bool write_head(const struct stream_setup *setup, struct fault *fault)
{
	struct xsr_sink *sink = xsr_sink_to_fd(setup->output_fd, false);
	struct xsr_finding error = {0};
	struct xsr_buffer head;
	bool good = make_head(setup, &head, fault) && (sink || fault_set(fault, FAULT_SYSTEM, "out of memory"));

	if (good && xsr_sink_write(sink, head.data, head.length, &error) != XSR_OK) {
		errno = error.sys_errno;
		good = fault_errno(fault, FAULT_SYSTEM, "cannot write the output");
	}
	free(head.data);
	xsr_sink_free(sink);
	return good;
}

bool stream_begin_file(struct stream_setup *setup, struct fault *fault)
{
	setup->growth_fd = -1;
	if (setup->bandwidth || setup->compression.method != COMPRESS_NONE)
		return true;
	setup->growth_fd = follow_watch(setup->output_fd);
	return setup->growth_fd < 0 || write_head(setup, fault);
}

/* A record of the device model's up to its data: its header, and the head that both kinds of them have. */
static bool pump_emulator_head(struct stream *s, uint32_t type, uint64_t size)
{
	const struct xsr_emulator head = {.id = XSR_EMULATOR_QEMU};
	uint8_t bytes[XSR_RECORD_HEADER_SIZE + XSR_EMULATOR_HEAD_SIZE];
	struct xsr_buffer out = {.data = bytes, .size = sizeof(bytes)};

	if (xsr_encode_record_header(&out, type, (uint32_t)(XSR_EMULATOR_HEAD_SIZE + size), false) !=
	        XSR_OK ||
	    xsr_emulator_encode(&out, false, &head) != XSR_OK)
		return fault_set(&s->fault, FAULT_SYSTEM, "internal error: cannot encode a record");
	return pump_bytes(s, out.data, out.length);
}

static bool pump_padding(struct stream *s, uint64_t size)
{
	static const uint8_t zeros[8];
	const unsigned padding = xsr_padding((uint32_t)size);

	return padding == 0 || pump_bytes(s, zeros, padding);
}

static bool pump_nodes(struct stream *s)
{
	if (!s->tail.nodes)
		return true;
	return pump_emulator_head(s, XSR_LIBXL_EMULATOR_XENSTORE_DATA, s->tail.nodes_size) &&
	       pump_bytes(s, s->tail.nodes, s->tail.nodes_size) && pump_padding(s, s->tail.nodes_size);
}

static bool pump_state(struct stream *s)
{
	struct xsr_finding error;
	struct xsr_source *source;
	bool good;

	if (s->tail.state_fd < 0)
		return true;
	if (lseek(s->tail.state_fd, 0, SEEK_SET) != 0)
		return fault_errno(&s->fault, FAULT_SYSTEM, "cannot read the device model's state");
	if (!pump_emulator_head(s, XSR_LIBXL_EMULATOR_CONTEXT, s->tail.state_size))
		return false;
	source = xsr_source_from_fd(s->tail.state_fd, false, &error);
	if (!source)
		return fault_set(&s->fault, FAULT_SYSTEM, "out of memory");
	good = pump(s, source);
	xsr_source_free(source);
	return good && pump_padding(s, s->tail.state_size);
}

static bool pump_end(struct stream *s)
{
	uint8_t bytes[XSR_RECORD_HEADER_SIZE];
	struct xsr_buffer out = {.data = bytes, .size = sizeof(bytes)};

	/* Nobody writes an END behind a checkpoint: such a stream ends anywhere. */
	if (s->setup.format == XSR_FORMAT_LIBXC || atomic_load(&s->checkpoints))
		return true;
	xsr_encode_record(&out, XSR_LIBXL_END, NULL, 0, false);
	return pump_nodes(s) && pump_state(s) && pump_bytes(s, out.data, out.length);
}

/* The engine's part, where it writes to the output itself. */
static void follow(struct stream *s)
{
	const struct follow job = {.file_fd = s->setup.output_fd,
	    .growth_fd = s->setup.growth_fd,
	    .end_fd = s->setup.engine_fd,
	    .decoder = s->decoder,
	    .event = on_event,
	    .tick = on_tick,
	    .waits = on_passed,
	    .context = s};

	if (follow_run(&job, &s->fault) && xsr_decoder_error(s->decoder))
		on_finding(s, xsr_decoder_error(s->decoder));
}

static void part_is_over(struct stream *s)
{
	const uint64_t one = 1;

	(void)!write(s->event_fd, &one, sizeof(one));
}

static void *body_thread(void *context)
{
	struct stream *s = context;

	if (s->setup.growth_fd >= 0)
		follow(s);
	else if (pump_head(s))
		pump(s, s->engine);
	/* Said before the pipe is closed: what the engine says of a closed pipe is not the reason. */
	part_is_over(s);
	xsr_source_free(s->engine);
	s->engine = NULL;
	return NULL;
}

static void *tail_thread(void *context)
{
	struct stream *s = context;

	if (pump_end(s)) {
		/* Their answers come as findings. */
		(void)xsr_decoder_finish(s->decoder);
		(void)xsr_verifier_finish(s->verifier, s->decoder);
		if (s->fault.kind == FAULT_NONE && !xsr_verifier_verdict(s->verifier)->complete)
			fault_set(&s->fault, FAULT_STREAM, "the stream is not complete");
	}
	if (s->fault.kind == FAULT_NONE && s->compressor)
		compressor_finish(s->compressor, &s->fault);
	/* Pipes and sockets cannot be synced, and need not. */
	if (s->fault.kind == FAULT_NONE && fsync(s->setup.output_fd) != 0 && errno != EINVAL &&
	    errno != EROFS)
		fault_errno(&s->fault, FAULT_SYSTEM, "cannot bring the output to the disk");
	part_is_over(s);
	return NULL;
}

/* Sets up what the pump writes to. */
static bool open_sink(struct stream *s, struct fault *fault)
{
	int fd = s->setup.output_fd;

	if (s->setup.compression.method != COMPRESS_NONE) {
		s->compressor = compressor_start(&s->setup.compression, fd, &fd, fault);
		if (!s->compressor)
			return false;
	}
	s->sink = xsr_sink_to_fd(fd, false);
	return s->sink || fault_set(fault, FAULT_SYSTEM, "out of memory");
}

/* Sets up what the pump reads from; it is its own to close from now on. */
static bool open_engine(struct stream *s)
{
	struct xsr_finding error;
	int fd = s->setup.engine_fd;

	if (s->setup.growth_fd >= 0)
		return true;
	if (s->setup.bandwidth)
		fd = s->paced_fd = pace_start(fd, s->setup.bandwidth);
	s->engine = fd < 0 ? NULL : xsr_source_from_fd(fd, true, &error);
	if (!s->engine && fd >= 0)
		close(fd);
	return s->engine;
}

struct stream *stream_new(const struct stream_setup *setup, struct fault *fault)
{
	struct stream *s = calloc(1, sizeof(*s));

	if (!s) {
		close(setup->engine_fd);
		if (setup->growth_fd >= 0)
			close(setup->growth_fd);
		fault_set(fault, FAULT_SYSTEM, "out of memory");
		return NULL;
	}
	s->setup = *setup;
	s->decoder = xsr_decoder_new(setup->format);
	s->verifier = xsr_verifier_new(XSR_DEPTH_STREAM, on_finding, s);
	s->paced_fd = -1;
	s->event_fd = eventfd(0, EFD_CLOEXEC);
	if (open_engine(s) && s->decoder && s->verifier && s->event_fd >= 0 && open_sink(s, fault))
		return s;
	fault_errno(fault, FAULT_SYSTEM, "cannot prepare the stream");
	stream_free(s);
	return NULL;
}

static bool start(struct stream *s, void *(*part)(void *), struct fault *fault)
{
	errno = pthread_create(&s->thread, NULL, part, s);
	if (errno)
		return fault_errno(fault, FAULT_SYSTEM, "cannot start a thread");
	s->running = true;
	return true;
}

bool stream_start_body(struct stream *stream, struct fault *fault)
{
	return start(stream, body_thread, fault);
}

bool stream_start_tail(struct stream *stream, const struct stream_tail *tail, struct fault *fault)
{
	stream->tail = *tail;
	return start(stream, tail_thread, fault);
}

int stream_fd(const struct stream *stream)
{
	return stream->event_fd;
}

bool stream_join(struct stream *stream, int patience_ms)
{
	struct pollfd pfd = {.fd = stream->event_fd, .events = POLLIN};
	uint64_t count;

	if (!stream->running)
		return true;
	if (poll(&pfd, 1, patience_ms) != 1)
		return false;
	(void)!read(stream->event_fd, &count, sizeof(count));
	pthread_join(stream->thread, NULL);
	stream->running = false;
	return true;
}

bool stream_result(const struct stream *stream, struct fault *fault)
{
	if (stream->fault.kind == FAULT_NONE)
		return true;
	return fault_set(fault, stream->fault.kind, "%s", stream->fault.text);
}

uint64_t stream_bytes(const struct stream *stream)
{
	return atomic_load(&stream->bytes);
}

uint64_t stream_stored(const struct stream *stream)
{
	return stream->compressor ? compressor_bytes(stream->compressor) : stream_bytes(stream);
}

/* Nothing waits in this pipe. */
static bool is_empty(int fd)
{
	int bytes;

	return fd < 0 || (ioctl(fd, FIONREAD, &bytes) == 0 && bytes == 0);
}

bool stream_is_idle(const struct stream *stream)
{
	struct stat st;

	if (stream->setup.growth_fd >= 0)
		return fstat(stream->setup.output_fd, &st) == 0 &&
		       (uint64_t)st.st_size == stream_bytes(stream) && atomic_load(&stream->waiting);
	/* In the order of the flow, so that bytes on their way from one to the next are seen. */
	return is_empty(stream->setup.engine_fd) && is_empty(stream->paced_fd) &&
	       atomic_load(&stream->waiting);
}

uint64_t stream_checkpoints(const struct stream *stream)
{
	return atomic_load(&stream->checkpoints);
}

uint64_t stream_checkpoint_end(const struct stream *stream)
{
	return atomic_load(&stream->checkpoint_end);
}

void stream_flush(struct stream *stream)
{
	/* A failure comes again at the end. */
	(void)!fdatasync(stream->setup.output_fd);
}

const char *stream_line(const struct stream *stream, unsigned index)
{
	return index < stream->lines ? stream->line[index] : NULL;
}

void stream_free(struct stream *stream)
{
	if (!stream || stream->running)
		return;
	xsr_decoder_free(stream->decoder);
	xsr_verifier_free(stream->verifier);
	xsr_sink_free(stream->sink);
	compressor_free(stream->compressor);
	xsr_source_free(stream->engine);
	if (stream->setup.growth_fd >= 0) {
		close(stream->setup.growth_fd);
		close(stream->setup.engine_fd);
	}
	if (stream->event_fd >= 0)
		close(stream->event_fd);
	free(stream);
}
