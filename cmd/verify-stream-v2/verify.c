/* SPDX-License-Identifier: MIT */
/* One input from its opening to its verdict. */
#include "verify-stream-v2/verify.h"

#include <errno.h>
#include <string.h>

#include <libstream/io.h>

#include "common/messages.h"
#include "common/output.h"
#include "common/sandbox.h"
#include "common/scratch.h"
#include "common/tool.h"
#include "common/list.h"
#include "verify-stream-v2/input.h"
#include "verify-stream-v2/map.h"
#include "verify-stream-v2/report.h"
#include "verify-stream-v2/summary.h"

/* All that one verification needs; made by setup(), undone by teardown(). */
struct job {
	const struct options *options;   /* what is wanted */
	const char *name;                /* of the input, for messages */
	struct xsr_source *source;       /* the input */
	struct xsr_decoder *decoder;     /* takes it apart */
	struct xsr_verifier *verifier;   /* judges it */
	struct xsr_describer *describer; /* for --list and --json, else NULL */
	struct json_rows *json;          /* for --json, else NULL */
	struct list *list;               /* for --list, else NULL */
	struct output output;            /* of -o */
	struct xsr_sink *sink;           /* over it, or NULL */
	struct scratch scratch;          /* what the verifier keeps at depth pages */
	struct map map;                  /* for --map */
	struct output picture;           /* it goes here */
	struct report report;            /* what was found */
	bool no_memory;                  /* the verifier had to give up a part of its work */
};

static bool out_of_memory(const char *name)
{
	message(MESSAGE_ERROR, name, "%s", strerror(ENOMEM));
	return false;
}

static bool make_rows(struct job *job)
{
	const struct options *o = job->options;
	const struct xsr_visitor *visitor;

	if (!o->json && !o->list)
		return true;
	if (o->json)
		job->json = json_rows_new(stdout);
	else
		job->list = list_new();
	if (!job->json && !job->list)
		return out_of_memory(job->name);
	if (job->json)
		json_rows_input(job->json, job->name);
	else
		list_heading(o->operand_count > 1 ? job->name : NULL);
	visitor = job->json ? json_rows_visitor(job->json) : list_visitor(job->list);
	job->describer = xsr_describer_new(visitor);
	return job->describer || out_of_memory(job->name);
}

/* Without it there is no digest of a live image, and all else is as good. */
static void make_store(struct job *job)
{
	struct xsr_store store = scratch_store(&job->scratch);

	if (job->options->depth < XSR_DEPTH_PAGES)
		return;
	if (scratch_open(&job->scratch))
		xsr_verifier_set_store(job->verifier, &store);
	else
		job->scratch.error = errno;
}

static bool make_map(struct job *job)
{
	if (!job->options->map)
		return true;
	if (!map_open(&job->map)) {
		message(MESSAGE_ERROR, "temporary file", "%s", strerror(errno));
		return false;
	}
	xsr_verifier_set_page_fn(job->verifier, map_page, &job->map);
	return output_open(&job->picture, job->options->map);
}

/* Whatever the verdict: a damaged image is worth a look. */
static bool draw_map(struct job *job)
{
	const struct xsr_summary *s = xsr_verifier_summary(job->verifier);
	struct map_title title = {
	    .name = job->name,
	    .guest = summary_guest(s),
	    .whole = job->report.verdict.complete,
	};

	if (!job->options->map)
		return true;
	if (map_draw(&job->map, &title, job->picture.fd))
		return true;
	message(MESSAGE_ERROR, job->options->map, "%s", strerror(job->map.cells.error ? job->map.cells.error : errno));
	return false;
}

static bool make_machines(struct job *job)
{
	const struct options *o = job->options;

	if (!make_rows(job))
		return false;
	job->report = (struct report){.options = o, .input = job->name, .json = job->json};
	xsr_source_limit_expansion(job->source, o->max_expansion);
	job->decoder = xsr_decoder_new(o->format);
	job->verifier = xsr_verifier_new(o->depth, report_finding, &job->report);
	if (!job->decoder || !job->verifier)
		return out_of_memory(job->name);
	if (!xsr_verifier_set_threads(job->verifier, tool_threads()))
		return out_of_memory(job->name);
	make_store(job);
	if (o->against_xen)
		xsr_verifier_against_xen(job->verifier, o->against_xen);
	if (o->host)
		xsr_verifier_against_host(job->verifier, o->host);
	if (!make_map(job))
		return false;
	if (!o->output)
		return true;
	if (!output_open(&job->output, o->output))
		return false;
	job->sink = xsr_sink_to_fd(job->output.fd, false);
	return job->sink || out_of_memory(job->name);
}

static void teardown(struct job *job)
{
	xsr_sink_free(job->sink);
	output_discard(&job->output);
	output_discard(&job->picture);
	map_close(&job->map);
	xsr_verifier_free(job->verifier);
	scratch_close(&job->scratch);
	xsr_describer_free(job->describer);
	json_rows_free(job->json);
	list_free(job->list);
	xsr_decoder_free(job->decoder);
	xsr_source_free(job->source);
}

