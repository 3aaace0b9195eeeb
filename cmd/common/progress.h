/* SPDX-License-Identifier: MIT */
/* Progress on standard error: bytes, rate, and the time that is left where the size is known. */
#ifndef XSR_CMD_PROGRESS_H
#define XSR_CMD_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

enum progress_when {
	PROGRESS_TERMINAL, /* if standard error is a terminal */
	PROGRESS_ALWAYS,   /* asked for; elsewhere than on a terminal a line every few seconds */
	PROGRESS_NEVER,
};

/*
 * Starts anew. size 0: not known. There is one progress line at a time; starting another one ends it. Nothing
 * is shown in the first half second.
 */
void progress_start(enum progress_when when, const char *label, uint64_t size);

/* Says how far things are; cheap, draws a few times a second at most. */
void progress_update(uint64_t done);

/* Takes the line off the terminal; the next update draws it again. Call before writing to the terminal. */
void progress_hide(void);

/* Takes the line away for good. */
void progress_end(void);

#endif
