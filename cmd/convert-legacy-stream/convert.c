/* SPDX-License-Identifier: MIT */
#include "convert-legacy-stream/convert.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/json_rows.h"
#include "common/list.h"
#include "common/messages.h"
#include "common/output.h"
#include "common/tool.h"
#include "convert-legacy-stream/rows.h"

/* A configuration is a page or two; more than this is a mistake. */
#define CONFIG_MAX (1u << 20)

/* All that one conversion needs; made by setup(), undone by teardown(). */
struct job {
	struct options *options;     /* what is wanted */
	const char *name;            /* of the input, for messages */
	struct xsr_source *source;   /* the input */
	struct output output;        /* of an image */
	struct xsr_sink *sink;       /* over it, or NULL */
	struct json_rows *json;      /* for --json, else NULL */
	struct list *list;           /* for --list, else NULL */
	char *config;                /* of --config */
	struct xsr_convert convert;  /* the work */
	struct xsr_rewrap rewrap;    /* the work of --wrap and --unwrap */
};

static bool out_of_memory(const struct job *job)
{
	message(MESSAGE_ERROR, job->name, "%s", strerror(ENOMEM));
	return false;
}

static bool use_descriptor(struct job *job, int fd, bool own)
{
	struct xsr_finding error;

	if (isatty(fd)) {
		message(MESSAGE_ERROR, job->name, "is a terminal: give a file, or an image on standard input");
		return false;
	}
	job->source = xsr_source_from_fd(fd, own, &error);
	if (!job->source)
		message_finding(job->name, &error);
	return job->source != NULL;
}

static bool open_input(struct job *job)
{
	const char *name = job->options->in;
	unsigned long number;
	int fd;

	job->name = name;
	if (strcmp(name, "-") == 0) {
		job->name = "standard input";
		return use_descriptor(job, STDIN_FILENO, false);
	}
	if (job->options->in_option && tool_number(name, INT_MAX, &number))
		return use_descriptor(job, (int)number, false);
	fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0) {
		message(MESSAGE_ERROR, name, "%s", strerror(errno));
		return false;
	}
	if (use_descriptor(job, fd, true))
		return true;
	close(fd);
	return false;
}

/* The output must not be the input: it is read while the output is written. */
static bool open_output(struct job *job)
{
	const char *name = job->options->out;
	unsigned long number;
	bool ok;

	if (!name)
		return true;
	if (job->options->out_option && tool_number(name, INT_MAX, &number))
		ok = output_open_descriptor(&job->output, (int)number, name);
	else
		ok = output_open(&job->output, name);
	if (!ok)
		return false;
	job->output.no_sync = job->options->no_sync;
	job->sink = xsr_sink_to_fd(job->output.fd, false);
	return job->sink || out_of_memory(job);
}

/* Xl takes no configuration without a name, so that other texts can be told by it. */
static bool has_name(const char *text)
{
	while (text) {
		text += strspn(text, " \t\r\n;");
		if (strncmp(text, "name", 4) == 0 && text[4 + strspn(text + 4, " \t")] == '=')
			return true;
		text = strpbrk(text, "\n;");
	}
	return false;
}

/* A configuration in JSON is terminated in the image, one in xl's own format is not. */
static bool take_config(struct job *job, size_t length)
{
	struct xsr_convert_options *o = &job->convert.options;
	size_t blank = strspn(job->config, " \t\r\n");

	o->config_json = job->config[blank] == '{';
	o->config = job->config;
	o->config_length = length + o->config_json;
	if (strlen(job->config) != length)
		message(MESSAGE_ERROR, job->options->config, "has a NUL in it: no configuration");
	else if (!o->config_json && !has_name(job->config))
		message(MESSAGE_ERROR, job->options->config, "is no configuration: it is not JSON, and gives no name");
	else
		return true;
	return false;
}