static bool on_event(void *context, const struct xsr_event *event)
{
	struct job *job = context;

	if (xsr_verifier_event(job->verifier, event) == XSR_E_NOMEM)
		job->no_memory = true;
	if (job->describer)
		xsr_describer_event(job->describer, event);
	if (event->type == XSR_EVENT_RECORD_END)
		report_checkpoint(&job->report, xsr_verifier_summary(job->verifier));
	return true;
}

static bool on_payload(void *context, const struct xsr_event *payload)
{
	const struct job *job = context;

	return xsr_verifier_fetch(job->verifier, payload, xsr_source_read_at, job->source);
}

static void on_settle(void *context)
{
	const struct job *job = context;

	xsr_verifier_settle(job->verifier);
}

/* Progress goes by what is stored where that has a size, as only then it has an end. */
static void on_tick(void *context, uint64_t stream_offset)
{
	const struct job *job = context;
	uint64_t size;

	progress_update(xsr_source_size(job->source, &size) ? xsr_source_position(job->source)
	                                                    : stream_offset);
}

static void start_progress(const struct job *job)
{
	const struct options *o = job->options;
	bool silent = o->quiet || o->to_syslog;
	uint64_t size = 0;

	(void)xsr_source_size(job->source, &size);
	progress_start(silent ? PROGRESS_NEVER : o->progress, o->operand_count > 1 ? job->name : NULL, size);
}

/* Everything through decoder and verifier. False if it could not be read or passed on whole. */
static bool pump(struct job *job)
{
	struct xsr_pump pump = {
	    .source = job->source,
	    .decoder = job->decoder,
	    .sink = job->sink,
	    .want_pages = job->options->depth == XSR_DEPTH_PAGES,
	    .event = on_event,
	    .tick = on_tick,
	    .payload = on_payload,
	    .settle = on_settle,
	    .context = job,
	};
	struct xsr_finding error;
	enum xsr_status status;

	start_progress(job);
	status = xsr_pump_run(&pump, &error);
	progress_end();
	if (status == XSR_E_IO || status == XSR_E_NOMEM || status == XSR_E_MISUSE) {
		message_finding(strcmp(error.id, "io.write") == 0 ? job->output.name : job->name, &error);
		return false;
	}
	if (status != XSR_OK && !xsr_decoder_error(job->decoder))
		report_finding(&job->report,
		    &error); /* damaged compression: the decoder knows nothing of it */
	return true;
}

static void conclude(struct job *job, const char *verdict)
{
	const struct options *o = job->options;
	struct outcome outcome = {
	    .input = job->name,
	    .verdict = verdict,
	    .counts = &job->report.verdict,
	    .summary = xsr_verifier_summary(job->verifier),
	    .depth = o->depth,
	    .hidden = job->report.hidden,
	    .compression = xsr_source_compression(job->source),
	};

	if (job->json)
		summary_visit(&outcome, json_rows_visitor(job->json));
	else
		report_verdict(&job->report);
	if (o->verbose && !o->quiet && !job->json)
		summary_print(&outcome);
}

/* In the sandbox: everything but what needs a name. */
static int judge(void *context)
{
	struct job *job = context;
	bool whole = pump(job), good;

	if (whole) {
		(void)xsr_decoder_finish(job->decoder);
		(void)xsr_verifier_finish(job->verifier, job->decoder);
		job->report.verdict.complete = xsr_verifier_verdict(job->verifier)->complete;
	}
	if (job->scratch.error && !xsr_verifier_summary(job->verifier)->has_digest)
		message(MESSAGE_WARNING, job->name, "no digest of the memory, as a temporary file fails: %s",
		    strerror(job->scratch.error));
	if (job->describer)
		xsr_describer_finish(job->describer);
	good = report_good(&job->report);
	conclude(job, !whole ? "unknown" : good ? "good" : "bad");
	if (!whole || job->no_memory)
		return TOOL_TROUBLE;
	if (job->json && json_rows_failed(job->json) && !ferror(stdout)) {
		out_of_memory(job->name);
		return TOOL_TROUBLE;
	}
	if (!draw_map(job))
		return TOOL_TROUBLE;
	return good ? TOOL_GOOD : TOOL_STREAM;
}

static int run(struct job *job)
{
	int status = sandbox_run(judge, job, job->name, TOOL_TROUBLE);

	if (status == TOOL_TROUBLE)
		return status;
	if (job->options->map && !output_commit(&job->picture))
		return TOOL_TROUBLE;
	if (job->sink && !output_commit(&job->output))
		return TOOL_TROUBLE;
	return status;
}

int verify_input(const struct options *options, const char *name, bool digits_are_fd)
{
	struct job job = {.options = options, .output = {.fd = -1}, .scratch = {.fd = -1},
	    .map = {.cells = {.fd = -1}}, .picture = {.fd = -1}};
	int status = TOOL_TROUBLE;

	job.source = input_open(name, digits_are_fd, &job.name);
	if (job.source && make_machines(&job))
		status = run(&job);
	teardown(&job);
	return status;
}
