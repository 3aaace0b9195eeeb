/* SPDX-License-Identifier: MIT */
#include "restorer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <libstream/records.h>

#include "command.h"
#include "feed.h"
#include "host.h"
#include "model.h"
#include "warden.h"

/* How often progress is told, and how long the helpers get to end by themselves. */
#define PROGRESS_MS        250
#define ENGINE_PATIENCE_MS 10000
#define FEED_PATIENCE_MS   3000

/* How long a device model may take to come up, in seconds. */
#define MODEL_PATIENCE_S 120

/* Where the device model's state waits for it: a place on disk that libxl uses, too. */
#define XC_RESTORE_STATE_DIR "/var/lib/xen"

/* Largest configuration file taken. */
#define CONFIG_MAX (1 << 20)

/* Exit statuses; xc-restore(1) has the table. */
enum {
	STATUS_RESTORED = 0,
	STATUS_STREAM = 1,
	STATUS_SYSTEM = 2,
	STATUS_REFUSED = 3,
	STATUS_REST = 4,
};

struct restorer {
	const struct restore_request *request; /* what to do */
	const struct restore_hooks *hooks;     /* where news go */
	struct restore_outcome *outcome;       /* where results go */
	int signal_fd;                         /* TERM, INT and HUP arrive here */
	int input;                             /* the image */
	int state_fd;               /* the device model's state, a file without a name; -1 for none */
	struct host *host;          /* where the domain is made */
	struct feed *feed;          /* who reads and judges the image */
	struct engine *engine;      /* who fills the domain */
	bool engine_talks;          /* its socket is open */
	struct warden *warden;      /* who cleans up if we are killed */
	struct model_job model_job; /* how to start the device model */
	struct model *model;        /* the device model, NULL if there is none */
	struct plan plan;           /* what domain to make */
	uint64_t seen;              /* bytes when something moved last */
	int64_t moved;              /* ms, when that was */
};

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void tell(struct restorer *r, enum restore_phase phase)
{
	const struct restore_progress progress = {
	    .phase = phase,
	    .plan = &r->plan,
	    .domid = r->host ? host_domid(r->host) : 0,
	    .bytes = feed_bytes(r->feed),
	    /* A pipe does not tell; then the memory is most of it. */
	    .expected = feed_size(r->feed) ? feed_size(r->feed) : r->plan.target_kib * 1024,
	};

	r->hooks->progress(r->hooks->context, &progress);
}

