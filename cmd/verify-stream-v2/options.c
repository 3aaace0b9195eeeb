/* SPDX-License-Identifier: MIT */
#include "verify-stream-v2/options.h"

#include <argp.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

#include <libstream/io.h>

#include "common/tool.h"

#define DEFAULT_MAX_FINDINGS 100

enum long_only {
	KEY_AGAINST = 256,
	KEY_AGAINST_HOST,
	KEY_AGAINST_XEN,
	KEY_DEPTH,
	KEY_DIFF,
	KEY_EXPLAIN,
	KEY_JSON,
	KEY_LIST,
	KEY_MAP,
	KEY_MAX_EXPANSION,
	KEY_MAX_FINDINGS,
	KEY_NO_PROGRESS,
	KEY_PRINT_HOST_POLICY,
	KEY_PROGRESS,
	KEY_STRICT,
	KEY_SYSLOG,
};

static const struct argp_option option_table[] = {
    {"in", 'i', "FD-or-FILE", 0, "Verify this; digits mean an open descriptor (default: standard input)", 1},
    {"format", 'f', "FORMAT", 0, "Demand libxc, libxl or xl instead of detecting the format", 1},
    {"depth", KEY_DEPTH, "DEPTH", 0, "Look at frame, record, stream (default) or pages", 1},
    {"diff", KEY_DIFF, NULL, 0, "Say in what two images differ: records, and pages by content", 1},
    {"against", KEY_AGAINST, "POLICY", 0, "Will it restore on the host of this policy file?", 1},
    {"against-host", KEY_AGAINST_HOST, NULL, 0, "Will it restore on this host? Asks the hypervisor", 1},
    {"against-xen", KEY_AGAINST_XEN, "RELEASE", 0, "Judge by the release that shall restore: 4.6 to 4.22", 1},
    {"max-expansion", KEY_MAX_EXPANSION, "N", 0,
        "Refuse compressed input that unpacks to more than 512 MiB and N times its size (default 2048; 0: never)", 1},
    {"strict", KEY_STRICT, NULL, 0, "Let warnings decide the verdict too", 1},
    {"out", 'o', "FILE", 0, "Pass the stream on unchanged to FILE; - is standard output", 2},
    {"list", KEY_LIST, NULL, 0, "Print a line for each header and record", 2},
    {"json", KEY_JSON, NULL, 0, "Print an object for each header, record and finding, and the verdict", 2},
    {"map", KEY_MAP, "FILE", 0, "Draw a map of the memory to FILE (SVG); depth is pages", 2},
    {"max-findings", KEY_MAX_FINDINGS, "N", 0, "Show at most N findings of an input (default 100; 0: all)",
        2},
    {"verbose", 'v', NULL, 0, "Summarise the stream; show notes", 3},
    {"quiet", 'q', NULL, 0, "Say nothing: the exit status tells", 3},
    {"syslog", KEY_SYSLOG, NULL, 0, "Talk to syslog instead of standard output and error", 3},
    {"progress", KEY_PROGRESS, NULL, 0, "Show progress even if standard error is no terminal", 3},
    {"no-progress", KEY_NO_PROGRESS, NULL, 0, "Never show progress", 3},
    {"print-host-policy", KEY_PRINT_HOST_POLICY, NULL, 0, "Print the policy file of this host", 4},
    {"explain", KEY_EXPLAIN, "ID", 0, "Explain a finding; list names all of them", 4},
    {NULL, 'h', NULL, OPTION_HIDDEN, NULL, 4},
    {0},
};

static void parse_format(struct options *o, const char *text, struct argp_state *state)
{
	static const enum xsr_format formats[] = {XSR_FORMAT_LIBXC, XSR_FORMAT_LIBXL, XSR_FORMAT_XL};

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (strcmp(text, xsr_format_name(formats[i])) != 0)
			continue;
		o->format = formats[i];
		return;
	}
	argp_error(state, "format '%s' is none of libxc, libxl, xl", text);
}

