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
	KEY_MODEL,
	KEY_NO_MODEL,
	KEY_INTO,
	KEY_STORE_PORT,
	KEY_CONSOLE_PORT,
	KEY_STORE_DOMID,
	KEY_CONSOLE_DOMID,
};

/* Longest --timeout in seconds, a day; most --memory in MiB, 4 TiB. */
#define TIMEOUT_MAX 86400
#define MEMORY_MAX  4194304

/* Highest number of a domain, and of an event channel. */
#define DOMID_MAX 0x7fefu
#define PORT_MAX  131071u

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

/* Options about a domain that is there already. */
static error_t parse_into(int key, char *text, struct argp_state *state)
{
	struct options *options = state->input;
	struct host_adoption *host = &options->request.host;

	switch (key) {
	case KEY_INTO:
		options->request.into = true;
		host->domid = (uint32_t)parse_number("--into", text, DOMID_MAX, state);
		return 0;
	case KEY_STORE_PORT:
		host->store_port = (uint32_t)parse_number("--store-port", text, PORT_MAX, state);
		return 0;
	case KEY_CONSOLE_PORT:
		host->console_port = (uint32_t)parse_number("--console-port", text, PORT_MAX, state);
		return 0;
	case KEY_STORE_DOMID:
		host->store_domid = (uint32_t)parse_number("--store-domid", text, DOMID_MAX, state);
		return 0;
	case KEY_CONSOLE_DOMID:
		host->console_domid = (uint32_t)parse_number("--console-domid", text, DOMID_MAX, state);
		return 0;
	default:
		return parse_wish(key, text, state);
	}
}

/* What is said about a domain that is to be made makes no sense if it is there. */
static void finish_into(struct options *options, struct argp_state *state)
{
	const struct restore_request *request = &options->request;
	const struct plan_wishes *wishes = &request->wishes;
	const struct host_adoption *host = &request->host;

	if (!request->into) {
		if (host->store_port || host->console_port || host->store_domid || host->console_domid)
			argp_error(state,
			    "--store-port, --console-port, --store-domid and --console-domid want --into");
		return;
	}
	if (wishes->name || wishes->uuid || wishes->new_uuid || wishes->has_type || wishes->vcpus ||
	    wishes->memory_kib || request->config_path)
		argp_error(state, "the domain of --into is there already: nothing can be said about it");
	if (request->command || request->paused)
		argp_error(state, "the domain of --into is left paused, to be set going by its owner");
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
	if (request->model_command && request->no_model)
		argp_error(state, "--device-model and --no-device-model exclude each other");
	finish_into(options, state);
	request->wishes.devices_elsewhere = request->command || request->paused;
	request->wishes.model_elsewhere = request->model_command || request->no_model;
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
	case KEY_MODEL:
		options->request.model_command = text;
		return 0;
	case KEY_NO_MODEL:
		options->request.no_model = true;
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
		return parse_into(key, text, state);
	}
}

static const struct argp_option table[] = {
    {"paused", KEY_PAUSED, NULL, 0, "Leave the domain paused", 1},
    {"before-unpause", KEY_BEFORE, "COMMAND", 0,
        "Run COMMAND by the shell before the guest runs, to attach its devices for instance; "
        "XC_RESTORE_DOMID, _NAME and _UUID tell the domain, standard input is its configuration",
        1},
    {"device-model", KEY_MODEL, "COMMAND", 0,
        "Let COMMAND start the device model of an HVM guest, its words are \"$@\"; XC_RESTORE_STATE, "
        "_STATE_FD, "
        "_QMP, _DOMID, _NAME and _UUID tell the rest",
        1},
    {"no-device-model", KEY_NO_MODEL, NULL, 0, "Restore an HVM guest without one", 1},
    {"check", KEY_CHECK, NULL, 0, "Only look whether image and host are good for a restore", 1},
    {"timeout", KEY_TIMEOUT, "SECONDS", 0, "Give up if nothing moves for so long (default: never)", 1},
    {"name", KEY_NAME, "NAME", 0, "The domain's name, instead of the image's", 2},
    {"uuid", KEY_UUID, "UUID", 0, "Its UUID, instead of the image's", 2},
    {"new-uuid", KEY_NEW_UUID, NULL, 0, "Give it a random UUID", 2},
    {"type", KEY_TYPE, "TYPE", 0, "pv, pvh or hvm, for an image without a configuration", 2},
    {"vcpus", KEY_VCPUS, "NUMBER", 0, "Its vCPUs, the same", 2},
    {"memory", KEY_MEMORY, "MIB", 0, "Its memory, the same", 2},
    {"config", KEY_CONFIG, "FILE", 0,
        "A configuration in JSON, as 'xl list -l' prints it, instead of the image's", 2},
    {"into", KEY_INTO, "DOMID", 0,
        "Restore into a domain that a toolstack made: nothing else is made, it stays paused, and "
        "store-mfn and console-mfn are printed",
        3},
    {"store-port", KEY_STORE_PORT, "PORT", 0, "Its event channel to xenstore (default: as xenstore says)", 3},
    {"console-port", KEY_CONSOLE_PORT, "PORT", 0, "Its event channel to the console, the same", 3},
    {"store-domid", KEY_STORE_DOMID, "DOMID", 0, "Domain that serves its xenstore (default: 0)", 3},
    {"console-domid", KEY_CONSOLE_DOMID, "DOMID", 0, "Domain that serves its console (default: 0)", 3},
    {"json", KEY_JSON, NULL, 0, "Progress and result as JSON on standard output, one object a line", 4},
    {"quiet", 'q', NULL, 0, "No progress, and only messages about failures", 4},
    {"verbose", 'v', NULL, 0, "Say more; twice: what the engine says, too", 4},
    {0},
};

void options_parse(int argc, char **argv, struct options *options)
{
	const struct argp argp = {
	    .options = table,
	    .parser = parse,
	    .args_doc = "[FILE]",
	    .doc = "Restore a guest of Xen from FILE or standard input, checking the image on its "
	           "way, and print the number of its domain.\v"
	           "xl, libxl, libxc and legacy images are read, compressed or not. "
	           "On any failure no domain is left.",
	};

	memset(options, 0, sizeof(*options));
	options->level = MESSAGE_WARNING;
	/* It ends the program itself on any error. */
	argp_parse(&argp, argc, argv, 0, NULL, options);
}
