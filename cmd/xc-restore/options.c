/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <argp.h>
#include <string.h>

#include "common/messages.h"
#include "common/tool.h"

/* Keys of options without a short form. */
enum {
	KEY_NAME = 256,
	KEY_UUID,
	KEY_NEW_UUID,
	KEY_TYPE,
	KEY_VCPUS,
	KEY_MEMORY,
	KEY_CONFIG,
	KEY_CHECK,
	KEY_PAUSED,
	KEY_BEFORE,
	KEY_TIMEOUT,
	KEY_JSON,
};

/* Longest --timeout in seconds, a day; most --memory in MiB, 4 TiB. */
#define TIMEOUT_MAX 86400
#define MEMORY_MAX  4194304

static bool parse_type(const char *text, enum domain_type *type)
{
	static const char *const names[] = {"pv", "pvh", "hvm"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(text, names[i]) == 0) {
			*type = (enum domain_type)i;
			return true;
		}
	}
	return false;
}

/* A number from 1 to most, or the end. */
static unsigned long parse_number(const char *option, const char *text, unsigned long most,
    struct argp_state *state)
{
	unsigned long number = 0;

	if (!tool_number(text, most, &number) || number == 0)
		argp_error(state, "%s takes a number from 1 to %lu, not %s", option, most, text);
	return number;
}

/* Options about the domain that is made. */
static error_t parse_wish(int key, char *text, struct argp_state *state)
{
	struct options *options = state->input;
	struct plan_wishes *wishes = &options->request.wishes;

	switch (key) {
	case KEY_NAME:
		wishes->name = text;
		return 0;
	case KEY_UUID:
		if (!plan_parse_uuid(text, options->uuid))
			argp_error(state, "--uuid takes a UUID, not %s", text);
		wishes->uuid = options->uuid;
		return 0;
	case KEY_NEW_UUID:
		wishes->new_uuid = true;
		return 0;
	case KEY_TYPE:
		wishes->has_type = true;
		if (!parse_type(text, &wishes->type))
			argp_error(state, "--type takes pv, pvh or hvm, not %s", text);
		return 0;
	case KEY_VCPUS:
		wishes->vcpus = (unsigned)parse_number("--vcpus", text, DOMAIN_MAX_VCPUS, state);
		return 0;
	case KEY_MEMORY:
		wishes->memory_kib = (uint64_t)parse_number("--memory", text, MEMORY_MAX, state) * 1024;
		return 0;
	case KEY_CONFIG:
		options->request.config_path = text;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void finish(struct options *options, struct argp_state *state)
{
	struct restore_request *request = &options->request;

	if (!request->path)
		request->path = "-";
	if (request->wishes.uuid && request->wishes.new_uuid)
		argp_error(state, "--uuid and --new-uuid exclude each other");
	if (request->check && (request->command || request->paused))
		argp_error(state, "--check makes no domain to be paused or prepared");
	request->wishes.devices_elsewhere = request->command || request->paused;
}

static error_t parse(int key, char *text, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case KEY_CHECK:
		options->request.check = true;
		return 0;
	case KEY_PAUSED:
		options->request.paused = true;
		return 0;
	case KEY_BEFORE:
		options->request.command = text;
		return 0;
	case KEY_TIMEOUT:
		options->request.timeout_s = (int)parse_number("--timeout", text, TIMEOUT_MAX, state);
		return 0;
	case KEY_JSON:
		options->json = true;
		return 0;
	case 'q':
		options->quiet = true;
		options->level = MESSAGE_ERROR;
		return 0;
	case 'v':
		options->level++;
		return 0;
	case ARGP_KEY_ARG:
		if (options->request.path)
			argp_error(state, "too many operands: %s", text);
		options->request.path = text;
		return 0;
	case ARGP_KEY_END:
		finish(options, state);
		return 0;
	default:
		return parse_wish(key, text, state);
	}
}

static const struct argp_option table[] = {
    {"paused", KEY_PAUSED, NULL, 0, "Leave the domain paused", 1},
    {"before-unpause", KEY_BEFORE, "COMMAND", 0,
        "Run COMMAND by the shell before the guest runs, to attach its devices for instance; "
        "XC_RESTORE_DOMID, _NAME and _UUID tell the domain, standard input is its configuration",
        1},
    {"check", KEY_CHECK, NULL, 0, "Only look whether image and host are good for a restore", 1},
    {"timeout", KEY_TIMEOUT, "SECONDS", 0, "Give up if nothing moves for so long (default: never)", 1},
    {"name", KEY_NAME, "NAME", 0, "The domain's name, instead of the image's", 2},
    {"uuid", KEY_UUID, "UUID", 0, "Its UUID, instead of the image's", 2},
    {"new-uuid", KEY_NEW_UUID, NULL, 0, "Give it a random UUID", 2},
    {"type", KEY_TYPE, "TYPE", 0, "pv or pvh, for an image without a configuration", 2},
    {"vcpus", KEY_VCPUS, "NUMBER", 0, "Its vCPUs, the same", 2},
    {"memory", KEY_MEMORY, "MIB", 0, "Its memory, the same", 2},
    {"config", KEY_CONFIG, "FILE", 0,
        "A configuration in JSON, as 'xl list -l' prints it, instead of the image's", 2},
    {"json", KEY_JSON, NULL, 0, "Progress and result as JSON on standard output, one object a line", 3},
    {"quiet", 'q', NULL, 0, "No progress, and only messages about failures", 3},
    {"verbose", 'v', NULL, 0, "Say more; twice: what the engine says, too", 3},
    {0},
};

void options_parse(int argc, char **argv, struct options *options)
{
	const struct argp argp = {
	    .options = table,
	    .parser = parse,
	    .args_doc = "[FILE]",
	    .doc = "Restore a PV or PVH guest of Xen from FILE or standard input, checking the image on its "
	           "way, and print the number of its domain.\v"
	           "xl, libxl, libxc and legacy images are read, the first three compressed by gzip, "
	           "too. HVM guests are refused. On any failure no domain is left.",
	};

	memset(options, 0, sizeof(*options));
	options->level = MESSAGE_WARNING;
	/* It ends the program itself on any error. */
	argp_parse(&argp, argc, argv, 0, NULL, options);
}
