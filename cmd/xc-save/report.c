/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/messages.h"
#include "common/progress.h"
#include "common/text.h"

#include "live_report.h"

static void write_row(struct report *report, json_t *row)
{
	char *line = row ? json_dumps(row, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;

	if (line)
		fprintf(report->json, "%s\n", line);
	fflush(report->json);
	free(line);
	json_decref(row);
}

static void json_progress(struct report *report, const struct save_progress *progress)
{
	static const char *const names[] = {"started", "suspended", "progress", "written"};
	const struct domain_facts *domain = progress->domain;

	write_row(report,
	    json_pack("{s:s, s:s, s:i, s:s, s:I, s:I}", "event", names[progress->phase], "domain",
	        domain->name, "domid", (int)domain->domid, "type", domain_type_name(domain->type), "bytes",
	        (json_int_t)progress->bytes, "expected", (json_int_t)progress->expected));
}

static void on_progress(void *context, const struct save_progress *progress)
{
	struct report *report = context;
	const struct domain_facts *domain = progress->domain;
	const char *input = report->options->request.domain;

	if (report->json)
		json_progress(report, progress);
	switch (progress->phase) {
	case PHASE_STARTED:
		if (report->options->request.live && !report->json && !report->options->quiet)
			progress_start(PROGRESS_TERMINAL, input, 0);
		message(MESSAGE_NOTE, input, "domain %u, %s, %u vCPUs, %llu pages", domain->domid,
		    domain_type_name(domain->type), domain->vcpus, (unsigned long long)domain->pages);
		break;
	case PHASE_SUSPENDED:
		message(MESSAGE_NOTE, input, "suspended");
		if (!report->options->request.live && !report->json && !report->options->quiet)
			progress_start(PROGRESS_TERMINAL, input, progress->expected);
		break;
	case PHASE_COPYING:
		progress_update(progress->bytes);
		break;
	default:
		progress_end();
		break;
	}
}

static void on_pass(void *context, const struct live_pass *pass)
{
	struct report *report = context;
	char text[320];

	if (report->json)
		write_row(report, live_pass_row(pass));
	message(report->watched ? MESSAGE_WARNING : MESSAGE_NOTE, report->options->request.domain, "%s",
	    live_pass_text(pass, text, sizeof(text)));
}

static void on_checkpoint(void *context, const struct save_checkpoint *checkpoint)
{
	struct report *report = context;
	char bytes[32], downtime[48] = "the guest stands still";

	if (report->json)
		write_row(report, json_pack("{s:s, s:I, s:I, s:o}", "event", "checkpoint", "number",
		                      (json_int_t)checkpoint->number, "bytes", (json_int_t)checkpoint->bytes,
		                      "downtime", live_real(checkpoint->downtime)));
	if (checkpoint->downtime >= 0)
		snprintf(downtime, sizeof(downtime), "stood still for %.2f s", checkpoint->downtime);
	message(report->watched ? MESSAGE_WARNING : MESSAGE_NOTE, report->options->request.domain,
	    "checkpoint %llu: %s; %s", (unsigned long long)checkpoint->number,
	    text_bytes(checkpoint->bytes, bytes, sizeof(bytes)), downtime);
}

static void on_warning(void *context, const char *text)
{
	struct report *report = context;

	message(MESSAGE_WARNING, report->options->request.domain, "%s", text);
}

/* The engine's own words matter to those who ask for them: its failure is reported in ours. */
static void on_log(void *context, enum engine_level level, const char *text)
{
	struct report *report = context;

	message(level >= ENGINE_WARNING ? MESSAGE_NOTE : MESSAGE_DEBUG, report->options->request.domain, "%s",
	    text);
}

void report_begin(struct report *report, const struct options *options, struct save_hooks *hooks)
{
	report->options = options;
	report->json = NULL;
	/* The stream may be on standard output. */
	if (options->json)
		report->json = strcmp(options->request.path, "-") == 0 && !options->resume ? stderr : stdout;
	/* On a terminal a live save is watched, and then its passes are news as much as the bytes are. */
	report->watched = !options->quiet && isatty(STDERR_FILENO);
	*hooks = (struct save_hooks){.progress = on_progress,
	    .log = on_log,
	    .pass = on_pass,
	    .checkpoint = on_checkpoint,
	    .warning = on_warning,
	    .context = report};
}

static void json_result(struct report *report, const struct save_outcome *outcome, int status)
{
	const char *error = outcome->fault.kind ? outcome->fault.text : outcome->second.text;

	write_row(report,
	    json_pack("{s:s, s:b, s:s, s:i, s:I, s:I, s:f, s:f, s:o, s:b, s:I, s:s}", "event", "result",
	        "saved", outcome->saved || outcome->ended, "guest", save_fate_name(outcome->fate), "status",
	        status, "bytes", (json_int_t)outcome->bytes, "stored", (json_int_t)outcome->stored, "seconds",
	        outcome->seconds, "downtime", outcome->downtime, "expected_downtime",
	        live_real(outcome->expected), "live", outcome->live, "checkpoints",
	        (json_int_t)outcome->checkpoints, "error", error));
}

/* What became of the guest, in a clause. */
static const char *fate_clause(enum save_fate fate)
{
	static const char *const clauses[] = {
	    [FATE_UNTOUCHED] = "the guest was not touched",
	    [FATE_RUNS] = "the guest runs on",
	    [FATE_PAUSED] = "the guest is paused",
	    [FATE_DESTROYED] = "the guest is destroyed",
	    [FATE_STUCK] = "THE GUEST DOES NOT RUN",
	    [FATE_DEAD] = "the guest has ended",
	    [FATE_MODELLESS] = "THE GUEST RUNS, BUT ITS DEVICE MODEL MAY NOT",
	};

	return clauses[fate];
}

static void say_saved(const struct save_request *request, const struct save_outcome *outcome)
{
	char bytes[32], stored[32], compressed[64] = "";

	if (request->compression.method != COMPRESS_NONE)
		snprintf(compressed, sizeof(compressed), " (compressed to %s)",
		    text_bytes(outcome->stored, stored, sizeof(stored)));
	if (outcome->fate == FATE_STUCK || outcome->fate == FATE_MODELLESS)
		message(MESSAGE_ERROR, request->domain,
		    "saved, but afterwards: %s; %s: 'xc-save --resume' or 'xl destroy' decides",
		    outcome->second.text, fate_clause(outcome->fate));
	else
		message(MESSAGE_NOTE, request->domain, "saved: %s%s in %.1f s, stood still for %.2f s; %s",
		    text_bytes(outcome->bytes, bytes, sizeof(bytes)), compressed, outcome->seconds,
		    outcome->downtime, fate_clause(outcome->fate));
}

static void say_failed(const struct save_request *request, const struct save_outcome *outcome)
{
	/* An empty text: the part that failed has said so itself. */
	const char *reason = outcome->fault.text[0] ? outcome->fault.text : "not saved";
	char kept[64] = "";

	if (outcome->checkpoints)
		snprintf(kept, sizeof(kept), "; %llu checkpoints are complete",
		    (unsigned long long)outcome->checkpoints);
	if (outcome->fate == FATE_STUCK || outcome->fate == FATE_MODELLESS)
		message(MESSAGE_ERROR, request->domain, "%s%s; %s (%s): try 'xc-save --resume'", reason, kept,
		    fate_clause(outcome->fate), outcome->second.text);
	else
		message(outcome->ended ? MESSAGE_NOTE : MESSAGE_ERROR, request->domain, "%s%s; %s", reason,
		    kept, fate_clause(outcome->fate));
}

static void say_resumed(const struct save_request *request, const struct save_outcome *outcome)
{
	if (outcome->fault.kind)
		message(MESSAGE_ERROR, request->domain, "%s", outcome->fault.text);
	else if (outcome->second.kind)
		message(MESSAGE_ERROR, request->domain, "%s; %s", outcome->second.text,
		    fate_clause(outcome->fate));
	else
		message(MESSAGE_NOTE, request->domain, "the guest runs");
}

void report_end(struct report *report, const struct save_outcome *outcome, int status)
{
	const struct save_request *request = &report->options->request;

	progress_end();
	if (report->options->resume)
		say_resumed(request, outcome);
	else if (outcome->saved)
		say_saved(request, outcome);
	else
		say_failed(request, outcome);
	if (report->json)
		json_result(report, outcome, status);
}
