/* SPDX-License-Identifier: MIT */
#include "common/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "common/text.h"

/* Nanoseconds. */
#define SECOND         INT64_C(1000000000)
#define FIRST_AFTER    (SECOND / 2)
#define TERMINAL_EVERY (SECOND / 4)
#define LOG_EVERY      (5 * SECOND)

/* The one progress line of a tool. */
static struct {
	bool active;       /* between start and end, and wanted */
	bool terminal;     /* redraw one line; else write a new one each time */
	bool shown;        /* the line is on the terminal now */
	const char *label; /* what is going on, or NULL */
	uint64_t size;     /* bytes in all, 0 if unknown */
	int64_t started;   /* clock at progress_start() */
	int64_t next;      /* clock of the next drawing */
} line;

static int64_t clock_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * SECOND + t.tv_nsec;
}

void progress_start(enum progress_when when, const char *label, uint64_t size)
{
	progress_end();
	line.terminal = isatty(STDERR_FILENO) == 1;
	line.active = when == PROGRESS_ALWAYS || (when == PROGRESS_TERMINAL && line.terminal);
	line.label = label;
	line.size = size;
	line.started = clock_now();
	line.next = line.started + FIRST_AFTER;
}

static void draw(uint64_t done, int64_t now)
{
	double seconds = (double)(now - line.started) / (double)SECOND;
	double rate = seconds > 0 ? (double)done / seconds : 0;
	char bytes[32], size[32], speed[32], left[32];

	/* Erasing to the end of the line is what every terminal of today knows. */
	fprintf(stderr, "%s%s%s%s", line.terminal ? "\r" : "", line.label ? line.label : "",
	    line.label ? ": " : "", text_bytes(done, bytes, sizeof(bytes)));
	if (line.size)
		fprintf(stderr, " of %s (%.0f %%)", text_bytes(line.size, size, sizeof(size)),
		    done >= line.size ? 100.0 : 100.0 * (double)done / (double)line.size);
	fprintf(stderr, ", %s/s", text_bytes((uint64_t)rate, speed, sizeof(speed)));
	if (line.size > done && rate >= 1)
		fprintf(stderr, ", %s left",
		    text_duration((uint64_t)((double)(line.size - done) / rate + 0.5), left, sizeof(left)));
	fputs(line.terminal ? "\033[K" : "\n", stderr);
	fflush(stderr);
	line.shown = line.terminal;
}

void progress_update(uint64_t done)
{
	int64_t now;

	if (!line.active)
		return;
	now = clock_now();
	if (now < line.next)
		return;
	line.next = now + (line.terminal ? TERMINAL_EVERY : LOG_EVERY);
	draw(done, now);
}

void progress_hide(void)
{
	if (line.shown)
		fputs("\r\033[K", stderr);
	line.shown = false;
}

void progress_end(void)
{
	progress_hide();
	line.active = false;
}
