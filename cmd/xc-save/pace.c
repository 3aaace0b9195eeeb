/* SPDX-License-Identifier: MIT */
#include "pace.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define PIECES_PER_SECOND 100u
#define PIECE_MIN         4096u
#define PIECE_MAX         262144u

#define NS       1000000000
#define DELAY_NS 100000000 /* that is made up for: a busy machine wakes a sleeper late */

struct pace {
	int input;     /* from the engine */
	int output;    /* to the pump */
	uint64_t rate; /* bytes a second */
	size_t piece;  /* bytes at a time */
};

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * NS + ts.tv_nsec;
}

static void sleep_until(int64_t ns)
{
	const struct timespec ts = {.tv_sec = ns / NS, .tv_nsec = ns % NS};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == EINTR)
		;
}

/* A piece is at most PIECE_MAX long, so the product fits. */
static int64_t time_of(const struct pace *pace, size_t bytes)
{
	return (int64_t)((double)bytes * NS / (double)pace->rate);
}

static void *pace_main(void *context)
{
	struct pace *pace = context;
	int64_t due = now_ns();

	for (;;) {
		ssize_t moved = splice(pace->input, NULL, pace->output, NULL, pace->piece, SPLICE_F_MOVE);
		int64_t now;

		if (moved < 0 && errno == EINTR)
			continue;
		if (moved <= 0)
			break;
		/* Beyond that, time that went by without bytes is gone: no burst makes up for it. */
		now = now_ns();
		if (due < now - DELAY_NS)
			due = now - DELAY_NS;
		due += time_of(pace, (size_t)moved);
		sleep_until(due);
	}
	close(pace->input);
	close(pace->output);
	free(pace);
	return NULL;
}

static size_t piece_for(uint64_t rate)
{
	uint64_t piece = rate / PIECES_PER_SECOND;

	if (piece < PIECE_MIN)
		return PIECE_MIN;
	return piece > PIECE_MAX ? PIECE_MAX : (size_t)piece;
}

int pace_start(int input, uint64_t bytes_per_second)
{
	struct pace *pace = calloc(1, sizeof(*pace));
	int ends[2] = {-1, -1};
	pthread_t thread;
	int error;

	if (!pace || pipe2(ends, O_CLOEXEC) != 0) {
		error = errno;
		goto failed;
	}
	*pace = (struct pace){.input = input,
	    .output = ends[1],
	    .rate = bytes_per_second,
	    .piece = piece_for(bytes_per_second)};
	error = pthread_create(&thread, NULL, pace_main, pace);
	if (error == 0) {
		/* It ends with its input, or when its output is closed. */
		pthread_detach(thread);
		return ends[0];
	}
failed:
	for (int i = 0; i < 2; i++)
		if (ends[i] >= 0)
			close(ends[i]);
	close(input);
	free(pace);
	errno = error;
	return -1;
}
