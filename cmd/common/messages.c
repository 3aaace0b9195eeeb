/* SPDX-License-Identifier: MIT */
#include "common/messages.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "common/progress.h"
#include "common/text.h"

/* Longest message; a finding takes less than half of it. */
#define LINE 1024

static const char *tool_name = "";
static int most_level = MESSAGE_WARNING;
static bool use_syslog;
static bool lines_to_stderr;

void messages_setup(const char *tool, int most, bool to_syslog)
{
	tool_name = tool;
	most_level = most;
	if (to_syslog && !use_syslog)
		openlog(tool, LOG_PID | LOG_NDELAY, LOG_USER);
	use_syslog = to_syslog;
}

bool message_wanted(enum message_level level)
{
	return (int)level <= most_level;
}

static void say(enum message_level level, const char *input, const char *text)
{
	static const int priorities[] = {LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG};
	char name[LINE], line[LINE];
	int saved = errno;

	text_escape(input ? input : "", name, sizeof(name));
	text_escape(text, line, sizeof(line));
	if (use_syslog) {
		syslog(priorities[level], "%s%s%s", name, input ? ": " : "", line);
	} else {
		progress_hide();
		fprintf(stderr, "%s: %s%s%s\n", tool_name, name, input ? ": " : "", line);
	}
	errno = saved;
}

void message(enum message_level level, const char *input, const char *format, ...)
{
	char text[LINE];
	va_list args;

	if (!message_wanted(level))
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	say(level, input, text);
}

void message_finding(const char *input, const struct xsr_finding *f)
{
	static const enum message_level levels[] = {
	    [XSR_NOTE] = MESSAGE_NOTE,
	    [XSR_WARNING] = MESSAGE_WARNING,
	    [XSR_ERROR] = MESSAGE_ERROR,
	};
	char text[LINE];

	if (!message_wanted(levels[f->severity]))
		return;
	/* A failed call is told in the words of the system; it says nothing about the stream. */
	if (f->sys_errno)
		snprintf(text, sizeof(text), "%s: %s", xsr_catalogue_find(f->id)->meaning,
		    strerror(f->sys_errno));
	else
		xsr_finding_format(f, text, sizeof(text));
	say(levels[f->severity], input, text);
}

void message_lines_to_stderr(void)
{
	lines_to_stderr = true;
}

void message_line(const char *format, ...)
{
	char text[LINE], line[LINE];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	text_escape(text, line, sizeof(line));
	if (use_syslog) {
		syslog(LOG_INFO, "%s", line);
	} else {
		progress_hide();
		fprintf(lines_to_stderr ? stderr : stdout, "%s\n", line);
	}
}
