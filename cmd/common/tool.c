/* SPDX-License-Identifier: MIT */
#include "common/tool.h"

#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libstream/base.h>

#include "common/messages.h"

static char version_text[96];

/*
 * A file that is opened while one of the standard descriptors is closed would take its number and get what is
 * meant for that one. The placeholders fail where the closed descriptor would have.
 */
static void occupy_standard_descriptors(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			(void)open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
}

void tool_begin(const char *name)
{
	occupy_standard_descriptors();
	/* Servers that want no zombies ignore it; inherited, our own children's ends could not be told. */
	signal(SIGCHLD, SIG_DFL);
	snprintf(version_text, sizeof(version_text), "%s (libstream) %s", name, xsr_version());
	argp_program_version = version_text;
	argp_err_exit_status = TOOL_TROUBLE;
	messages_setup(name, MESSAGE_WARNING, false);
}

/* Errors of buffered output show as late as here, on a full disk for one. */
int tool_end(int status)
{
	bool failed = ferror(stdout) != 0;

	errno = 0;
	if (fflush(stdout) != 0)
		failed = true;
	/* EBADF: output_commit() closed it already, with a check of its own. */
	else if (fclose(stdout) != 0 && errno != EBADF)
		failed = true;
	if (!failed)
		return status;
	message(MESSAGE_ERROR, "standard output", "cannot be written%s%s", errno ? ": " : "",
	    errno ? strerror(errno) : "");
	return tool_worst(status, TOOL_TROUBLE);
}

int tool_worst(int a, int b)
{
	return a > b ? a : b;
}

unsigned tool_threads(void)
{
	cpu_set_t set;
	int count;

	/* It fails where there are more processors than the set has room for: then a few are enough. */
	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		return 3;
	count = CPU_COUNT(&set);
	return count > 1 ? (unsigned)count - 1 : 0;
}

bool tool_number(const char *text, unsigned long max, unsigned long *value)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*value = strtoul(text, &end, 10);
	return !errno && !*end && *value <= max;
}
