/* SPDX-License-Identifier: MIT */
#include "receiver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "channel.h"
#include "rename.h"

/* What is appended to the name of a copy that does not run yet. */
#define INCOMING "--incoming"

/* The stream may pause that many times as long as the source waits for an answer: its guest may need time. */
#define STREAM_PATIENCE 5

/* Exit statuses; xc-migrate(1) has the table. */
enum {
	STATUS_RUNS = 0,
	STATUS_SYSTEM = 2,
	STATUS_UNNAMED = 6,
};

struct receiver {
	const struct migrate_options *options; /* what to do */
	const struct restore_hooks *hooks;     /* where news go */
	struct receiver_outcome *outcome;      /* where results go */
	int signal_fd;                         /* TERM, INT and HUP arrive here */
	struct channel channel;                /* to the source */
	enum action order;                     /* what the machine wants done to the copy */
	int timeout_s;                         /* the source's patience */
	char incoming[256];                    /* the copy's name until it runs */
	char uuid[37];                         /* the copy's */
	struct fault word;                     /* what ended the migration, as we saw it */
};

static void note_reason(struct receiver *r, enum event event)
{
	const char *text = r->channel.text;

	switch (event) {
	case EV_STRANGE:
		fault_set(&r->word, FAULT_SYSTEM,
		    "the source does not speak version 1 of the protocol, but said: %.200s", text);
		break;
	case EV_LOST:
	case EV_UNDONE:
		fault_set(&r->word, FAULT_SYSTEM, "the source gave up, or the connection to it is lost");
		break;
	case EV_TIMEOUT:
		fault_set(&r->word, FAULT_SYSTEM, "the source said nothing for too long");
		break;
	case EV_SIGNAL:
		fault_set(&r->word, FAULT_SYSTEM, "%s", text);
		break;
	default:
		break;
	}
}

static bool is_message(enum action action)
{
	return action >= ACT_SEND_HELLO && action <= ACT_SEND_FAILED;
}

/* Sends what the machine wants; with FAILED goes the reason. */
static bool send_message(struct receiver *r, enum action action)
{
	static const enum event message[ACTIONS] = {[ACT_SEND_WELCOME] = EV_WELCOME,
	    [ACT_SEND_READY] = EV_READY,
	    [ACT_SEND_HELD] = EV_HELD,
	    [ACT_SEND_RUNS] = EV_RUNS,
	    [ACT_SEND_FAILED] = EV_FAILED};
	const struct fault *fault = &r->outcome->restore.fault;

	if (action != ACT_SEND_FAILED)
		return channel_send(&r->channel, message[action], "");
	return channel_send(&r->channel, EV_FAILED, r->word.kind ? r->word.text : fault->text);
}

/*
 * Something happened: the machine takes its step. A message is sent at once; what is to become of the copy is
 * ordered, for the restore to do.
 */
static void step(struct receiver *r, enum event event)
{
	const struct step *row = protocol_find(&protocol_receiver, r->outcome->state, event);

	while (row) {
		enum action action = (enum action)row->action;

		/* Why a copy could not be unpaused is for the restore to say. */
		if (row->state != RCV_RELEASING && row->state < RCV_REMOVING)
			note_reason(r, event);
		r->outcome->state = row->next;
		if (action != ACT_NONE && !is_message(action))
			r->order = action;
		if (!is_message(action))
			return;
		event = send_message(r, action) ? EV_DONE : EV_UNDONE;
		row = protocol_find(&protocol_receiver, r->outcome->state, event);
	}
}

/* Waits for the source as long as the machine is in this state. */
static void await(struct receiver *r, enum receiver_state state, int seconds)
{
	int64_t until = channel_now() + (int64_t)seconds * 1000;

	while (r->outcome->state == state)
		step(r, channel_wait(&r->channel, until));
}

/* "SECONDS NAME". */
static bool understand_hello(struct receiver *r)
{
	char *end;
	long seconds = strtol(r->channel.text, &end, 10);

	if (seconds < 1 || seconds > 3600 || *end != ' ' || !end[1])
		return false;
	r->timeout_s = (int)seconds;
	snprintf(r->outcome->name, sizeof(r->outcome->name), "%s",
	    r->options->name ? r->options->name : end + 1);
	snprintf(r->incoming, sizeof(r->incoming), "%.240s" INCOMING, r->outcome->name);
	return true;
}

