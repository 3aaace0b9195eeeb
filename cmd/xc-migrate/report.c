/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/messages.h"
#include "common/progress.h"
#include "common/text.h"
#include "xc-save/live_report.h"

/* The name under which the receiver is spoken of: it does not know its own. */
#define RECEIVER "receiver"

static void write_row(json_t *row)
{
	char *line = row ? json_dumps(row, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;

	if (line)
		printf("%s\n", line);
	fflush(stdout);
	free(line);
	json_decref(row);
}

static void on_save_progress(void *context, const struct save_progress *progress)
{
	static const char *const names[] = {"started", "suspended", "progress", "written"};
	struct report *report = context;
	const struct domain_facts *domain = progress->domain;
	const char *input = report->options->save.domain;

	/* Written is less than held, which was told already. */
	if (report->options->json && progress->phase != PHASE_WRITTEN)
		write_row(json_pack("{s:s, s:s, s:i, s:s, s:I, s:I}", "event", names[progress->phase],
		    "domain", domain->name, "domid", (int)domain->domid, "type",
		    domain_type_name(domain->type), "bytes", (json_int_t)progress->bytes, "expected",
		    (json_int_t)progress->expected));
	switch (progress->phase) {
	case PHASE_STARTED:
		message(MESSAGE_NOTE, input, "domain %u, %s, %u vCPUs, %llu pages", domain->domid,
		    domain_type_name(domain->type), domain->vcpus, (unsigned long long)domain->pages);
		if (!report->options->json && !report->options->quiet)
			progress_start(PROGRESS_TERMINAL, input, progress->expected);
		break;
	case PHASE_SUSPENDED:
		message(MESSAGE_NOTE, input, "suspended");
		break;
	case PHASE_COPYING:
		progress_update(progress->bytes);
		break;
	default:
		break;
	}
}

static void on_pass(void *context, const struct live_pass *pass)
{
	struct report *report = context;
	char text[320];

	if (report->options->json)
		write_row(live_pass_row(pass));
	message(MESSAGE_NOTE, report->options->save.domain, "%s", live_pass_text(pass, text, sizeof(text)));
}

static void on_warning(void *context, const char *text)
{
	struct report *report = context;

	message(MESSAGE_WARNING, report->options->save.domain, "%s", text);
}

/* The engine's own words matter to those who ask for them: its failure is reported in ours. */
static void on_log(void *context, enum engine_level level, const char *text)
{
	struct report *report = context;
	const char *input = report->options->receive ? RECEIVER : report->options->save.domain;

	message(level >= ENGINE_WARNING ? MESSAGE_NOTE : MESSAGE_DEBUG, input, "%s", text);
}

static void on_phase(void *context, enum source_phase phase)
{
	static const char *const names[] = {"connected", "held"};
	struct report *report = context;

	if (report->options->json)
		write_row(json_pack("{s:s, s:s}", "event", names[phase], "domain",
		    report->options->save.domain));
	if (phase == SOURCE_LET_GO)
		progress_end();
	message(MESSAGE_NOTE, report->options->save.domain, "%s",
	    phase == SOURCE_LET_GO ? "held by the other side, let go here" : "the other side answers");
}

void report_source_begin(struct report *report, const struct migrate_options *options,
    struct source_hooks *hooks)
{
	*report = (struct report){.options = options};
	*hooks = (struct source_hooks){.save = {.progress = on_save_progress,
	                                   .log = on_log,
	                                   .pass = on_pass,
	                                   .warning = on_warning,
	                                   .context = report},
	    .phase = on_phase,
	    .context = report};
}

/* "moved", "stays", "in doubt", … as in xc-migrate(1). */
static const char *outcome_name(enum source_state state)
{
	switch (state) {
	case SRC_GONE:
		return "migrated";
	case SRC_REST:
		return "migrated, original remains";
	case SRC_DOUBT:
		return "in doubt";
	case SRC_STUCK:
		return "stuck";
	default:
		return "stays";
	}
}

static void json_result(const struct source_outcome *outcome, int status)
{
	const char *error = outcome->fault.kind ? outcome->fault.text : outcome->save.second.text;

	write_row(json_pack("{s:s, s:b, s:s, s:s, s:i, s:I, s:f, s:f, s:s}", "event", "result", "migrated",
	    outcome->state == SRC_GONE || outcome->state == SRC_REST, "outcome", outcome_name(outcome->state),
	    "guest", save_fate_name(outcome->save.fate), "status", status, "bytes",
	    (json_int_t)outcome->save.bytes, "seconds", outcome->seconds, "downtime", outcome->downtime,
	    "error", outcome->state == SRC_GONE ? "" : error));
}

/* An empty text: the part that failed has said so itself. */
static const char *reason_of(const struct fault *fault)
{
	return fault->text[0] ? fault->text : "not migrated";
}

static void say_doubt(const char *domain, const struct source_outcome *outcome)
{
	const char *name = outcome->name[0] ? outcome->name : domain;

	message(MESSAGE_ERROR, domain,
	    "%s, AFTER THE GUEST WAS LET GO: it is paused here and may run there. Look there with 'xl list': "
	    "if %s "
	    "or %s--incoming runs there, 'xl destroy %s' here; if neither is there or %s--incoming is "
	    "paused, "
	    "'xl destroy %s--incoming' there and 'xc-save --resume %s' here",
	    reason_of(&outcome->fault), name, name, domain, name, name, domain);
}

static void say_stays(const char *domain, const struct source_outcome *outcome)
{
	const char *reason = reason_of(&outcome->fault);

	if (outcome->state == SRC_STUCK && outcome->save.fate == FATE_DEAD)
		message(MESSAGE_ERROR, domain, "%s; the guest has ended", reason);
	else if (outcome->state == SRC_STUCK)
		message(MESSAGE_ERROR, domain, "%s; THE GUEST DOES NOT RUN (%s): try 'xc-save --resume %s'",
		    reason, outcome->save.second.text, domain);
	else
		message(MESSAGE_ERROR, domain, "%s; the guest %s", reason,
		    outcome->save.fate == FATE_RUNS ? "runs on here" : "was not touched");
}

static void say_migrated(const char *domain, const struct source_outcome *outcome)
{
	char bytes[32];

	message(MESSAGE_NOTE, domain, "migrated: %s in %.1f s, stood still for %.2f s",
	    text_bytes(outcome->save.bytes, bytes, sizeof(bytes)), outcome->seconds, outcome->downtime);
	if (outcome->state == SRC_REST)
		message(MESSAGE_ERROR, domain,
		    "migrated, but its original is still here (%s): 'xl destroy %s', do not let it run",
		    outcome->save.second.text, domain);
}

void report_source_end(struct report *report, const struct source_outcome *outcome, int status)
{
	const char *domain = report->options->save.domain;

	progress_end();
	if (outcome->state == SRC_GONE || outcome->state == SRC_REST)
		say_migrated(domain, outcome);
	else if (outcome->state == SRC_DOUBT)
		say_doubt(domain, outcome);
	else
		say_stays(domain, outcome);
	if (report->options->json)
		json_result(outcome, status);
}

/* The receiver. */

static void on_restore_progress(void *context, const struct restore_progress *progress)
{
	const struct plan *plan = progress->plan;

	(void)context;
	if (progress->phase == RESTORE_CREATED)
		message(MESSAGE_NOTE, RECEIVER, "%s: domain %u created, %s, %u vCPUs, %llu KiB", plan->name,
		    progress->domid, domain_type_name(plan->type), plan->vcpus,
		    (unsigned long long)plan->target_kib);
	else if (progress->phase == RESTORE_FILLED)
		message(MESSAGE_NOTE, RECEIVER, "%s: complete", plan->name);
}

void report_receiver_begin(struct report *report, const struct migrate_options *options,
    struct restore_hooks *hooks)
{
	*report = (struct report){.options = options};
	*hooks = (struct restore_hooks){.progress = on_restore_progress, .log = on_log, .context = report};
}

static void say_copy_runs(const struct receiver_outcome *outcome)
{
	uint32_t domid = outcome->restore.domid;

	if (outcome->naming.kind)
		message(MESSAGE_ERROR, RECEIVER, "domain %u runs, but is still called %s: %s", domid,
		    outcome->name, outcome->naming.text);
	else
		message(MESSAGE_NOTE, RECEIVER, "%s runs as domain %u", outcome->name, domid);
}

void report_receiver_end(struct report *report, const struct receiver_outcome *outcome)
{
	const struct restore_outcome *restored = &outcome->restore;

	(void)report;
	if (outcome->state == RCV_RUNS)
		say_copy_runs(outcome);
	else if (outcome->state == RCV_REST)
		message(MESSAGE_ERROR, RECEIVER, "%s; DOMAIN %u IS STILL THERE (%s): 'xl destroy %u'",
		    outcome->fault.text, restored->domid, restored->second.text, restored->domid);
	else
		message(MESSAGE_ERROR, RECEIVER, "%s; %s", outcome->fault.text,
		    restored->fate == RESTORED_REMOVED ? "the copy was removed" : "no copy was made");
}
