/* SPDX-License-Identifier: MIT */
#include "verify-stream-v2/input.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "common/messages.h"
#include "common/tool.h"

/* Standard input or a descriptor that the caller passed on. */
static struct xsr_source *use_descriptor(const char *name, int fd)
{
	struct xsr_source *source;
	struct xsr_finding error;

	if (isatty(fd)) {
		message(MESSAGE_ERROR, name, "is a terminal: give a file, or a stream on standard input");
		return NULL;
	}
	source = xsr_source_from_fd(fd, false, &error);
	if (!source)
		message_finding(name, &error);
	return source;
}

static struct xsr_source *open_file(const char *name)
{
	struct xsr_source *source;
	struct xsr_finding error;
	int fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0) {
		message(MESSAGE_ERROR, name, "%s", strerror(errno));
		return NULL;
	}
	source = xsr_source_from_fd(fd, true, &error);
	if (source)
		return source;
	if (error.sys_errno == EISDIR)
		message(MESSAGE_ERROR, name, "%s", strerror(EISDIR));
	else
		message_finding(name, &error);
	close(fd);
	return NULL;
}

struct xsr_source *input_open(const char *name, bool digits_are_fd, const char **shown)
{
	unsigned long fd;

	*shown = name;
	if (strcmp(name, "-") == 0) {
		*shown = "standard input";
		return use_descriptor(*shown, STDIN_FILENO);
	}
	if (!digits_are_fd || !tool_number(name, INT_MAX, &fd))
		return open_file(name);
	if (fd == STDIN_FILENO)
		*shown = "standard input";
	return use_descriptor(*shown, (int)fd);
}
