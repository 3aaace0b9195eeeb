/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <argp.h>
#include <string.h>

#include "common/messages.h"
#include "common/tool.h"

#include "options_live.h"

/* Keys of options without a short form. */
enum { KEY_THEN = 256, KEY_TIMEOUT, KEY_JSON, KEY_RESUME };

/* Longest --timeout in seconds, a day. */
#define TIMEOUT_MAX 86400

/* What options_parse() collects before defaults are known. */
struct parsing {
	struct options *options;  /* the result */
	bool then_given;          /* --then was there */
	struct live_options live; /* what is about live saves */
};

static bool parse_format(const char *text, enum xsr_format *format)
{
	static const enum xsr_format known[] = {XSR_FORMAT_XL, XSR_FORMAT_LIBXL, XSR_FORMAT_LIBXC};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(text, xsr_format_name(known[i])) == 0) {
			*format = known[i];
			return true;
		}
	}
	return false;
}

static bool parse_then(const char *text, enum save_then *then)
{
	static const char *const names[] = {"destroy", "pause", "resume"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(text, names[i]) == 0) {
			*then = (enum save_then)i;
			return true;
		}
	}
	return false;
}

static void parse_compression(const char *text, struct compression *compression, struct argp_state *state)
{
	const char *wrong = compress_parse(text, compression);

	if (wrong)
		argp_error(state, "no such compression: %s: %s", text, wrong);
}

static void parse_operand(struct options *options, char *text, struct argp_state *state)
{
	if (!options->request.domain)
		options->request.domain = text;
	else if (!options->request.path && !options->resume)
		options->request.path = text;
	else
		argp_error(state, "too many operands: %s", text);
}

static void finish(struct parsing *parsing, struct argp_state *state)
{
	struct save_request *request = &parsing->options->request;

	if (!request->domain)
		argp_error(state, "DOMAIN is missing");
	if (parsing->options->resume && (request->path || parsing->then_given || parsing->live.given ||
	                                    parsing->live.bandwidth_given || request->live != LIVE_NO))
		argp_error(state, "--resume goes with nothing but DOMAIN");
	live_options_finish(&parsing->live, state);
	/* Of a compressed file that breaks off the last blocks are lost, and nobody could say what is complete. */
	if (request->checkpoints && request->compression.method != COMPRESS_NONE)
		argp_error(state, "checkpoints cannot be compressed");
	if (!request->path)
		request->path = "-";
	/*
	 * Whoever reads a pipe may have failed after the last byte, and then the guest must still be there.
	 * A file is known to be complete, so the guest can go, as it does with xl save.
	 */
	if (!parsing->then_given && request->checkpoints)
		request->then = THEN_RESUME;
	else if (!parsing->then_given)
		request->then = strcmp(request->path, "-") == 0 ? THEN_PAUSE : THEN_DESTROY;
}

static error_t parse(int key, char *text, struct argp_state *state)
{
	struct parsing *parsing = state->input;
	struct options *options = parsing->options;
	unsigned long number;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &parsing->live;
		return 0;
	case 'f':
		if (!parse_format(text, &options->request.format))
			argp_error(state, "no such format: %s (xl, libxl, libxc)", text);
		return 0;
	case 'z':
		parse_compression(text, &options->request.compression, state);
		return 0;
	case KEY_THEN:
		parsing->then_given = true;
		if (!parse_then(text, &options->request.then))
			argp_error(state, "--then takes destroy, pause or resume, not %s", text);
		return 0;
	case KEY_TIMEOUT:
		if (!tool_number(text, TIMEOUT_MAX, &number) || number == 0)
			argp_error(state, "--timeout takes seconds from 1 to %d, not %s", TIMEOUT_MAX, text);
		options->request.timeout_s = (int)number;
		return 0;
	case KEY_JSON:
		options->json = true;
		return 0;
	case KEY_RESUME:
		options->resume = true;
		return 0;
	case 'q':
		options->quiet = true;
		options->level = MESSAGE_ERROR;
		return 0;
	case 'v':
		options->level++;
		return 0;
	case ARGP_KEY_ARG:
		parse_operand(options, text, state);
		return 0;
	case ARGP_KEY_END:
		finish(parsing, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option table[] = {
    {"format", 'f', "FORMAT", 0, "Write an xl image (default), or a bare libxl or libxc stream", 1},
    {"then", KEY_THEN, "WHAT", 0,
        "After a good save destroy (default for a FILE), pause (default for standard output) "
        "or resume the guest",
        1},
    {"compress", 'z', "LEVEL|METHOD[:LEVEL]", OPTION_ARG_OPTIONAL,
        "Compress on all processors: gzip (default, level 1) or zstd (level 3)", 1},
    {"timeout", KEY_TIMEOUT, "SECONDS", 0, "Patience with each step of the guest's suspension (60)", 1},
    {"resume", KEY_RESUME, NULL, 0,
        "Save nothing; make a guest run on that a killed save left suspended, or a good "
        "one left paused",
        2},
    {"json", KEY_JSON, NULL, 0,
        "Progress and result as JSON, one object a line: on standard output with a FILE, "
        "else on standard error",
        3},
    {"quiet", 'q', NULL, 0, "No progress, and only messages about failures", 3},
    {"verbose", 'v', NULL, 0, "Say more; twice: what the engine says, too", 3},
    {0},
};

void options_parse(int argc, char **argv, struct options *options)
{
	struct parsing parsing = {.options = options, .live = {.request = &options->request}};
	const struct argp_child children[] = {{.argp = &live_argp}, {0}};
	const struct argp argp = {
	    .options = table,
	    .parser = parse,
	    .children = children,
	    .args_doc = "DOMAIN [FILE]\n--resume DOMAIN",
	    .doc = "Save a running Xen guest to FILE or standard output, checking the stream on its way.\v"
	           "DOMAIN is a name or a number. Unless the save succeeds, the guest runs on.",
	};

	memset(options, 0, sizeof(*options));
	options->request.format = XSR_FORMAT_XL;
	options->request.timeout_s = 60;
	options->level = MESSAGE_WARNING;
	/* It ends the program itself on any error. */
	argp_parse(&argp, argc, argv, 0, NULL, &parsing);
}
