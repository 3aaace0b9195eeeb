/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/messages.h"
#include "common/progress.h"
#include "common/text.h"

static void write_row(json_t *row)
{
	char *line = row ? json_dumps(row, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;

	if (line)
		printf("%s\n", line);
	fflush(stdout);
	free(line);
	json_decref(row);
}

static void json_progress(const struct restore_progress *progress)
{
	static const char *const names[] = {"planned", "created", "progress", "filled"};
	const struct plan *plan = progress->plan;

	write_row(json_pack("{s:s, s:s, s:s, s:s, s:i, s:I, s:I}", "event", names[progress->phase], "name",
	    plan->name, "uuid", plan->uuid, "type", domain_type_name(plan->type), "domid",
	    (int)progress->domid, "bytes", (json_int_t)progress->bytes, "expected",
	    (json_int_t)progress->expected));
}

static void on_progress(void *context, const struct restore_progress *progress)
{
	struct report *report = context;
	const struct plan *plan = progress->plan;

	if (report->options->json)
		json_progress(progress);
	switch (progress->phase) {
	case RESTORE_PLANNED:
		message(MESSAGE_NOTE, report->input, "%s, %s, %u vCPUs, %llu KiB", plan->name,
		    domain_type_name(plan->type), plan->vcpus, (unsigned long long)plan->target_kib);
		if (!report->options->json && !report->options->quiet)
			progress_start(PROGRESS_TERMINAL, report->input, progress->expected);
		break;
	case RESTORE_CREATED:
		message(MESSAGE_NOTE, report->input, "domain %u created", progress->domid);
		break;
	case RESTORE_FILLING:
		progress_update(progress->bytes);
		break;
	default:
		progress_end();
		break;
	}
}

/* The engine's own words matter to those who ask for them: its failure is reported in ours. */
static void on_log(void *context, enum engine_level level, const char *text)
{
	struct report *report = context;

	message(level >= ENGINE_WARNING ? MESSAGE_NOTE : MESSAGE_DEBUG, report->input, "%s", text);
}

void report_begin(struct report *report, const struct options *options, struct restore_hooks *hooks)
{
	report->options = options;
	report->input = strcmp(options->request.path, "-") == 0 ? "standard input" : options->request.path;
	*hooks = (struct restore_hooks){.progress = on_progress, .log = on_log, .context = report};
}

static void json_result(const struct restore_outcome *outcome, int status)
{
	json_t *row = json_pack("{s:s, s:b, s:s, s:i, s:s, s:i, s:I, s:f, s:s}", "event", "result", "good",
	    outcome->good, "domain", restore_fate_name(outcome->fate), "domid", (int)outcome->domid, "name",
	    outcome->name, "status", status, "bytes", (json_int_t)outcome->bytes, "seconds", outcome->seconds,
	    "error", outcome->fault.text);

	if (row && outcome->fate == RESTORED_FILLED)
		json_object_update_new(row,
		    json_pack("{s:I, s:I, s:i, s:i}", "store_mfn", (json_int_t)outcome->rings[0],
		        "console_mfn", (json_int_t)outcome->rings[1], "store_port", (int)outcome->ports[0],
		        "console_port", (int)outcome->ports[1]));
	write_row(row);
}

/* As the helper programs of older toolstacks said it; the ports for those who did not know them. */
static void say_filled(const struct report *report, const struct restore_outcome *outcome)
{
	if (!report->options->json) {
		message_line("store-mfn %llu", (unsigned long long)outcome->rings[0]);
		message_line("console-mfn %llu", (unsigned long long)outcome->rings[1]);
		if (!report->options->request.host.store_port)
			message_line("store-port %u", outcome->ports[0]);
		if (!report->options->request.host.console_port)
			message_line("console-port %u", outcome->ports[1]);
	}
	message(MESSAGE_NOTE, report->input, "restored into domain %u, which is paused", outcome->domid);
}

static void say_good(const struct report *report, const struct restore_outcome *outcome)
{
	char bytes[32];

	text_bytes(outcome->bytes, bytes, sizeof(bytes));
	if (report->options->request.check) {
		message(MESSAGE_NOTE, report->input, "%s can be restored here", outcome->name);
		return;
	}
	if (outcome->fate == RESTORED_FILLED) {
		say_filled(report, outcome);
		return;
	}
	if (!report->options->json)
		message_line("%u", outcome->domid);
	message(MESSAGE_NOTE, report->input, "restored %s as domain %u: %s in %.1f s; it %s", outcome->name,
	    outcome->domid, bytes, outcome->seconds, outcome->fate == RESTORED_PAUSED ? "is paused" : "runs");
}

static void say_failed(const struct report *report, const struct restore_outcome *outcome)
{
	switch (outcome->fate) {
	case RESTORED_NOTHING:
		message(MESSAGE_ERROR, report->input, "%s%s", outcome->fault.text,
		    report->options->request.check  ? ""
		    : report->options->request.into ? "; the domain was not touched"
		                                    : "; no domain was made");
		break;
	case RESTORED_LEFT:
		message(MESSAGE_ERROR, report->input,
		    "%s; domain %u is left to its owner, half filled: it can only be destroyed",
		    outcome->fault.text, outcome->domid);
		break;
	case RESTORED_REST:
		message(MESSAGE_ERROR, report->input,
		    "%s; DOMAIN %u IS STILL THERE (%s): try 'xl destroy %u'", outcome->fault.text,
		    outcome->domid, outcome->second.text, outcome->domid);
		break;
	default:
		message(MESSAGE_ERROR, report->input, "%s; the domain was removed", outcome->fault.text);
		break;
	}
}

void report_end(struct report *report, const struct restore_outcome *outcome, int status)
{
	progress_end();
	if (outcome->good)
		say_good(report, outcome);
	else
		say_failed(report, outcome);
	if (report->options->json)
		json_result(outcome, status);
}