static void greet(struct receiver *r)
{
	int64_t until = channel_now() + (int64_t)r->options->timeout_s * 1000;

	while (r->outcome->state == RCV_START) {
		enum event event = channel_wait(&r->channel, until);

		step(r, event == EV_HELLO && !understand_hello(r) ? EV_STRANGE : event);
	}
}

/* The restore's news pass through here: when there is a domain the source is told. */
static void on_progress(void *context, const struct restore_progress *progress)
{
	struct receiver *r = context;

	if (progress->phase == RESTORE_CREATED) {
		memcpy(r->uuid, progress->plan->uuid, sizeof(r->uuid));
		step(r, EV_MADE);
	}
	r->hooks->progress(r->hooks->context, progress);
}

static void on_log(void *context, enum engine_level level, const char *text)
{
	struct receiver *r = context;

	r->hooks->log(r->hooks->context, level, text);
}

/* All is in place: the source is told, and its word waited for. Half its patience, so that it hears how that ended. */
static bool may_run(void *context, struct fault *fault)
{
	struct receiver *r = context;

	step(r, EV_FILLED);
	await(r, RCV_HOLDING, r->timeout_s > 1 ? r->timeout_s / 2 : 1);
	return r->outcome->state == RCV_RELEASING || fault_set(fault, FAULT_SYSTEM, "%s", r->word.text);
}

static void restore(struct receiver *r)
{
	const struct restore_partner partner = {.context = r, .may_run = may_run};
	const struct restore_hooks hooks = {.progress = on_progress, .log = on_log, .context = r};
	const struct restore_request request = {.path = "-",
	    .wishes = {.name = r->incoming,
	        .new_uuid = r->options->new_uuid,
	        .devices_elsewhere = r->options->before != NULL},
	    .command = r->options->before,
	    .timeout_s = r->timeout_s * STREAM_PATIENCE,
	    .partner = &partner};
	struct restore_outcome *restored = &r->outcome->restore;

	restore_run(&request, r->signal_fd, &hooks, restored);
	if (restored->good) {
		step(r, EV_DONE);
		return;
	}
	/* It failed by itself or was stopped; or the copy was not to be unpaused. */
	if (r->outcome->state != RCV_REMOVING)
		step(r, r->outcome->state == RCV_RELEASING ? EV_UNDONE : EV_BROKE);
	if (r->word.kind == FAULT_NONE)
		r->word = restored->fault;
	step(r, restored->fate == RESTORED_REST ? EV_UNDONE : EV_DONE);
}

/*
 * The copy runs and gets its name. Within one host the original has it until the source has destroyed it, and then
 * ends the connection.
 */
static void give_name(struct receiver *r)
{
	uint32_t domid = r->outcome->restore.domid;
	struct fault *fault = &r->outcome->naming;
	int64_t until = channel_now() + (int64_t)r->timeout_s * 1000;
	enum event event = EV_TIMEOUT;

	if (rename_domain(domid, r->uuid, r->outcome->name, fault))
		return;
	r->channel.signal_fd = -1;
	do
		event = channel_wait(&r->channel, until);
	while (event != EV_LOST && event != EV_TIMEOUT);
	*fault = (struct fault){.kind = FAULT_NONE};
	if (!rename_domain(domid, r->uuid, r->outcome->name, fault))
		memcpy(r->outcome->name, r->incoming, sizeof(r->incoming));
}

void receiver_run(const struct migrate_options *options, int out, int signal_fd,
    const struct restore_hooks *hooks, struct receiver_outcome *outcome)
{
	struct receiver r = {.options = options,
	    .hooks = hooks,
	    .outcome = outcome,
	    .signal_fd = signal_fd,
	    .channel = {.in = STDIN_FILENO, .out = out, .signal_fd = signal_fd}};

	memset(outcome, 0, sizeof(*outcome));
	greet(&r);
	if (outcome->state == RCV_HEAD)
		restore(&r);
	if (outcome->state == RCV_RUNS)
		give_name(&r);
	outcome->fault = r.word;
}

int receiver_exit_status(const struct receiver_outcome *outcome)
{
	if (outcome->state == RCV_RUNS)
		return outcome->naming.kind ? STATUS_UNNAMED : STATUS_RUNS;
	return outcome->restore.fault.kind ? restore_exit_status(&outcome->restore) : STATUS_SYSTEM;
}
