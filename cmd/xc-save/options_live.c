/* SPDX-License-Identifier: MIT */
#include "options_live.h"

#include <string.h>

#include "common/tool.h"

enum {
	KEY_LIVE = 512,
	KEY_ITERATIONS,
	KEY_THRESHOLD,
	KEY_DOWNTIME,
	KEY_TIME,
	KEY_IF_BUSY,
	KEY_BANDWIDTH,
	KEY_CHECKPOINT
};

/* Without limits a live save ends as those of libxl do; for a downtime it tries harder. */
#define ITERATIONS_OF_XEN       5
#define THRESHOLD_OF_XEN        50
#define ITERATIONS_FOR_DOWNTIME 30

/* Highest numbers taken: a million passes, a day, what a 64-bit guest can have of pages. */
#define ITERATIONS_MAX 1000000
#define SECONDS_MAX    86400
#define PAGES_MAX      (1ul << 52)
#define COUNT_MAX      1000000000ul

/* Bytes a second: slower than the first, a guest that stands still would hardly ever run again. */
#define BANDWIDTH_MIN 4096ul
#define BANDWIDTH_MAX (1ul << 40)

static unsigned long number(const char *option, const char *text, unsigned long least, unsigned long most,
    struct argp_state *state)
{
	unsigned long value = 0;

	if (!tool_number(text, most, &value) || value < least)
		argp_error(state, "%s takes a number from %lu to %lu, not %s", option, least, most, text);
	return value;
}

/* "50M": bytes a second, with a letter for 1024, 1024^2 or 1024^3 of them. */
static uint64_t bandwidth(const char *text, struct argp_state *state)
{
	static const char letters[] = "KMG";
	size_t length = strlen(text);
	char digits[24];
	unsigned long value = 0, factor = 1;
	const char *letter = length ? strchr(letters, text[length - 1]) : NULL;

	if (letter) {
		factor = 1024ul << (10 * (letter - letters));
		length--;
	}
	if (length >= sizeof(digits))
		length = 0;
	memcpy(digits, text, length);
	digits[length] = '\0';
	if (!tool_number(digits, BANDWIDTH_MAX / factor, &value) || value * factor < BANDWIDTH_MIN)
		argp_error(state, "--bandwidth takes bytes a second, 4K to 1024G, not %s", text);
	return value * factor;
}

static enum live_busy if_busy(const char *text, struct argp_state *state)
{
	if (strcmp(text, "abort") == 0)
		return LIVE_BUSY_ABORT;
	if (strcmp(text, "stop-and-copy") != 0)
		argp_error(state, "--if-busy takes stop-and-copy or abort, not %s", text);
	return LIVE_BUSY_STOP;
}

static enum save_live live(const char *text, struct argp_state *state)
{
	if (!text)
		return LIVE_YES;
	if (strcmp(text, "if-possible") != 0)
		argp_error(state, "--live takes if-possible or nothing, not %s", text);
	return LIVE_IF_POSSIBLE;
}

/* "MS[,COUNT]" */
static void checkpoint(const char *text, struct save_request *request, struct argp_state *state)
{
	const char *comma = strchr(text, ',');
	size_t length = comma ? (size_t)(comma - text) : strlen(text);
	char ms[24];
	unsigned long interval = 0, count = 0;

	if (length >= sizeof(ms))
		length = 0;
	memcpy(ms, text, length);
	ms[length] = '\0';
	if (!tool_number(ms, SECONDS_MAX * 1000ul, &interval) ||
	    (comma && (!tool_number(comma + 1, COUNT_MAX, &count) || count == 0)))
		argp_error(state, "--checkpoint takes milliseconds, and perhaps a comma and a number, not %s",
		    text);
	request->checkpoints = true;
	request->checkpoint_ms = interval;
	request->checkpoint_count = count;
}

static error_t parse(int key, char *text, struct argp_state *state)
{
	struct live_options *options = state->input;
	struct live_limits *limits = &options->limits;

	switch (key) {
	case KEY_LIVE:
		options->request->live = live(text, state);
		return 0;
	case KEY_ITERATIONS:
		limits->max_iterations = (unsigned)number("--max-iterations", text, 1, ITERATIONS_MAX, state);
		break;
	case KEY_THRESHOLD:
		limits->dirty_threshold = number("--dirty-threshold", text, 0, PAGES_MAX, state);
		limits->has_threshold = true;
		break;
	case KEY_DOWNTIME:
		limits->max_downtime =
		    (double)number("--max-downtime", text, 1, SECONDS_MAX * 1000ul, state) / 1000;
		break;
	case KEY_TIME:
		limits->max_time = (double)number("--max-time", text, 1, SECONDS_MAX, state);
		break;
	case KEY_IF_BUSY:
		limits->if_busy = if_busy(text, state);
		break;
	case KEY_CHECKPOINT:
		checkpoint(text, options->request, state);
		break;
	case KEY_BANDWIDTH:
		options->request->bandwidth = bandwidth(text, state);
		options->bandwidth_given = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	options->given = true;
	return 0;
}

void live_options_finish(struct live_options *options, struct argp_state *state)
{
	struct live_limits *limits = &options->limits;

	if (options->request->checkpoints && options->request->live == LIVE_IF_POSSIBLE)
		argp_error(state, "--checkpoint cannot do without --live");
	if (options->request->checkpoints)
		options->request->live = LIVE_YES;
	if (options->given && options->request->live == LIVE_NO)
		argp_error(state, "limits of a live save go with --live");
	if (!limits->max_iterations)
		limits->max_iterations =
		    limits->max_downtime > 0 ? ITERATIONS_FOR_DOWNTIME : ITERATIONS_OF_XEN;
	if (!limits->has_threshold && limits->max_downtime <= 0) {
		limits->has_threshold = true;
		limits->dirty_threshold = THRESHOLD_OF_XEN;
	}
	options->request->limits = *limits;
}

static const struct argp_option table[] = {
    {NULL, 0, NULL, 0, "Saving while the guest runs:", 4},
    {"live", KEY_LIVE, "if-possible", OPTION_ARG_OPTIONAL,
        "Let the guest run while most of it is saved; with =if-possible save it standing still where that "
        "cannot be "
        "done",
        4},
    {"max-downtime", KEY_DOWNTIME, "MS", 0,
        "The guest is quiet enough to be stopped when this would keep it still for no more than MS "
        "milliseconds",
        4},
    {"dirty-threshold", KEY_THRESHOLD, "PAGES", 0,
        "It is quiet enough when no more than PAGES are dirty (50, unless --max-downtime is given)", 4},
    {"max-iterations", KEY_ITERATIONS, "N", 0,
        "Wait for that for N passes at most (5, or 30 with --max-downtime)", 4},
    {"max-time", KEY_TIME, "SECONDS", 0, "Wait for that for so long at most", 4},
    {"if-busy", KEY_IF_BUSY, "WHAT", 0,
        "After that stop-and-copy (default), however long it takes, or abort: the guest runs on", 4},
    {"checkpoint", KEY_CHECKPOINT, "MS[,COUNT]", 0,
        "Save again and again into one stream, MS milliseconds after each checkpoint, COUNT times or until a "
        "signal "
        "ends it; implies --live",
        4},
    {"bandwidth", KEY_BANDWIDTH, "RATE", 0,
        "Write no more than RATE bytes a second (K, M, G: times 1024, …); for any save", 4},
    {0},
};

const struct argp live_argp = {.options = table, .parser = parse};
