/* SPDX-License-Identifier: MIT */
/* The engine of libxenguest: xc_domain_restore() in the child. */
#include "host.h"

#include <errno.h>

#include <xenctrl.h>
#include <xenguest.h>

#include "xen-common/xen.h"

/* What the callbacks need. */
struct context {
	struct engine_port *port;         /* way to the parent */
	const struct host_wiring *wiring; /* the domain */
	xc_interface *xc;                 /* hypervisor */
	uint32_t domid;                   /* the domain's number */
};

static void on_log(void *data, enum engine_level level, const char *text)
{
	const struct context *context = data;

	engine_log(context->port, level, text);
}

static void on_progress(void *data, const char *what, uint64_t done, uint64_t total)
{
	const struct context *context = data;

	engine_progress(context->port, what, done, total);
}

/*
 * Images of Xen before 4.14 have no CPU policy: the domain gets the one that toolstacks of that time gave. An
 * image that lacks only the MSRs keeps the host's.
 */
static int on_static_data(unsigned missing, void *data)
{
	const struct context *context = data;
	const struct host_wiring *wiring = context->wiring;
	int result;

	if (!(missing & XGR_SDD_MISSING_CPUID))
		return 0;
	result = xc_cpuid_apply_policy(context->xc, context->domid, true, NULL, 0, true,
	    wiring->invariant_tsc, wiring->nested, NULL, NULL);
	if (result != 0)
		engine_log(context->port, ENGINE_ERROR,
		    "cannot give the domain the CPU policy of older releases");
	return result;
}

/* Whether a checkpoint is complete was decided before it came here. */
static int on_checkpoint(void *data)
{
	(void)data;
	return XGR_CHECKPOINT_SUCCESS;
}

/*
 * The type for checkpoints serves for images without them, too: it makes a difference only from the first one on. When
 * the image ends behind it, the domain is completed from the last one.
 */
static int restore_with(struct context *context, int stream_fd)
{
	struct restore_callbacks callbacks = {
	    .static_data_done = on_static_data, .checkpoint = on_checkpoint, .data = context};
	const struct host_wiring *wiring = context->wiring;
	unsigned long store = 0, console = 0;
	int result = xc_domain_restore(context->xc, stream_fd, context->domid, wiring->store_port, &store,
	    wiring->store_domid, wiring->console_port, &console, wiring->console_domid, XC_STREAM_REMUS,
	    &callbacks, -1);

	if (result == 0)
		engine_tell_rings(context->port, store, console);
	return result;
}

static int restore(const struct engine_job *job, int stream_fd, struct engine_port *port)
{
	struct context context = {.port = port, .wiring = job->context, .domid = job->domid};
	struct xen_logger logger;
	int result, error;

	xen_logger_init(&logger, on_log, on_progress, &context);
	context.xc = xc_interface_open(&logger.vtable, &logger.vtable, 0);
	if (!context.xc)
		return -1;
	result = restore_with(&context, stream_fd);
	error = errno;
	xc_interface_close(context.xc);
	errno = error;
	return result;
}

engine_body *const host_engine = restore;
