/* SPDX-License-Identifier: MIT */
#include "convert-legacy-stream/options.h"

#include <argp.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "common/tool.h"

enum long_only {
	KEY_CONFIG = 256,
	KEY_DROP_TMEM,
	KEY_DRY_RUN,
	KEY_JSON,
	KEY_KEEP_CHECKPOINTS,
	KEY_LIKE_XEN,
	KEY_LIST,
	KEY_NO_PROGRESS,
	KEY_NO_SYNC,
	KEY_PASS_THROUGH,
	KEY_PROGRESS,
	KEY_SKIP_QEMU,
	KEY_STREAM_VERSION,
	KEY_SYSLOG,
	KEY_TMEM_OID,
	KEY_UNWRAP,
	KEY_VIRIDIAN,
	KEY_WRAP,
};

static const struct argp_option option_table[] = {
    {"in", 'i', "FD-or-FILE", 0, "Convert this; digits mean an open descriptor", 1},
    {"out", 'o', "FD-or-FILE", 0, "Write the new image here; digits mean an open descriptor", 1},
    {"width", 'w', "32|64", 0, "Demand an image of a toolstack of this width", 1},
    {"guest-type", 'g', "pv|hvm", 0, "Demand an image of this type of guest", 1},
    {"xl", 'x', NULL, 0, "Demand an xl header, and keep it", 1},
    {"format", 'f', "FORMAT", 0, "Write libxc, libxl or xl (default: xl for an image of xl, else libxl)", 2},
    {"stream-version", KEY_STREAM_VERSION, "2|3", 0, "Version of the libxc image (default 3; 2 for Xen 4.6 to 4.13)",
        2},
    {"config", KEY_CONFIG, "FILE", 0, "Put this configuration into the xl header", 2},
    {"skip-qemu", KEY_SKIP_QEMU, NULL, 0, "Leave out the state of the device model", 2},
    {"keep-checkpoints", KEY_KEEP_CHECKPOINTS, NULL, 0, "Make a checkpointed stream of several rounds", 2},
    {"drop-tmem", KEY_DROP_TMEM, NULL, 0, "Leave out transcendent memory instead of refusing it", 2},
    {"tmem-oid", KEY_TMEM_OID, "8|24", 0, "Bytes of an object id in it (default 24; 8 for Xen 4.0.0 and 4.0.1)", 2},
    {"viridian", KEY_VIRIDIAN, "MASK", 0, "Set the HVM parameter VIRIDIAN, 0 for none", 2},
    {"like-xen", KEY_LIKE_XEN, NULL, 0, "Write exactly what Xen's converter writes", 2},
    {"pass-through", KEY_PASS_THROUGH, NULL, 0, "Copy an image that needs no conversion", 2},
    {"wrap", KEY_WRAP, NULL, 0, "Put layers around an image of version 2 or 3: libxl, or what -f says", 2},
    {"unwrap", KEY_UNWRAP, NULL, 0, "Take them off: libxc, or what -f says", 2},
    {"no-sync", KEY_NO_SYNC, NULL, 0, "Do not wait until the new image is on disk", 2},
    {"dry-run", KEY_DRY_RUN, NULL, 0, "Do all but write", 3},
    {"list", KEY_LIST, NULL, 0, "Print a line for each part of the image instead of converting it", 3},
    {"json", KEY_JSON, NULL, 0, "Print findings, parts and summary as JSON objects", 3},
    {"verbose", 'v', NULL, 0, "Summarise the image; show notes", 4},
    {"quiet", 'q', NULL, 0, "Say nothing: the exit status tells", 4},
    {"syslog", KEY_SYSLOG, NULL, 0, "Talk to syslog instead of standard output and error", 4},
    {"progress", KEY_PROGRESS, NULL, 0, "Show progress even if standard error is no terminal", 4},
    {"no-progress", KEY_NO_PROGRESS, NULL, 0, "Never show progress", 4},
    {NULL, 'h', NULL, OPTION_HIDDEN, NULL, 4},
    {0},
};

/* One of a few words; argp_error() ends the process. */
static unsigned choice(struct argp_state *state, const char *what, const char *arg, const char *const *words,
    const unsigned *values)
{
	size_t i = 0;

	while (words[i] && strcmp(words[i], arg) != 0)
		i++;
	if (!words[i])
		argp_error(state, "%s '%s' is none that there is", what, arg);
	return words[i] ? values[i] : 0;
}

