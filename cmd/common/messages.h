/* SPDX-License-Identifier: MIT */
/* What a tool says: one line a message on standard error, "tool: input: text", or to syslog. */
#ifndef XSR_CMD_MESSAGES_H
#define XSR_CMD_MESSAGES_H

#include <libstream/base.h>

enum message_level {
	MESSAGE_NOTHING = -1, /* only for messages_setup(): say nothing at all */
	MESSAGE_ERROR,        /* why the exit status is not 0 */
	MESSAGE_WARNING,      /* the default: errors and warnings */
	MESSAGE_NOTE,         /* with -v */
	MESSAGE_DEBUG,        /* with -vv */
};

/* What is said from now on: messages up to `most`. tool is static. May be called again. */
void messages_setup(const char *tool, int most, bool to_syslog);

/* True if a message of this level would be said. */
bool message_wanted(enum message_level level);

/*
 * Says something about an input (a file name, a domain, …; NULL for none). Control characters in the input's
 * name and in the text are escaped; a progress line is taken away first. errno is kept.
 */
void message(enum message_level level, const char *input, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Says a finding; its severity is the level. */
void message_finding(const char *input, const struct xsr_finding *finding);

/* Lines that were asked for go to standard error from now on: standard output is taken by a stream. */
void message_lines_to_stderr(void);

/*
 * Prints a line that was asked for: to standard output, or with --syslog to syslog. Control characters are
 * escaped.
 */
void message_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
