/* SPDX-License-Identifier: MIT */
#include "saver.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "common/output.h"

#include "checkpoints.h"
#include "config.h"
#include "fate.h"
#include "guest.h"
#include "passes.h"
#include "stream.h"

/* How often progress is told, and how long the helpers get to end by themselves. */
#define PROGRESS_MS        250
#define ENGINE_PATIENCE_MS 10000
#define STREAM_PATIENCE_MS 3000

/* How long a device model gets to switch the log of dirty pages off after the engine was killed. */
#define CLEAN_UP_PATIENCE_S 2

struct saver {
	const struct save_request *request; /* what to do */
	const struct save_hooks *hooks;     /* where news go */
	struct save_outcome *outcome;       /* where results go */
	int signal_fd;                      /* TERM, INT and HUP arrive here */
	struct guest *guest;                /* the guest */
	struct device_model *model;         /* of an HVM guest, else NULL */
	char *nodes;                        /* what the device model has in xenstore, NULL for nothing */
	size_t nodes_size;                  /* bytes there */
	char *config;                       /* for an xl image */
	size_t config_size;                 /* its bytes */
	struct output output;               /* where the stream goes */
	struct engine *engine;              /* who makes it */
	bool engine_talks;                  /* its socket is open */
	bool engine_writes;                 /* to the output itself */
	struct stream *stream;              /* who moves and checks it */
	struct passes passes;               /* of a live save */
	struct checkpoints checkpoints;     /* of a save that has them */
	int64_t suspended_at;               /* ms; 0 while the guest runs */
	int64_t handed_over_at;             /* ms; when the image was complete and in its place */
};

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void tell(struct saver *s, enum save_phase phase)
{
	const struct domain_facts *facts = guest_facts(s->guest);
	const struct save_progress progress = {
	    .phase = phase,
	    .domain = facts,
	    .bytes = s->stream ? stream_bytes(s->stream) : 0,
	    /* The pages, and an entry for each frame number, used or not; the rest of an image is small. */
	    .expected = facts->pages * 4096 + facts->p2m_size * 8,
	};

	s->hooks->progress(s->hooks->context, &progress);
}

