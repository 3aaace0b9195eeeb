/* SPDX-License-Identifier: MIT */
/* What every tool does first and last. */
#ifndef XSR_CMD_TOOL_H
#define XSR_CMD_TOOL_H

#include <stdbool.h>

/* Exit status of all tools; xc-save and xc-restore add codes of their own. */
enum tool_exit {
	TOOL_GOOD = 0,    /* all is well */
	TOOL_STREAM = 1,  /* the stream is at fault */
	TOOL_TROUBLE = 2, /* usage, I/O, or something inside of the tool */
};

/* First call of main(): the tool's name for messages, usage errors and --version. name is static. */
void tool_begin(const char *name);

/*
 * Last call: flushes and closes standard output and says so if that fails. Returns what main() is to return.
 */
int tool_end(int status);

/* The worse of two exit statuses. */
int tool_worst(int a, int b);

/* How many threads are worth having besides the one that asks: one for each other processor it may run on. */
unsigned tool_threads(void);

/* Parses a decimal number of at most max; false if text is anything else. */
bool tool_number(const char *text, unsigned long max, unsigned long *value);

#endif
