/* SPDX-License-Identifier: MIT */
/* The engine of libxenguest: xc_domain_save() in the child, its callbacks served by the parent. */
#include "guest.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <libstream/encoder.h>

#include <xenctrl.h>
#include <xenguest.h>

#include "xen-common/xen.h"

/* What the callbacks need. */
struct context {
	struct engine_port *port;     /* way to the parent */
	const struct engine_job *job; /* what to do */
	int stream_fd;                /* the stream */
	bool ended;                   /* by an answer: what libxenguest calls a failure then is none */
};

static void on_log(void *data, enum engine_level level, const char *text)
{
	const struct context *context = data;

	engine_log(context->port, context->ended ? ENGINE_DEBUG : level, text);
}

static void on_progress(void *data, const char *what, uint64_t done, uint64_t total)
{
	const struct context *context = data;

	engine_progress(context->port, what, done, total);
}

static int on_suspend(void *data)
{
	const struct context *context = data;

	return engine_ask_suspend(context->port);
}

/* libxenguest calls this for PVH as well, which has no device model: the parent knows. */
static int on_logdirty(uint32_t domid, unsigned enable, void *data)
{
	const struct context *context = data;

	(void)domid;
	return engine_ask_logdirty(context->port, enable) ? 0 : -1;
}

/* The count of dirty pages is not to be trusted before the first pass, nor known after any. */
static int on_policy(struct precopy_stats stats, void *data)
{
	const struct context *context = data;

	return engine_ask_policy(context->port, stats.iteration,
	    stats.dirty_count < 0 ? ENGINE_UNKNOWN : (uint64_t)stats.dirty_count);
}

/* Where libxl has a record of its own. */
static bool close_checkpoint(const struct context *context)
{
	uint8_t bytes[XSR_RECORD_HEADER_SIZE];
	struct xsr_buffer out = {.data = bytes, .size = sizeof(bytes)};

	if (!context->job->nested)
		return true;
	/* So few bytes go into a pipe in one piece. */
	return xsr_encode_record(&out, XSR_LIBXL_CHECKPOINT_END, NULL, 0, false) == XSR_OK &&
	       write(context->stream_fd, out.data, out.length) == (ssize_t)out.length;
}

/* The order of the callbacks is Remus's: this one first, the other one after it. */
static int on_postcopy(void *data)
{
	struct context *context = data;

	if (!close_checkpoint(context))
		return -1;
	context->ended = !engine_ask_copied(context->port);
	return !context->ended;
}

static int on_checkpoint(void *data)
{
	struct context *context = data;

	context->ended = !engine_ask_next(context->port);
	return !context->ended;
}

static int save(const struct engine_job *job, int stream_fd, struct engine_port *port)
{
	struct context context = {.port = port, .job = job, .stream_fd = stream_fd};
	struct save_callbacks callbacks = {
	    .suspend = on_suspend,
	    .switch_qemu_logdirty = on_logdirty,
	    .precopy_policy = on_policy,
	    .postcopy = on_postcopy,
	    .checkpoint = on_checkpoint,
	    .data = &context,
	};
	struct xen_logger logger;
	xc_interface *xc;
	int result, error;

	xen_logger_init(&logger, on_log, on_progress, &context);
	xc = xc_interface_open(&logger.vtable, &logger.vtable, 0);
	if (!xc)
		return -1;
	result = xc_domain_save(xc, stream_fd, job->domid, job->live ? XCFLAGS_LIVE : 0, &callbacks,
	    job->checkpoints ? XC_STREAM_REMUS : XC_STREAM_PLAIN, -1);
	error = errno;
	xc_interface_close(xc);
	errno = error;
	return result;
}

engine_body *const guest_engine = save;