static bool read_config(struct job *job)
{
	const char *name = job->options->config;
	size_t length = 0;
	ssize_t n = 1;
	int fd;

	if (!name)
		return true;
	fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	job->config = calloc(1, CONFIG_MAX + 1);
	while (fd >= 0 && job->config && n > 0 && length < CONFIG_MAX) {
		n = read(fd, job->config + length, CONFIG_MAX - length);
		length += n > 0 ? (size_t)n : 0;
	}
	if (fd < 0 || n < 0)
		message(MESSAGE_ERROR, name, "%s", strerror(errno));
	else if (n > 0 && job->config)
		message(MESSAGE_ERROR, name, "is too long for a configuration");
	if (fd >= 0)
		close(fd);
	if (!job->config)
		return out_of_memory(job);
	return fd >= 0 && n == 0 && take_config(job, length);
}

static bool make_rows(struct job *job)
{
	if (job->options->json) {
		job->json = json_rows_new(stdout);
		if (!job->json)
			return out_of_memory(job);
		json_rows_input(job->json, job->name);
	} else if (job->options->action == ACTION_LIST) {
		job->list = list_new();
		if (!job->list)
			return out_of_memory(job);
		list_heading(NULL);
	}
	return true;
}

static void on_finding(struct job *job, const char *name, const struct xsr_finding *f)
{
	if (job->json)
		json_rows_finding(job->json, f);
	else
		message_finding(name, f);
}

static void on_input(void *context, const struct xsr_finding *f)
{
	struct job *job = context;

	on_finding(job, job->name, f);
}

/* What a verifier says of each image that was converted. */
static bool obvious(const struct xsr_finding *f)
{
	return strcmp(f->id, "libxl.converted") == 0 || strcmp(f->id, "domain.converted") == 0;
}

/* Warnings about the output were true of the input as well, and nobody asked: they are for -v. */
static void on_output(void *context, const struct xsr_finding *f)
{
	struct job *job = context;

	if (obvious(f) && !job->options->rewrap)
		return;
	if (f->severity == XSR_ERROR || job->options->verbose || job->json)
		on_finding(job, job->output.name ? job->output.name : "output", f);
}

static void on_event(void *context, const struct xsr_legacy_event *e)
{
	struct job *job = context;

	rows_event(job->json ? json_rows_visitor(job->json) : list_visitor(job->list), e);
}

static void on_tick(void *context, uint64_t offset)
{
	struct job *job = context;
	uint64_t size;

	if (job->sink)
		output_written(&job->output, xsr_sink_position(job->sink));
	progress_update(xsr_source_size(job->source, &size) ? xsr_source_position(job->source) : offset);
}

static bool setup(struct job *job)
{
	struct options *o = job->options;

	job->convert.options = o->convert;
	job->convert.options.tmpdir = getenv("TMPDIR");
	if (!open_input(job) || !read_config(job) || !make_rows(job) || !open_output(job))
		return false;
	job->convert.source = job->source;
	job->convert.sink = job->sink;
	job->convert.input = on_input;
	job->convert.output = on_output;
	job->convert.event = job->json || job->list ? on_event : NULL;
	job->convert.tick = on_tick;
	job->convert.context = job;
	return true;
}

static void teardown(struct job *job)
{
	xsr_sink_free(job->sink);
	output_discard(&job->output);
	json_rows_free(job->json);
	list_free(job->list);
	free(job->config);
	xsr_source_free(job->source);
}

