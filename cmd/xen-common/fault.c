/* SPDX-License-Identifier: MIT */
#include "fault.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Messages may quote names out of xenstore or the stream; a terminal must not see their control characters.
 */
static void make_printable(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
}

bool fault_set(struct fault *fault, enum fault_kind kind, const char *format, ...)
{
	va_list args;

	if (fault->kind != FAULT_NONE)
		return false;
	va_start(args, format);
	fault->kind = kind;
	vsnprintf(fault->text, sizeof(fault->text), format, args);
	va_end(args);
	make_printable(fault->text);
	return false;
}

bool fault_errno(struct fault *fault, enum fault_kind kind, const char *format, ...)
{
	const char *reason = errno ? strerror(errno) : "no reason given";
	size_t used;
	va_list args;

	if (fault->kind != FAULT_NONE)
		return false;
	va_start(args, format);
	fault->kind = kind;
	vsnprintf(fault->text, sizeof(fault->text), format, args);
	va_end(args);
	used = strlen(fault->text);
	snprintf(fault->text + used, sizeof(fault->text) - used, ": %s", reason);
	make_printable(fault->text);
	return false;
}