/* Takes a signal if there is one. */
static bool interrupted(struct restorer *r)
{
	struct signalfd_siginfo info;
	struct pollfd pfd = {.fd = r->signal_fd, .events = POLLIN};

	if (poll(&pfd, 1, 0) != 1 || read(r->signal_fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return false;
	fault_set(&r->outcome->fault, FAULT_SYSTEM, "stopped by signal %u (%s)", info.ssi_signo,
	    strsignal((int)info.ssi_signo));
	return true;
}

/* Nothing has moved for too long. */
static bool stalled(struct restorer *r)
{
	uint64_t bytes = feed_bytes(r->feed);
	int64_t now = now_ms();

	if (bytes != r->seen) {
		r->seen = bytes;
		r->moved = now;
	}
	if (!r->request->timeout_s || now - r->moved < (int64_t)r->request->timeout_s * 1000)
		return false;
	fault_set(&r->outcome->fault, FAULT_SYSTEM, "nothing has moved for %d s", r->request->timeout_s);
	return true;
}

static bool open_input(struct restorer *r)
{
	struct fault *fault = &r->outcome->fault;

	if (strcmp(r->request->path, "-") != 0) {
		r->input = open(r->request->path, O_RDONLY | O_CLOEXEC);
		if (r->input < 0)
			return fault_errno(fault, FAULT_SYSTEM, "cannot open the image");
	} else if (isatty(STDIN_FILENO)) {
		return fault_set(fault, FAULT_SYSTEM, "an image is not read from a terminal");
	} else {
		r->input = STDIN_FILENO;
	}
	r->feed = feed_new(r->input, fault);
	return r->feed && feed_start(r->feed, fault);
}

/* Until the head of the image is complete, or there is no hope that it will be. */
static bool await_head(struct restorer *r)
{
	for (;;) {
		struct pollfd fds[] = {
		    {.fd = r->signal_fd, .events = POLLIN},
		    {.fd = feed_fd(r->feed), .events = POLLIN},
		};

		if (poll(fds, 2, PROGRESS_MS) < 0 && errno != EINTR)
			return fault_errno(&r->outcome->fault, FAULT_SYSTEM, "cannot wait");
		if (interrupted(r) || stalled(r))
			return false;
		switch (feed_state(r->feed)) {
		case FEED_WAITS:
			return true;
		case FEED_OVER:
			feed_join(r->feed, FEED_PATIENCE_MS);
			if (feed_result(r->feed, &r->outcome->fault))
				fault_set(&r->outcome->fault, FAULT_STREAM,
				    "the image ends before its first page");
			return false;
		default:
			break;
		}
	}
}

/* A configuration file in memory, with a NUL behind it; free with free(). */
static char *read_config(const char *path, size_t *size, struct fault *fault)
{
	char *text = NULL;
	FILE *file = fopen(path, "re");
	size_t got = 0;

	if (!file) {
		fault_errno(fault, FAULT_REFUSED, "cannot open %s", path);
		return NULL;
	}
	text = calloc(1, CONFIG_MAX + 1);
	if (text)
		got = fread(text, 1, CONFIG_MAX, file);
	if (!text || ferror(file) || got == CONFIG_MAX) {
		fault_set(fault, FAULT_REFUSED, "%s cannot be read, or is longer than a MiB", path);
		free(text);
		text = NULL;
	}
	fclose(file);
	*size = got;
	return text;
}

static bool make_plan(struct restorer *r)
{
	const struct feed_head *head = feed_head(r->feed);
	struct plan_source source = {.config = (const char *)head->config.data,
	    .size = head->config.size,
	    .is_json = head->config_is_json,
	    .image_type = head->domain.type};
	char *text = NULL;
	bool planned;

	if (r->request->config_path) {
		text = read_config(r->request->config_path, &source.size, &r->outcome->fault);
		if (!text)
			return false;
		source.config = text;
		source.is_json = true;
		source.from_file = true;
	}
	planned = plan_make(&r->plan, &source, &r->request->wishes, &r->outcome->fault);
	free(text);
	if (planned)
		memcpy(r->outcome->name, r->plan.name, sizeof(r->plan.name));
	return planned;
}

/* Into a domain of somebody else's: the plan is what it is. The configuration is for the device model alone. */
static bool adopt(struct restorer *r)
{
	struct fault *fault = &r->outcome->fault;

	r->host = host_open(fault);
	if (!r->host || !host_adopt(r->host, &r->request->host, &r->plan, feed_head(r->feed), fault))
		return false;
	memcpy(r->outcome->name, r->plan.name, sizeof(r->plan.name));
	return true;
}

static bool wants_model(const struct restorer *r)
{
	return r->plan.type == DOMAIN_HVM && !r->request->no_model;
}

/* What keeps an HVM guest from being restored here. */
static bool check_model(struct restorer *r)
{
	struct fault *fault = &r->outcome->fault;

	if (!wants_model(r))
		return true;
	r->model_job = (struct model_job){.places = host_places(r->host),
	    .plan = &r->plan,
	    .command = r->request->model_command,
	    .signal_fd = r->signal_fd,
	    .timeout_s = r->request->timeout_s ? r->request->timeout_s : MODEL_PATIENCE_S,
	    .is_running = host_model_runs,
	    .context = r->host};
	if (!feed_head(r->feed)->has_libxl && !r->request->model_command)
		return fault_set(fault, FAULT_REFUSED,
		    "a bare libxc image has no state of the device model, without which an HVM guest does "
		    "not go "
		    "on; --device-model starts one that has it from elsewhere, --no-device-model does "
		    "without");
	if (r->request->into && !r->request->model_command)
		return fault_set(fault, FAULT_REFUSED,
		    "for an HVM guest that is restored into a domain, --device-model must take the device "
		    "model's "
		    "state, or --no-device-model give it up");
	return model_check(&r->model_job, fault);
}

/* Everything that can be found out without making a domain, the rest of the image apart. */
static bool prepare(struct restorer *r)
{
	struct fault *fault = &r->outcome->fault;

	r->moved = now_ms();
	if (!open_input(r) || !await_head(r))
		return false;
	if (r->request->into)
		return adopt(r) && check_model(r);
	if (!make_plan(r))
		return false;
	r->host = host_open(fault);
	if (!r->host || !check_model(r) || !host_check(r->host, &r->plan, feed_head(r->feed), fault))
		return false;
	return true;
}

/* On disk, but without a name: nothing of it is left, whatever ends us. */
static bool open_state(struct restorer *r)
{
	if (!wants_model(r))
		return true;
	r->state_fd = open(XC_RESTORE_STATE_DIR, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (r->state_fd < 0)
		r->state_fd = memfd_create("device model", MFD_CLOEXEC);
	return r->state_fd >= 0 ||
	       fault_errno(&r->outcome->fault, FAULT_SYSTEM, "cannot keep the device model's state");
}

/* A domain, and who cleans up behind it. */
static bool make_domain(struct restorer *r)
{
	if (r->request->into)
		return true;
	r->warden = warden_start(&r->outcome->fault);
	return r->warden && host_create(r->host, &r->plan, r->warden, &r->outcome->fault);
}

static bool start_filling(struct restorer *r)
{
	struct engine_job job = {.hvm = r->plan.type != DOMAIN_PV};

	tell(r, RESTORE_PLANNED);
	if (!open_state(r) || !make_domain(r))
		return false;
	r->outcome->domid = host_domid(r->host);
	tell(r, RESTORE_CREATED);
	job.domid = host_domid(r->host);
	job.context = host_wiring(r->host);
	r->engine = engine_start(host_engine, &job, ENGINE_READS, &r->outcome->fault);
	if (!r->engine)
		return false;
	r->engine_talks = true;
	feed_go(r->feed, engine_take_stream(r->engine), r->state_fd);
	return true;
}

static void serve_engine(struct restorer *r)
{
	struct engine_message message;

	r->moved = now_ms();
	if (!engine_receive(r->engine, &message))
		r->engine_talks = false;
	else if (message.kind == ENGINE_LOG)
		r->hooks->log(r->hooks->context, (enum engine_level)message.level, message.text);
}

/* The engine is over: was it good? */
static bool engine_succeeded(struct restorer *r)
{
	struct engine_outcome out = engine_wait(r->engine, ENGINE_PATIENCE_MS);
	struct fault *fault = &r->outcome->fault;

	if (out.success && out.has_rings)
		return true;
	if (out.success)
		return fault_set(fault, FAULT_SYSTEM, "the engine did not name the guest's rings");
	return engine_fault(&out, fault);
}

/* The feed's word counts first: an engine that starves complains of hunger, not of the cause. */
static bool filled(struct restorer *r)
{
	feed_join(r->feed, FEED_PATIENCE_MS);
	return feed_result(r->feed, &r->outcome->fault) && (!r->engine || engine_succeeded(r));
}

/* Until feed and engine are over. Without an engine (--check) the feed alone. */
static bool serve(struct restorer *r)
{
	int64_t told = now_ms();
	bool over = false;

	while (!over || r->engine_talks) {
		struct pollfd fds[] = {
		    {.fd = r->signal_fd, .events = POLLIN},
		    {.fd = feed_fd(r->feed), .events = POLLIN},
		    {.fd = r->engine_talks ? engine_fd(r->engine) : -1, .events = POLLIN},
		};

		if (poll(fds, 3, PROGRESS_MS) < 0 && errno != EINTR)
			return fault_errno(&r->outcome->fault, FAULT_SYSTEM, "cannot wait");
		if (interrupted(r) || stalled(r))
			return false;
		if (!over && feed_state(r->feed) == FEED_OVER) {
			over = true;
			r->moved = now_ms();
			feed_join(r->feed, FEED_PATIENCE_MS);
			if (!feed_result(r->feed, &r->outcome->fault))
				return false;
		}
		if (fds[2].revents)
			serve_engine(r);
		/* It ended early: the rest of the input is of no use. */
		if (r->engine && !r->engine_talks && !over && !engine_succeeded(r))
			return false;
		if (now_ms() - told >= PROGRESS_MS) {
			tell(r, RESTORE_FILLING);
			told = now_ms();
		}
	}
	return filled(r);
}

/* The guest's devices, if someone else makes them. Our standard output is for the domain's number. */
static bool run_command(struct restorer *r)
{
	const struct command_facts facts = {.command = r->request->command,
	    .domid = host_domid(r->host),
	    .plan = &r->plan,
	    .warden = r->warden,
	    .signal_fd = r->signal_fd};

	if (!r->request->command || command_run(&facts, &r->outcome->fault))
		return true;
	interrupted(r);
	return false;
}

/* True if the image had what the device model needs. */
static bool check_state(struct restorer *r)
{
	struct fault *fault = &r->outcome->fault;

	/* Whoever starts one by a command knows what to do. */
	if (!wants_model(r) || r->request->model_command)
		return true;
	if (feed_emulator_size(r->feed) == 0)
		return fault_set(fault, FAULT_STREAM, "the image has no state of the device model");
	return feed_emulator_id(r->feed) != XSR_EMULATOR_QEMU_TRADITIONAL ||
	       fault_set(fault, FAULT_STREAM, "the image has the state of a traditional device model");
}

/* A domain of somebody else's is theirs to describe. */
static bool note_consoles(struct restorer *r)
{
	struct model_consoles consoles;

	if (r->request->into)
		return true;
	model_consoles(r->model, &consoles);
	return host_note_consoles(r->host, &consoles, &r->outcome->fault);
}

/* The device model takes over its state, and waits. */
static bool start_model(struct restorer *r)
{
	struct fault *fault = &r->outcome->fault;

	if (!wants_model(r))
		return true;
	if (!check_state(r))
		return false;
	if (!r->request->into && !host_prepare_model(r->host, &r->plan, feed_model_nodes(r->feed), fault))
		return false;
	r->model_job.domid = host_domid(r->host);
	r->model_job.state_fd = r->state_fd;
	r->model = model_start(&r->model_job, fault);
	warden_helper(r->warden, WARDEN_MODEL, r->model ? model_pid(r->model) : 0);
	if (!r->model || (!r->request->into && !host_note_model(r->host, model_pid(r->model), fault)))
		return false;
	if (model_await(r->model, fault))
		return note_consoles(r);
	interrupted(r);
	return false;
}

/* The last steps in a domain of ours. Once it runs it is never removed. */
static bool set_going(struct restorer *r, const struct engine_outcome *out)
{
	const struct restore_partner *partner = r->request->partner;
	struct fault *fault = &r->outcome->fault;

	if (!host_introduce(r->host, &r->plan, out->store_gfn, out->console_gfn, fault) || !start_model(r) ||
	    !run_command(r))
		return false;
	/* The last chance to turn back. */
	if (interrupted(r))
		return false;
	if (partner && !partner->may_run(partner->context, fault))
		return false;
	/* Dismissed before the guest runs: if we are killed now, one that runs must not be removed. */
	warden_watch(r->warden, 0, "");
	if (r->request->paused)
		return true;
	return (!r->model || model_continue(r->model, fault)) && host_unpause(r->host, fault);
}

/* In a domain of somebody else's, that one takes them. */
static bool hand_over(struct restorer *r, const struct engine_outcome *out)
{
	if (!start_model(r) || interrupted(r))
		return false;
	r->outcome->rings[0] = out->store_gfn;
	r->outcome->rings[1] = out->console_gfn;
	r->outcome->ports[0] = host_wiring(r->host)->store_port;
	r->outcome->ports[1] = host_wiring(r->host)->console_port;
	return true;
}

static bool finish(struct restorer *r)
{
	struct engine_outcome out = engine_wait(r->engine, ENGINE_PATIENCE_MS);

	tell(r, RESTORE_FILLED);
	if (r->request->into ? !hand_over(r, &out) : !set_going(r, &out))
		return false;
	r->outcome->fate = r->request->into     ? RESTORED_FILLED
	                   : r->request->paused ? RESTORED_PAUSED
	                                        : RESTORED_RUNS;
	return true;
}

/* Stops whoever still works. What they have to say about being stopped is of no interest. */
static void stop_helpers(struct restorer *r)
{
	if (r->feed)
		feed_cancel(r->feed);
	if (r->engine) {
		engine_stop(r->engine);
		engine_wait(r->engine, ENGINE_PATIENCE_MS);
	}
}

static void give_up(struct restorer *r)
{
	stop_helpers(r);
	model_stop(r->model);
	warden_helper(r->warden, WARDEN_MODEL, 0);
	r->model = NULL;
	if (r->request->into) {
		if (r->outcome->domid)
			r->outcome->fate = RESTORED_LEFT;
		return;
	}
	if (r->outcome->domid == 0 && (!r->host || host_domid(r->host) == 0))
		return;
	r->outcome->domid = host_domid(r->host);
	r->outcome->fate = host_remove(r->host, &r->outcome->second) ? RESTORED_REMOVED : RESTORED_REST;
}

static void release(struct restorer *r)
{
	/* An input that stands still keeps its thread; it ends with the process. */
	bool ended = !r->feed || feed_join(r->feed, r->outcome->good ? FEED_PATIENCE_MS : 200);

	if (r->feed && ended) {
		r->outcome->bytes = feed_bytes(r->feed);
		for (unsigned i = 0; feed_line(r->feed, i); i++)
			r->hooks->log(r->hooks->context, ENGINE_WARNING, feed_line(r->feed, i));
		feed_free(r->feed);
		if (r->input > STDIN_FILENO)
			close(r->input);
	}
	engine_free(r->engine);
	model_leave(r->model);
	warden_end(r->warden);
	host_close(r->host);
	if (r->state_fd >= 0)
		close(r->state_fd);
	plan_clear(&r->plan);
}

void restore_run(const struct restore_request *request, int signal_fd, const struct restore_hooks *hooks,
    struct restore_outcome *outcome)
{
	struct restorer r = {.request = request,
	    .hooks = hooks,
	    .outcome = outcome,
	    .signal_fd = signal_fd,
	    .input = -1,
	    .state_fd = -1};
	int64_t began = now_ms();

	memset(outcome, 0, sizeof(*outcome));
	if (request->check) {
		outcome->good = prepare(&r);
		if (outcome->good) {
			tell(&r, RESTORE_PLANNED);
			feed_go(r.feed, -1, -1);
			outcome->good = serve(&r) && check_state(&r);
		}
	} else {
		outcome->good = prepare(&r) && start_filling(&r) && serve(&r) && finish(&r);
	}
	if (!outcome->good)
		give_up(&r);
	outcome->seconds = (double)(now_ms() - began) / 1000;
	release(&r);
}

int restore_exit_status(const struct restore_outcome *outcome)
{
	if (outcome->good)
		return STATUS_RESTORED;
	/* Something that holds memory is worse news than whatever led to it. */
	if (outcome->fate == RESTORED_REST)
		return STATUS_REST;
	switch (outcome->fault.kind) {
	case FAULT_STREAM:
		return STATUS_STREAM;
	case FAULT_REFUSED:
		return STATUS_REFUSED;
	default:
		return STATUS_SYSTEM;
	}
}

const char *restore_fate_name(enum restore_fate fate)
{
	static const char *const names[] = {
	    "none", "removed", "running", "paused", "remains", "filled", "left"};

	return names[fate];
}
