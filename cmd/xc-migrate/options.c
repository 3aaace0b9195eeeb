/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <argp.h>
#include <string.h>

#include "common/messages.h"
#include "common/tool.h"
#include "xc-save/options_live.h"

/* Keys of options without a short form. */
enum {
	KEY_VIA = 256,
	KEY_REMOTE,
	KEY_RECEIVE,
	KEY_NAME,
	KEY_NEW_UUID,
	KEY_BEFORE,
	KEY_TIMEOUT,
	KEY_JSON,
	KEY_NO_LIVE,
};

/* Longest --timeout in seconds, an hour: a guest may stand still for so long. */
#define TIMEOUT_MAX 3600

/* What options_parse() collects before it is known which side this is. */
struct parsing {
	struct migrate_options *options; /* the result */
	bool sends, receives;            /* an option of that side was there */
	struct live_options live;        /* what is about the passes */
};

static void parse_operand(struct migrate_options *options, char *text, struct argp_state *state)
{
	if (!options->save.domain)
		options->save.domain = text;
	else if (!options->via.destination)
		options->via.destination = text;
	else
		argp_error(state, "too many operands: %s", text);
}

static void finish(struct parsing *parsing, struct argp_state *state)
{
	struct migrate_options *options = parsing->options;
	const char *destination = options->via.destination;

	if (options->receive) {
		if (parsing->sends || parsing->live.given || parsing->live.bandwidth_given ||
		    options->save.domain)
			argp_error(state, "--receive goes with --name, --new-uuid and --before-unpause only");
		return;
	}
	if (parsing->receives)
		argp_error(state, "--name, --new-uuid and --before-unpause go with --receive, "
		                  "on the other side: see --remote");
	if (!options->save.domain)
		argp_error(state, "DOMAIN is missing");
	if (!destination == !options->via.command)
		argp_error(state, "DEST or --via tells where to: one of them");
	if (destination && (destination[0] == '\0' || destination[0] == '-' || strlen(destination) > 300))
		argp_error(state, "DEST is HOST or USER@HOST, not %s", destination);
	live_options_finish(&parsing->live, state);
	/* Such a stream has no end that the other side could take over from. */
	if (options->save.checkpoints)
		argp_error(state, "--checkpoint is for xc-save");
}

/* Options of the side that sends. */
static error_t parse_source(int key, char *text, struct argp_state *state)
{
	struct parsing *parsing = state->input;
	struct migrate_options *options = parsing->options;

	switch (key) {
	case KEY_VIA:
		options->via.command = text;
		break;
	case KEY_REMOTE:
		options->via.remote = text;
		break;
	case KEY_JSON:
		options->json = true;
		break;
	case KEY_NO_LIVE:
		options->save.live = LIVE_NO;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	parsing->sends = true;
	return 0;
}

/* Options of the side that receives. */
static error_t parse_receiver(int key, char *text, struct argp_state *state)
{
	struct parsing *parsing = state->input;
	struct migrate_options *options = parsing->options;

	switch (key) {
	case KEY_NAME:
		options->name = text;
		break;
	case KEY_NEW_UUID:
		options->new_uuid = true;
		break;
	case KEY_BEFORE:
		options->before = text;
		break;
	default:
		return parse_source(key, text, state);
	}
	parsing->receives = true;
	return 0;
}

static error_t parse(int key, char *text, struct argp_state *state)
{
	struct parsing *parsing = state->input;
	struct migrate_options *options = parsing->options;
	unsigned long number;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &parsing->live;
		return 0;
	case KEY_RECEIVE:
		options->receive = true;
		return 0;
	case KEY_TIMEOUT:
		if (!tool_number(text, TIMEOUT_MAX, &number) || number == 0)
			argp_error(state, "--timeout takes seconds from 1 to %d, not %s", TIMEOUT_MAX, text);
		options->timeout_s = (int)number;
		options->save.timeout_s = (int)number;
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
		return parse_receiver(key, text, state);
	}
}

static const struct argp_option table[] = {
    {"via", KEY_VIA, "COMMAND", 0,
        "Instead of ssh to DEST: a shell command whose standard input and output reach the other side; the "
        "one of --remote is appended as one more word",
        1},
    {"remote", KEY_REMOTE, "COMMAND", 0,
        "What to start on the other side ('xc-migrate --receive'); '' if --via does it by itself", 1},
    {"no-live", KEY_NO_LIVE, NULL, 0,
        "Let the guest stand still from the beginning (else --live=if-possible)", 1},
    {"timeout", KEY_TIMEOUT, "SECONDS", 0, "How long to wait for the other side, and for the guest (60)", 1},
    {"receive", KEY_RECEIVE, NULL, 0, "Be the other side: standard input and output are the connection", 2},
    {"name", KEY_NAME, "NAME", 0, "The copy's name, instead of the original's", 2},
    {"new-uuid", KEY_NEW_UUID, NULL, 0, "Give the copy a random UUID; needed within one host", 2},
    {"before-unpause", KEY_BEFORE, "COMMAND", 0, "As with xc-restore: run COMMAND before the copy runs", 2},
    {"json", KEY_JSON, NULL, 0, "Progress and result as JSON on standard output, one object a line", 3},
    {"quiet", 'q', NULL, 0, "No progress, and only messages about failures", 3},
    {"verbose", 'v', NULL, 0, "Say more; twice: what the engine says, too", 3},
    {0},
};

void migrate_options_parse(int argc, char **argv, struct migrate_options *options)
{
	struct parsing parsing = {.options = options, .live = {.request = &options->save}};
	const struct argp_child children[] = {{.argp = &live_argp}, {0}};
	const struct argp argp = {
	    .options = table,
	    .parser = parse,
	    .children = children,
	    .args_doc = "DOMAIN DEST\n--via=COMMAND DOMAIN\n--receive",
	    .doc =
	        "Move a running Xen guest to another host, so that at every moment exactly one copy runs or "
	        "can "
	        "be made to.\v"
	        "DOMAIN is a name or a number, DEST a HOST or USER@HOST (root by default) that ssh reaches. "
	        "Unless the guest runs there, it runs on here.",
	};

	memset(options, 0, sizeof(*options));
	options->save.format = XSR_FORMAT_XL;
	options->save.live = LIVE_IF_POSSIBLE;
	options->save.timeout_s = 60;
	options->timeout_s = 60;
	options->via.remote = "xc-migrate --receive";
	options->level = MESSAGE_WARNING;
	/* It ends the program itself on any error. */
	argp_parse(&argp, argc, argv, 0, NULL, &parsing);
}
