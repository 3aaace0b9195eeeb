/* SPDX-License-Identifier: MIT */
#include "source.h"

#include <stdio.h>
#include <string.h>

#include "xc-save/fate.h"
#include "xc-save/guest.h"

#include "channel.h"

/* How long the other side has to tell why it left, to clear up, and to give a copy that runs its name. */
#define WHY_MS    3000
#define END_MS    4000
#define NAMING_MS 15000

/* Exit statuses of our own; those of a guest that stays are xc-save's. xc-migrate(1) has the table. */
enum {
	STATUS_MIGRATED = 0,
	STATUS_SYSTEM = 2,
	STATUS_STUCK = 4,
	STATUS_DEAD = 5,
	STATUS_REST = 6,
	STATUS_DOUBT = 8,
};

struct source {
	const struct migrate_options *options; /* what to do */
	const struct source_hooks *hooks;      /* where news go */
	struct source_outcome *outcome;        /* where results go */
	int signal_fd;                         /* TERM, INT and HUP arrive here */
	struct channel channel;                /* to the other side */
	struct via via;                        /* how it is reached */
	enum action order;                     /* what the machine wants done to the guest */
	struct fault word;             /* what ended the migration first, as the other side or we saw it */
	uint64_t bytes;                /* of the stream, when they last grew */
	int64_t moved;                 /* ms, when that was */
	int64_t suspended_at, runs_at; /* ms, 0 for never */
};

/* Keeps the reason: by the time that it is told, the machine is elsewhere. */
static void note_reason(struct source *s, enum event event)
{
	const char *text = s->channel.text;

	switch (event) {
	case EV_FAILED:
		fault_set(&s->word, FAULT_SYSTEM, "the other side failed: %s", text);
		break;
	case EV_STRANGE:
		fault_set(&s->word, FAULT_SYSTEM,
		    "the other side does not speak version 1 of the protocol, but said: %.200s", text);
		break;
	case EV_LOST:
	case EV_UNDONE:
		fault_set(&s->word, FAULT_SYSTEM, "the connection to the other side is lost");
		break;
	case EV_TIMEOUT:
		fault_set(&s->word, FAULT_SYSTEM, "nothing came from the other side for %d s",
		    s->options->timeout_s);
		break;
	case EV_SIGNAL:
		fault_set(&s->word, FAULT_SYSTEM, "%s", text);
		break;
	default:
		break;
	}
}

/* HELLO says how patient we are, and whom we bring. */
static bool send_hello(struct source *s)
{
	char text[CHANNEL_LINE];

	snprintf(text, sizeof(text), "%d %s", s->options->timeout_s, s->outcome->name);
	return channel_send(&s->channel, EV_HELLO, text);
}

static void tell(struct source *s, enum source_phase phase)
{
	s->hooks->phase(s->hooks->context, phase);
}

/*
 * Something happened: the machine takes its step. A message is sent at once; what is to become of the guest is
 * ordered, for the save to do.
 */
static void step(struct source *s, enum event event)
{
	const struct step *row = protocol_find(&protocol_source, s->outcome->state, event);
	bool sent = true;

	if (!row)
		return;
	if (protocol_is_end(&protocol_source, row->next) || row->action == ACT_RESUME ||
	    row->action == ACT_KEEP)
		note_reason(s, event);
	s->outcome->state = row->next;
	if (row->action == ACT_SEND_HELLO)
		sent = send_hello(s);
	else if (row->action == ACT_SEND_LETGO)
		sent = channel_send(&s->channel, EV_LETGO, "");
	else if (row->action != ACT_NONE)
		s->order = (enum action)row->action;
	if (!sent)
		step(s, EV_UNDONE);
}

/* Waits for the other side as long as the machine is in this state. */
static void await(struct source *s, enum source_state state)
{
	int64_t until = channel_now() + (int64_t)s->options->timeout_s * 1000;

	s->channel.signal_fd = s->signal_fd;
	while (s->outcome->state == state)
		step(s, channel_wait(&s->channel, until));
	s->channel.signal_fd = -1;
	s->moved = channel_now();
}

static bool failed(struct source *s, struct fault *fault)
{
	return fault_set(fault, FAULT_SYSTEM, "%s", s->word.text);
}

/* The save's partner: the other side has a word in it. Signals are the saver's business meanwhile. */

/* How long the stream may stand still: it is counted in MiB, and a slow one takes its time for a few of them. */
static int64_t stream_patience_ms(const struct source *s)
{
	uint64_t bandwidth = s->options->save.bandwidth;

	return (int64_t)s->options->timeout_s * 1000 +
	       (bandwidth ? (int64_t)((UINT64_C(8000) << 20) / bandwidth) : 0);
}

static bool look(void *context, uint64_t bytes, struct fault *fault)
{
	struct source *s = context;
	enum event event;

	while (s->order != ACT_RESUME && (event = channel_wait(&s->channel, 0)) != EV_TIMEOUT)
		step(s, event);
	if (bytes != s->bytes) {
		s->bytes = bytes;
		s->moved = channel_now();
	} else if (channel_now() - s->moved > stream_patience_ms(s)) {
		step(s, EV_TIMEOUT);
	}
	return s->order != ACT_RESUME || failed(s, fault);
}

static bool may_suspend(void *context, struct fault *fault)
{
	struct source *s = context;

	step(s, EV_ASKED);
	await(s, SRC_WAITING);
	return s->outcome->state == SRC_STANDING || failed(s, fault);
}