/* What can only be judged when all options are known. */
static void check(const struct options *o, struct argp_state *state)
{
	bool rows = o->json || o->list;

	if (o->explain)
		return;
	if (o->print_host_policy && (o->operand_count || o->in))
		argp_error(state, "--print-host-policy reads no stream");
	if (o->against && o->against_host)
		argp_error(state, "--against and --against-host exclude each other");
	if (o->against && strcmp(o->against, "-") == 0 && !o->operand_count && !o->in)
		argp_error(state, "policy and stream cannot both be standard input");
	if ((o->against || o->against_host) && o->diff)
		argp_error(state, "--diff judges by no host");
	if (o->diff && (o->operand_count != 2 || o->in))
		argp_error(state, "--diff takes two files");
	if (o->diff && (o->list || o->output))
		argp_error(state, "--diff goes with neither --list nor -o");
	if (o->map && (o->diff || o->output || strcmp(o->map, "-") == 0 || o->operand_count + (o->in != NULL) > 1))
		argp_error(state, "--map takes one input and names a file; it goes with neither --diff nor -o");
	if (o->json && o->list)
		argp_error(state, "--json and --list both want standard output");
	if (o->output && o->operand_count + (o->in != NULL) > 1)
		argp_error(state, "-o takes one input");
	if (o->output && strcmp(o->output, "-") == 0 && rows)
		argp_error(state, "-o - and %s both want standard output", o->json ? "--json" : "--list");
}

static error_t parse_long(int key, char *arg, struct options *o, struct argp_state *state)
{
	switch (key) {
	case KEY_DEPTH:
		if (!xsr_depth_parse(arg, &o->depth))
			argp_error(state, "depth '%s' is none of frame, record, stream, pages", arg);
		return 0;
	case KEY_DIFF:
		o->diff = true;
		return 0;
	case KEY_AGAINST:
		o->against = arg;
		return 0;
	case KEY_AGAINST_HOST:
		o->against_host = true;
		return 0;
	case KEY_PRINT_HOST_POLICY:
		o->print_host_policy = true;
		return 0;
	case KEY_AGAINST_XEN:
		if (!xsr_xen_release_known(arg))
			argp_error(state, "'%s' is no release from 4.6 to 4.22", arg);
		o->against_xen = arg;
		return 0;
	case KEY_EXPLAIN:
		o->explain = arg;
		return 0;
	case KEY_JSON:
		o->json = true;
		return 0;
	case KEY_LIST:
		o->list = true;
		return 0;
	case KEY_MAP:
		o->map = arg;
		return 0;
	case KEY_MAX_EXPANSION:
		if (!tool_number(arg, ULONG_MAX, &o->max_expansion))
			argp_error(state, "'%s' is no number of times", arg);
		return 0;
	case KEY_MAX_FINDINGS:
		if (!tool_number(arg, ULONG_MAX, &o->max_findings))
			argp_error(state, "'%s' is no number of findings", arg);
		return 0;
	case KEY_NO_PROGRESS:
		o->progress = PROGRESS_NEVER;
		return 0;
	case KEY_PROGRESS:
		o->progress = PROGRESS_ALWAYS;
		return 0;
	case KEY_STRICT:
		o->strict = true;
		return 0;
	case KEY_SYSLOG:
		o->to_syslog = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case 'f':
		parse_format(o, arg, state);
		return 0;
	case 'h': /* upstream's short form; argp has -? for it */
		argp_state_help(state, stdout, ARGP_HELP_STD_HELP);
		return 0;
	case 'i':
		o->in = arg;
		return 0;
	case 'o':
		o->output = arg;
		return 0;
	case 'q':
		o->quiet = true;
		return 0;
	case 'v':
		o->verbose++;
		return 0;
	case ARGP_KEY_ARGS:
		o->operands = state->argv + state->next;
		o->operand_count = state->argc - state->next;
		return 0;
	case ARGP_KEY_END:
		if (o->map)
			o->depth = XSR_DEPTH_PAGES;
		check(o, state);
		return 0;
	default:
		return parse_long(key, arg, o, state);
	}
}

void options_parse(struct options *o, int argc, char **argv)
{
	static const struct argp argp = {
	    .options = option_table,
	    .parser = parse,
	    .args_doc = "[FILE...]",
	    .doc =
	        "Verify migration streams of Xen: libxc images, libxl streams and xl images of version 2 and "
	        "3.\vExit status: 0 good, 1 a stream is at fault, 2 usage, I/O or internal error.",
	};

	*o = (struct options){
	    .depth = XSR_DEPTH_STREAM,
	    .max_expansion = XSR_EXPANSION_USUAL,
	    .max_findings = DEFAULT_MAX_FINDINGS,
	};
	argv[0] = program_invocation_short_name;
	argp_parse(&argp, argc, argv, 0, NULL, o);
}