/* Why there is no new image. */
static int failed(struct job *job, enum xsr_status status, const struct xsr_finding *error)
{
	bool about_output = strcmp(error->id, "io.write") == 0 || strcmp(error->id, "io.output") == 0 ||
	    error->layer == XSR_LAYER_LIBXL || error->layer == XSR_LAYER_LIBXC;

	/* Then the verifier has said all there is to say. */
	if (strcmp(error->id, "io.output") != 0 || job->json)
		on_finding(job, about_output && job->output.name ? job->output.name : job->name, error);
	if (strcmp(error->id, "legacy.modern") == 0)
		message(MESSAGE_ERROR, job->name,
		    "needs no conversion; --pass-through copies it, --wrap and --unwrap change its layers");
	if (strcmp(error->id, "stream.legacy") == 0 || strcmp(error->id, "stream.wrapper") == 0)
		message(MESSAGE_ERROR, job->name, "is to be converted first: without --wrap and --unwrap");
	if (strcmp(error->id, "legacy.tmem") == 0)
		message(MESSAGE_ERROR, job->name, "--drop-tmem converts it without that memory");
	return status == XSR_E_IO || status == XSR_E_NOMEM || status == XSR_E_MISUSE ? TOOL_TROUBLE : TOOL_STREAM;
}

static void start_progress(const struct job *job)
{
	const struct options *o = job->options;
	uint64_t size = 0;

	(void)xsr_source_size(job->source, &size);
	progress_start(o->quiet || o->to_syslog ? PROGRESS_NEVER : o->progress, NULL, size);
}

/* Other layers around the same image; with --pass-through the same ones. */
static int run_rewrap(struct job *job, enum xsr_format format)
{
	struct xsr_finding error;
	enum xsr_status status;

	job->rewrap = (struct xsr_rewrap){
	    .source = job->source,
	    .sink = job->sink,
	    .format = format,
	    .config = job->convert.options.config,
	    .config_length = job->convert.options.config_length,
	    .config_json = job->convert.options.config_json,
	    .input = on_input,
	    .output = on_output,
	    .tick = on_tick,
	    .context = job,
	};
	start_progress(job);
	status = xsr_rewrap_run(&job->rewrap, &error);
	progress_end();
	if (status != XSR_OK)
		return failed(job, status, &error);
	return job->sink && !output_commit(&job->output) ? TOOL_TROUBLE : TOOL_GOOD;
}

/* True if the input begins as an image of version 2 or 3, and in which layers; known without consuming anything. */
static bool is_modern(struct job *job, enum xsr_format *format)
{
	uint8_t head[48];
	struct xsr_finding error;
	size_t got;

	if (xsr_source_peek(job->source, head, sizeof(head), &got, &error) != XSR_OK)
		return false;
	*format = xsr_detect(head, got);
	if (*format == XSR_FORMAT_XL && got == sizeof(head))
		return head[36] & XSR_XL_FLAG_STREAMV2;
	return *format == XSR_FORMAT_LIBXC || *format == XSR_FORMAT_LIBXL;
}

static int run(struct job *job)
{
	const struct options *o = job->options;
	struct xsr_finding error;
	enum xsr_status status;
	static const char *const verdicts[] = {
	    [TOOL_GOOD] = "good", [TOOL_STREAM] = "bad", [TOOL_TROUBLE] = "unknown"};
	int result = TOOL_GOOD;

	start_progress(job);
	status = xsr_convert_run(&job->convert, &error);
	progress_end();
	if (status != XSR_OK)
		result = failed(job, status, &error);
	if (job->json)
		rows_summary(json_rows_visitor(job->json), &job->convert.result, verdicts[result]);
	else if ((o->verbose || o->action != ACTION_CONVERT) && !o->quiet)
		rows_print_summary(&job->convert.result);
	if (job->json && json_rows_failed(job->json) && !ferror(stdout)) {
		out_of_memory(job);
		return TOOL_TROUBLE;
	}
	if (result == TOOL_GOOD && job->sink && !output_commit(&job->output))
		return TOOL_TROUBLE;
	return result;
}

int convert_input(struct options *options)
{
	struct job job = {.options = options, .output = {.fd = -1}};
	enum xsr_format format;
	int status = TOOL_TROUBLE;

	if (setup(&job)) {
		if (options->rewrap)
			status = run_rewrap(&job, options->convert.format);
		else if (options->pass_through && options->action != ACTION_LIST && is_modern(&job, &format))
			status = run_rewrap(&job, format);
		else
			status = run(&job);
	}
	teardown(&job);
	return status;
}