static bool settle(void *context, enum save_then *then, struct fault *fault)
{
	struct source *s = context;

	step(s, EV_SAVED);
	await(s, SRC_SENT);
	if (s->outcome->state == SRC_LET_GO)
		tell(s, SOURCE_LET_GO);
	await(s, SRC_LET_GO);
	s->runs_at = channel_now();
	if (s->order == ACT_RESUME)
		return failed(s, fault);
	*then = s->order == ACT_DESTROY ? THEN_DESTROY : THEN_PAUSE;
	return true;
}

/* The save's news pass through here: when the guest stood still is known by nobody else. */
static void on_progress(void *context, const struct save_progress *progress)
{
	struct source *s = context;

	if (progress->phase == PHASE_SUSPENDED)
		s->suspended_at = channel_now();
	s->hooks->save.progress(s->hooks->save.context, progress);
}

static void on_log(void *context, enum engine_level level, const char *text)
{
	struct source *s = context;

	s->hooks->save.log(s->hooks->save.context, level, text);
}

static void on_pass(void *context, const struct live_pass *pass)
{
	struct source *s = context;

	s->hooks->save.pass(s->hooks->save.context, pass);
}

static void on_warning(void *context, const char *text)
{
	struct source *s = context;

	s->hooks->save.warning(s->hooks->save.context, text);
}

/* The save did with the guest what was ordered, or what it does by itself when it fails: that is the same. */
static bool order_done(const struct source *s)
{
	enum save_fate fate = s->outcome->save.fate;

	if (s->order == ACT_DESTROY)
		return fate == FATE_DESTROYED;
	if (s->order == ACT_KEEP)
		return fate == FATE_PAUSED;
	return fate == FATE_UNTOUCHED || fate == FATE_RUNS;
}

/* A reader that left may have said why, and that is better than what the save saw of it. */
static void hear_why(struct source *s)
{
	int64_t until = channel_now() + WHY_MS;
	enum event event;

	via_hang_up(&s->via);
	s->channel.out = -1;
	s->channel.signal_fd = -1;
	do
		event = channel_wait(&s->channel, until);
	while (event != EV_FAILED && event != EV_LOST && event != EV_TIMEOUT);
	if (event == EV_FAILED)
		note_reason(s, event);
}

static void save(struct source *s)
{
	const struct save_partner partner = {.output_fd = s->via.out,
	    .name = "the other side",
	    .news_fd = s->via.in,
	    .context = s,
	    .look = look,
	    .may_suspend = may_suspend,
	    .settle = settle};
	const struct save_hooks hooks = {
	    .progress = on_progress, .log = on_log, .pass = on_pass, .warning = on_warning, .context = s};
	struct save_request request = s->options->save;
	struct save_outcome *saved = &s->outcome->save;

	request.partner = &partner;
	s->channel.signal_fd = -1;
	s->moved = channel_now();
	save_run(&request, s->signal_fd, &hooks, saved);
	/* It failed by itself, or was stopped. */
	if (!saved->saved && s->order == ACT_SAVE)
		step(s, EV_BROKE);
	step(s, order_done(s) ? EV_DONE : EV_UNDONE);
	if (s->suspended_at)
		s->outcome->downtime =
		    (double)((saved->saved ? s->runs_at : channel_now()) - s->suspended_at) / 1000;
	if (saved->saved)
		return;
	if (saved->fault.kind == FAULT_READER && s->word.kind == FAULT_NONE)
		hear_why(s);
	if (s->word.kind == FAULT_NONE)
		s->word = saved->fault;
}

/* The name goes ahead of the stream, so that the other side knows from the start what it is about. */
static bool find_guest(struct source *s)
{
	struct guest *guest = guest_open(s->options->save.domain, &s->word);

	if (!guest)
		return false;
	snprintf(s->outcome->name, sizeof(s->outcome->name), "%s", guest_facts(guest)->name);
	guest_close(guest);
	return true;
}

static bool connect(struct source *s)
{
	if (!channel_make_token(&s->channel))
		return fault_errno(&s->word, FAULT_SYSTEM, "cannot make a number up");
	if (!via_start(&s->via, &s->options->via, &s->word))
		return false;
	s->channel.in = s->via.in;
	s->channel.out = s->via.out;
	step(s, EV_BEGIN);
	await(s, SRC_GREETED);
	return s->outcome->state == SRC_COPYING;
}

void source_run(const struct migrate_options *options, int signal_fd, const struct source_hooks *hooks,
    struct source_outcome *outcome)
{
	struct source s = {.options = options,
	    .hooks = hooks,
	    .outcome = outcome,
	    .signal_fd = signal_fd,
	    .channel = {.in = -1, .out = -1, .signal_fd = -1},
	    .via = {.pid = -1, .in = -1, .out = -1}};
	int64_t began = channel_now();

	memset(outcome, 0, sizeof(*outcome));
	if (find_guest(&s) && connect(&s)) {
		tell(&s, SOURCE_CONNECTED);
		save(&s);
	} else {
		/* Nothing was done to the guest. */
		outcome->state = SRC_STAYS;
	}
	outcome->fault = s.word;
	via_finish(&s.via, outcome->state == SRC_GONE ? NAMING_MS : END_MS);
	outcome->seconds = (double)(channel_now() - began) / 1000;
}

int source_exit_status(const struct source_outcome *outcome)
{
	switch (outcome->state) {
	case SRC_GONE:
		return STATUS_MIGRATED;
	case SRC_REST:
		return STATUS_REST;
	case SRC_DOUBT:
		return STATUS_DOUBT;
	case SRC_STUCK:
		return outcome->save.fate == FATE_DEAD ? STATUS_DEAD : STATUS_STUCK;
	default:
		return outcome->save.fault.kind ? fate_exit_status(&outcome->save) : STATUS_SYSTEM;
	}
}
