/* SPDX-License-Identifier: MIT */
#include "verify-stream-v2/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/messages.h"

static enum message_level level_of(enum xsr_severity severity)
{
	if (severity == XSR_ERROR)
		return MESSAGE_ERROR;
	return severity == XSR_WARNING ? MESSAGE_WARNING : MESSAGE_NOTE;
}

void report_finding(void *context, const struct xsr_finding *f)
{
	struct report *r = context;
	struct xsr_verdict *v = &r->verdict;

	if (f->severity == XSR_ERROR && !v->errors++)
		v->status = f->status;
	v->warnings += f->severity == XSR_WARNING;
	v->notes += f->severity == XSR_NOTE;
	if (!r->json && !message_wanted(level_of(f->severity)))
		return;
	if (r->options->max_findings && r->shown == r->options->max_findings) {
		r->hidden++;
		return;
	}
	r->shown++;
	if (r->json)
		json_rows_finding(r->json, f);
	else
		message_finding(r->input, f);
}

static void checkpoint_row(const struct report *r, const struct xsr_summary *s, uint64_t errors)
{
	const struct xsr_visitor *v = json_rows_visitor(r->json);

	v->begin(v->context, NULL, false);
	v->number(v->context, "checkpoint", s->checkpoints, XSR_DECIMAL);
	v->number(v->context, "end", s->checkpoint_end, XSR_DECIMAL);
	v->number(v->context, "records", s->records, XSR_DECIMAL);
	v->number(v->context, "errors", errors, XSR_DECIMAL);
	v->boolean(v->context, "restores", !r->verdict.errors);
	v->end(v->context);
}

void report_checkpoint(struct report *r, const struct xsr_summary *s)
{
	uint64_t errors = r->verdict.errors - r->checkpoint_errors;

	if (s->checkpoints == r->checkpoints)
		return;
	r->checkpoints = s->checkpoints;
	r->checkpoint_errors = r->verdict.errors;
	if (r->json)
		checkpoint_row(r, s, errors);
	else if (r->options->verbose && !r->options->quiet)
		message_line("%s: checkpoint %" PRIu64 ": %s, ends at offset 0x%" PRIx64 " behind %" PRIu64
		             " records%s",
		    r->input, s->checkpoints, r->verdict.errors ? "bad" : "good", s->checkpoint_end, s->records,
		    r->verdict.errors && !errors ? ", by earlier errors" : "");
}

bool report_good(const struct report *r)
{
	return !r->verdict.errors && !(r->options->strict && r->verdict.warnings);
}

/* ", 3 errors"; nothing for none. */
static void add_count(char *text, size_t size, uint64_t count, const char *what)
{
	size_t used = strlen(text);

	if (count)
		snprintf(text + used, size - used, "%s%" PRIu64 " %s%s", used ? ", " : "", count, what,
		    count == 1 ? "" : "s");
}

void report_verdict(const struct report *r)
{
	const struct xsr_verdict *v = &r->verdict;
	bool good = report_good(r);
	char counts[120] = "";

	if (r->hidden)
		message(MESSAGE_WARNING, r->input, "%" PRIu64 " more findings are not shown (--max-findings)",
		    r->hidden);
	add_count(counts, sizeof(counts), v->errors, "error");
	add_count(counts, sizeof(counts), v->warnings, "warning");
	if (message_wanted(MESSAGE_NOTE))
		add_count(counts, sizeof(counts), v->notes, "note");
	if (*counts)
		message(good ? MESSAGE_WARNING : MESSAGE_ERROR, r->input, "%s: %s", good ? "good" : "bad",
		    counts);
}