/* Takes a signal if there is one. */
static bool interrupted(struct saver *s)
{
	struct signalfd_siginfo info;
	struct pollfd pfd = {.fd = s->signal_fd, .events = POLLIN};

	if (poll(&pfd, 1, 0) != 1 || read(s->signal_fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return false;
	s->outcome->ended = s->outcome->checkpoints && s->outcome->fault.kind == FAULT_NONE;
	fault_set(&s->outcome->fault, FAULT_SYSTEM, "stopped by signal %u (%s)", info.ssi_signo,
	    strsignal((int)info.ssi_signo));
	return true;
}

/* What rules a guest out before anything is done to it. */
static bool check_guest(struct saver *s)
{
	const struct domain_facts *facts = guest_facts(s->guest);
	struct fault *fault = &s->outcome->fault;

	if (facts->domid == 0)
		return fault_set(fault, FAULT_SYSTEM, "domain 0 cannot be saved");
	if (facts->dying)
		return fault_set(fault, FAULT_UNSUSPENDED, "the domain is being destroyed");
	if (facts->shutdown && facts->shutdown_reason == DOMAIN_SUSPEND)
		return fault_set(fault, FAULT_UNSUSPENDED,
		    "the guest is suspended already, perhaps left by a save that was killed; "
		    "'xc-save --resume' makes it run on");
	if (facts->shutdown)
		return fault_set(fault, FAULT_UNSUSPENDED, "the guest is shut down: %s",
		    domain_reason_name(facts->shutdown_reason));
	if (facts->paused)
		return fault_set(fault, FAULT_UNSUSPENDED,
		    "the guest is paused and cannot answer; unpause it first");
	return true;
}

static void warn(struct saver *s, const char *text)
{
	if (s->hooks->warning)
		s->hooks->warning(s->hooks->context, text);
}

/* Whether the guest can run meanwhile is found out before anything else is done. */
static bool decide_live(struct saver *s)
{
	struct fault why = {.kind = FAULT_NONE};
	char text[sizeof(why.text) + 32];

	s->outcome->live = s->request->live != LIVE_NO;
	if (s->request->checkpoints && guest_facts(s->guest)->type == DOMAIN_HVM)
		return fault_set(&s->outcome->fault, FAULT_UNSUSPENDED,
		    "HVM guests cannot be saved in checkpoints: the state of their device model would be "
		    "missing");
	if (!s->outcome->live || guest_can_be_live(s->guest, &why))
		return true;
	if (s->request->live == LIVE_YES || why.kind != FAULT_UNSUSPENDED) {
		s->outcome->fault = why;
		return false;
	}
	s->outcome->live = false;
	snprintf(text, sizeof(text), "%s; saved standing still", why.text);
	warn(s, text);
	return true;
}

/* A device model that does not answer is better known while the guest still runs. */
static bool check_model(struct saver *s)
{
	struct fault *fault = &s->outcome->fault;

	if (guest_facts(s->guest)->type != DOMAIN_HVM)
		return true;
	if (s->request->format == XSR_FORMAT_LIBXC)
		warn(s, "the state of the device model has no place in a bare libxc image and is not saved");
	s->model = guest_device_model(s->guest, fault);
	return s->model && device_model_check(s->model, s->request->timeout_s, fault);
}

static void warn_of_obstacle(void *context, const char *text)
{
	warn(context, text);
}

/* What stands against saving this guest, and the configuration, since part of that is known from there. */
static bool look_closer(struct saver *s)
{
	const struct domain_facts *facts = guest_facts(s->guest);
	struct fault *fault = &s->outcome->fault;
	struct obstacles obstacles;
	size_t length = 0;
	char *stored = guest_stored_config(s->guest, &length);
	bool good;

	guest_obstacles(s->guest, stored, length, &obstacles);
	good = obstacles_judge(&obstacles, facts, warn_of_obstacle, s, fault);
	if (good && s->request->format == XSR_FORMAT_XL) {
		s->config = config_make(stored, length, facts, &s->config_size, fault);
		good = s->config != NULL;
	}
	free(stored);
	return good;
}

/* It says by itself what is wrong. */
static bool open_output(struct saver *s)
{
	const struct save_partner *partner = s->request->partner;
	bool good;

	if (partner) {
		int fd = fcntl(partner->output_fd, F_DUPFD_CLOEXEC, 0);

		good = output_open_descriptor(&s->output, fd, partner->name);
	} else {
		good = output_open(&s->output, s->request->path);
	}
	return good || fault_set(&s->outcome->fault, FAULT_SYSTEM, "%s", "");
}

static void helpers_init(struct saver *s)
{
	s->checkpoints = (struct checkpoints){.request = s->request,
	    .hooks = s->hooks,
	    .outcome = s->outcome,
	    .guest = s->guest,
	    .engine = s->engine,
	    .stream = s->stream,
	    .output = &s->output,
	    .suspended_at = &s->suspended_at};
	s->passes = (struct passes){.limits = &s->request->limits,
	    .hooks = s->hooks,
	    .guest = s->guest,
	    .engine = s->engine,
	    .stream = s->stream,
	    .started = (double)now_ms() / 1000,
	    .downtime = -1};
}

/* Everything that can fail without the guest noticing. */
static bool prepare(struct saver *s)
{
	struct fault *fault = &s->outcome->fault;
	const struct domain_facts *facts;
	struct engine_job job = {0};
	struct stream_setup setup = {.format = s->request->format, .growth_fd = -1};

	s->guest = guest_open(s->request->domain, fault);
	if (!s->guest || !check_guest(s) || !look_closer(s) || !check_model(s) || !decide_live(s))
		return false;
	if (!open_output(s))
		return false;
	tell(s, PHASE_STARTED);
	setup.config = s->config;
	setup.config_size = s->config_size;
	setup.output_fd = s->output.fd;
	setup.bandwidth = s->request->bandwidth;
	setup.compression = s->request->compression;
	if (s->output.temporary && !stream_begin_file(&setup, fault))
		return false;
	s->engine_writes = setup.growth_fd >= 0;
	facts = guest_facts(s->guest);
	job.domid = facts->domid;
	job.hvm = facts->type != DOMAIN_PV;
	job.live = s->outcome->live;
	job.checkpoints = s->request->checkpoints;
	job.nested = s->request->format != XSR_FORMAT_LIBXC;
	job.file_fd = s->engine_writes ? s->output.fd : 0;
	s->engine = engine_start(guest_engine, &job, ENGINE_WRITES, fault);
	if (!s->engine)
		return false;
	s->engine_talks = true;
	setup.engine_fd = engine_take_stream(s->engine);
	s->stream = stream_new(&setup, fault);
	helpers_init(s);
	return s->stream && stream_start_body(s->stream, fault);
}

/*
 * The device model stops after the guest, or the guest would wait for it; and before the engine goes on, or it would
 * dirty pages that are sent already.
 */
static bool stop_model(struct saver *s)
{
	/* Whoever takes over from a paused guest opens the same disks. */
	const bool release = s->request->then == THEN_PAUSE || s->request->partner;

	if (!s->model)
		return true;
	if (!device_model_stop(s->model, release, s->request->timeout_s, &s->outcome->fault))
		return false;
	s->nodes = guest_model_nodes(s->guest, &s->nodes_size);
	return true;
}

static bool stop_guest(struct saver *s)
{
	const struct patience patience = {
	    .timeout_s = s->request->timeout_s,
	    .wake_fds = {s->signal_fd, stream_fd(s->stream)},
	};

	if (!guest_suspend(s->guest, &patience, &s->outcome->fault))
		return false;
	s->suspended_at = now_ms();
	return stop_model(s);
}

/* The engine asks for a guest that stands still. */
static void serve_suspend(struct saver *s)
{
	const struct save_partner *partner = s->request->partner;
	bool done = (!partner || partner->may_suspend(partner->context, &s->outcome->fault)) && stop_guest(s);

	if (done)
		tell(s, PHASE_SUSPENDED);
	engine_answer(s->engine, done);
}

/* Asked for PVH as well, which has no device model: nothing to do is done. */
static void serve_logdirty(struct saver *s, bool on)
{
	bool done =
	    !s->model || device_model_log_dirty(s->model, on, s->request->timeout_s, &s->outcome->fault);

	engine_answer(s->engine, done ? 0 : -1);
}

static void serve_engine(struct saver *s)
{
	struct engine_message message;

	if (!engine_receive(s->engine, &message)) {
		/* It has ended; the stream ends with it, and that is waited for. */
		s->engine_talks = false;
		return;
	}
	switch (message.kind) {
	case ENGINE_LOG:
		s->hooks->log(s->hooks->context, (enum engine_level)message.level, message.text);
		break;
	case ENGINE_SUSPEND:
		serve_suspend(s);
		break;
	case ENGINE_COPIED:
	case ENGINE_NEXT:
		checkpoints_question(&s->checkpoints, &message, &s->outcome->fault);
		break;
	case ENGINE_POLICY:
		passes_question(&s->passes, &message);
		break;
	case ENGINE_LOGDIRTY:
		serve_logdirty(s, message.level);
		break;
	default:
		break;
	}
}

/* The partner's word counts like a signal. */
static bool heed_partner(struct saver *s)
{
	const struct save_partner *partner = s->request->partner;

	return !partner || partner->look(partner->context, stream_bytes(s->stream), &s->outcome->fault);
}

static int patience_ms(const struct saver *s)
{
	return checkpoints_patience_ms(&s->checkpoints, passes_patience_ms(&s->passes, PROGRESS_MS));
}

/* Serves the engine until the part of the stream that runs is over. True if that went well. */
static bool serve(struct saver *s)
{
	int64_t told = now_ms();

	while (s->outcome->fault.kind == FAULT_NONE) {
		struct pollfd fds[] = {
		    {.fd = stream_fd(s->stream), .events = POLLIN},
		    {.fd = s->signal_fd, .events = POLLIN},
		    {.fd = s->engine_talks ? engine_fd(s->engine) : -1, .events = POLLIN},
		    {.fd = s->request->partner ? s->request->partner->news_fd : -1, .events = POLLIN},
		};

		poll(fds, 4, patience_ms(s));
		if (fds[1].revents && interrupted(s))
			return false;
		if (!heed_partner(s))
			return false;
		/* The stream first: once it is over, the engine's complaints are but an echo. */
		if (fds[0].revents && stream_join(s->stream, 0))
			return stream_result(s->stream, &s->outcome->fault);
		if (fds[2].revents)
			serve_engine(s);
		if (!passes_serve(&s->passes, &s->outcome->fault) ||
		    !checkpoints_serve(&s->checkpoints, &s->outcome->fault))
			return false;
		if (now_ms() - told >= PROGRESS_MS) {
			tell(s, PHASE_COPYING);
			told = now_ms();
		}
	}
	return false;
}

/* What kept the engine from writing keeps us from it as well: another byte does no harm to an image that is lost. */
static bool output_takes_more(struct saver *s)
{
	return write(s->output.fd, "", 1) == 1 ||
	       fault_errno(&s->outcome->fault, FAULT_SYSTEM, "cannot write the output");
}

/* The engine's stream is at its end: did it mean it? */
static bool engine_succeeded(struct saver *s)
{
	struct engine_outcome out = engine_wait(s->engine, ENGINE_PATIENCE_MS);
	struct fault *fault = &s->outcome->fault;

	if (!out.success && !out.killed && s->engine_writes && !output_takes_more(s))
		return false;
	return out.success || engine_fault(&out, fault);
}

static bool start_tail(struct saver *s)
{
	struct stream_tail tail = {.state_fd = -1, .nodes = s->nodes, .nodes_size = s->nodes_size};

	if (s->model)
		tail.state_fd = device_model_state(s->model, &tail.state_size);
	return stream_start_tail(s->stream, &tail, &s->outcome->fault);
}

static bool copy(struct saver *s)
{
	if (!serve(s) || !engine_succeeded(s))
		return false;
	s->engine_talks = false;
	if (guest_state(s->guest) != GUEST_SUSPENDED)
		return fault_set(&s->outcome->fault, FAULT_SYSTEM,
		    "the engine ended before it let the guest suspend");
	return start_tail(s) && serve(s);
}

/* What an engine that was killed may have left switched on costs performance only: no failure is reported. */
static void clean_up(struct saver *s)
{
	struct fault ignored = {0};

	guest_clean_up(s->guest);
	if (s->model)
		device_model_log_dirty(s->model, false, CLEAN_UP_PATIENCE_S, &ignored);
}

/* Stops whoever still works. What they have to say about being stopped is of no interest. */
static void stop_helpers(struct saver *s)
{
	struct engine_outcome out = {0};

	passes_abandon(&s->passes);
	checkpoints_abandon(&s->checkpoints);
	if (s->engine) {
		engine_stop(s->engine);
		out = engine_wait(s->engine, ENGINE_PATIENCE_MS);
	}
	if (s->engine && !out.success && out.killed)
		clean_up(s);
	if (s->stream && stream_join(s->stream, STREAM_PATIENCE_MS))
		stream_result(s->stream, &s->outcome->fault);
}

/* A reader that left after the last write would else be noticed by nobody. */
static bool reader_is_there(struct saver *s)
{
	struct pollfd pfd = {.fd = s->output.fd};

	if (poll(&pfd, 1, 0) == 1 && pfd.revents & POLLERR)
		return fault_set(&s->outcome->fault, FAULT_READER, "the reader of the output is gone");
	return true;
}

static bool commit(struct saver *s, enum save_then *then)
{
	const struct save_partner *partner = s->request->partner;

	if (interrupted(s) || !reader_is_there(s))
		return false;
	s->outcome->bytes = stream_bytes(s->stream);
	s->outcome->stored = stream_stored(s->stream);
	if (!output_commit(&s->output))
		return fault_set(&s->outcome->fault, FAULT_SYSTEM, "%s", "");
	return !partner || partner->settle(partner->context, then, &s->outcome->fault);
}

/* The guest first: whether a temporary file can be removed must not delay it. */
static void give_up(struct saver *s)
{
	stop_helpers(s);
	if (s->stream)
		fate_after_failure(s->guest, s->request->timeout_s, s->outcome);
	if (s->outcome->checkpoints) {
		/* It has been suspended before, if not now. */
		if (s->outcome->fate == FATE_UNTOUCHED)
			s->outcome->fate = FATE_RUNS;
		checkpoints_keep(&s->checkpoints);
	}
	output_discard(&s->output);
}

static void release(struct saver *s)
{
	for (unsigned i = 0; s->stream && stream_line(s->stream, i); i++)
		s->hooks->log(s->hooks->context, ENGINE_WARNING, stream_line(s->stream, i));
	stream_free(s->stream);
	engine_free(s->engine);
	guest_close(s->guest);
	free(s->config);
	free(s->nodes);
}

void save_run(const struct save_request *request, int signal_fd, const struct save_hooks *hooks,
    struct save_outcome *outcome)
{
	struct saver s = {.request = request,
	    .hooks = hooks,
	    .outcome = outcome,
	    .signal_fd = signal_fd,
	    .output = {.fd = -1},
	    .passes = {.downtime = -1}};
	enum save_then then = request->then;
	int64_t began = now_ms();

	memset(outcome, 0, sizeof(*outcome));
	outcome->saved = prepare(&s) && copy(&s) && commit(&s, &then);
	if (outcome->saved) {
		s.handed_over_at = now_ms();
		tell(&s, PHASE_WRITTEN);
		fate_after_success(s.guest, then, outcome);
	} else {
		give_up(&s);
	}
	/* How long it takes to destroy a guest keeps nobody waiting. */
	if (s.suspended_at && outcome->saved && then != THEN_RESUME)
		outcome->downtime = (double)(s.handed_over_at - s.suspended_at) / 1000;
	else if (s.suspended_at)
		outcome->downtime = (double)(now_ms() - s.suspended_at) / 1000;
	outcome->expected = s.passes.downtime;
	outcome->seconds = (double)(now_ms() - began) / 1000;
	release(&s);
}

/* Whether it stands still is not asked: one that goes on already does not mind being told so. */
static void suspect_model(struct guest *guest)
{
	struct fault ignored = {0};
	struct device_model *model =
	    guest_facts(guest)->type == DOMAIN_HVM ? guest_device_model(guest, &ignored) : NULL;

	if (model)
		device_model_suspect(model);
}

void save_resume(const struct save_request *request, struct save_outcome *outcome)
{
	struct guest *guest;
	bool paused;

	memset(outcome, 0, sizeof(*outcome));
	guest = guest_open(request->domain, &outcome->fault);
	if (!guest)
		return;
	paused = guest_facts(guest)->paused;
	suspect_model(guest);
	fate_after_failure(guest, request->timeout_s, outcome);
	if (paused && fate_is_running(outcome->fate) && !guest_unpause(guest, &outcome->second))
		outcome->fate = FATE_STUCK;
	if (outcome->fate == FATE_UNTOUCHED)
		outcome->fate = FATE_RUNS;
	guest_close(guest);
}