#define CHOICE(state, what, arg, ...) \
	choice(state, what, arg, (const char *const[]){__VA_ARGS__, NULL}, (const unsigned[])

static void parse_viridian(struct options *o, const char *arg, struct argp_state *state)
{
	char *end;

	errno = 0;
	o->convert.viridian = strtoull(arg, &end, 0);
	if (errno || !*arg || *end || *arg == '-')
		argp_error(state, "'%s' is no mask", arg);
	o->convert.set_viridian = true;
}

/* Xen's converter wants all of -i, -o, -w, -g, and then makes a libxc image. */
static void choose_format(struct options *o)
{
	struct xsr_convert_options *c = &o->convert;
	bool as_xen = o->in_option && o->out_option && c->demand.width && c->demand.guest;

	if (c->demand.xl && c->format != XSR_FORMAT_LIBXC)
		c->format = XSR_FORMAT_XL;
	if (c->format == XSR_FORMAT_UNKNOWN && as_xen)
		c->format = XSR_FORMAT_LIBXC;
}

/* Xl is outermost: without -f one wraps up to what a configuration needs, and unwraps down to the image. */
static void choose_layers(struct options *o, bool wrap)
{
	o->rewrap = true;
	o->unwrap = !wrap;
}

static void check(struct options *o, struct argp_state *state)
{
	bool rows = o->json || o->action == ACTION_LIST, writes;

	if (o->rewrap && o->convert.format == XSR_FORMAT_UNKNOWN)
		o->convert.format = o->unwrap ? XSR_FORMAT_LIBXC : o->config ? XSR_FORMAT_XL : XSR_FORMAT_LIBXL;
	choose_format(o);
	writes = o->action == ACTION_CONVERT;
	if (o->rewrap && o->action == ACTION_LIST)
		argp_error(state, "--list is for legacy images; verify-stream-v2 --list shows what is in others");
	if (!o->in)
		o->in = "-";
	if (o->out && !writes)
		argp_error(state, "--dry-run and --list write no image");
	if (!o->out && writes)
		o->out = "-";
	if (o->out && strcmp(o->out, "-") == 0 && rows)
		argp_error(state, "the image and --json both want standard output");
	if (o->config && o->convert.format != XSR_FORMAT_UNKNOWN && o->convert.format != XSR_FORMAT_XL)
		argp_error(state, "--config is for the format xl");
}

static void parse_operand(struct options *o, char *arg, struct argp_state *state)
{
	if (!o->in)
		o->in = arg;
	else if (!o->out)
		o->out = arg;
	else
		argp_error(state, "more than an input and an output");
}

static error_t parse_long(int key, char *arg, struct options *o, struct argp_state *state)
{
	switch (key) {
	case KEY_CONFIG:
		o->config = arg;
		return 0;
	case KEY_DROP_TMEM:
		o->convert.demand.tmem = true;
		return 0;
	case KEY_DRY_RUN:
		o->action = ACTION_DRY_RUN;
		return 0;
	case KEY_JSON:
		o->json = true;
		return 0;
	case KEY_KEEP_CHECKPOINTS:
		o->convert.keep_checkpoints = true;
		return 0;
	case KEY_LIKE_XEN:
		o->convert.like_xen = true;
		return 0;
	case KEY_LIST:
		o->action = ACTION_LIST;
		return 0;
	case KEY_NO_PROGRESS:
		o->progress = PROGRESS_NEVER;
		return 0;
	case KEY_NO_SYNC:
		o->no_sync = true;
		return 0;
	case KEY_PASS_THROUGH:
		o->pass_through = true;
		return 0;
	case KEY_PROGRESS:
		o->progress = PROGRESS_ALWAYS;
		return 0;
	case KEY_SKIP_QEMU:
		o->convert.skip_qemu = true;
		return 0;
	case KEY_STREAM_VERSION:
		o->convert.version = CHOICE(state, "version", arg, "2", "3"){2, 3});
		return 0;
	case KEY_SYSLOG:
		o->to_syslog = true;
		return 0;
	case KEY_TMEM_OID:
		o->convert.demand.tmem_oid = CHOICE(state, "size", arg, "8", "24"){8, 24});
		return 0;
	case KEY_UNWRAP:
	case KEY_WRAP:
		choose_layers(o, key == KEY_WRAP);
		return 0;
	case KEY_VIRIDIAN:
		parse_viridian(o, arg, state);
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
		o->convert.format = CHOICE(state, "format", arg, "libxc", "libxl", "xl"){
		    XSR_FORMAT_LIBXC, XSR_FORMAT_LIBXL, XSR_FORMAT_XL});
		return 0;
	case 'g':
		o->convert.demand.guest = CHOICE(state, "guest type", arg, "pv", "hvm"){
		    XSR_DOMAIN_X86_PV, XSR_DOMAIN_X86_HVM});
		return 0;
	case 'h':
		argp_state_help(state, stdout, ARGP_HELP_STD_HELP);
		return 0;
	case 'i':
		o->in = arg;
		o->in_option = true;
		return 0;
	case 'o':
		o->out = arg;
		o->out_option = true;
		return 0;
	case 'q':
		o->quiet = true;
		return 0;
	case 'v':
		o->verbose++;
		return 0;
	case 'w':
		o->convert.demand.width = CHOICE(state, "width", arg, "32", "64"){4, 8});
		return 0;
	case 'x':
		o->convert.demand.xl = true;
		return 0;
	case ARGP_KEY_ARG:
		parse_operand(o, arg, state);
		return 0;
	case ARGP_KEY_END:
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
	    .args_doc = "[IN [OUT]]",
	    .doc = "Convert an image that Xen 4.5 or older saved into one that Xen 4.6 and later restore.\v"
	           "IN and OUT are standard input and output if not given or -.\n"
	           "Exit status: 0 good, 1 the image is at fault, 2 usage, I/O or internal error.",
	};

	*o = (struct options){0};
	argv[0] = program_invocation_short_name;
	argp_parse(&argp, argc, argv, 0, NULL, o);
}
