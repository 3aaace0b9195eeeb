/* SPDX-License-Identifier: MIT */
#include "command.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* How long a command has between TERM and KILL. */
#define PATIENCE_MS 3000

/* The configuration as it came, as a file without a name; -1 on failure. */
static int config_file(const struct plan *plan)
{
	size_t length = strlen(plan->given);
	int fd = memfd_create("configuration", MFD_CLOEXEC);

	if (fd >= 0 && (write(fd, plan->given, length) != (ssize_t)length || lseek(fd, 0, SEEK_SET) != 0)) {
		close(fd);
		return -1;
	}
	return fd;
}

static _Noreturn void child(const struct command_facts *facts, int input)
{
	char number[16];
	sigset_t none;

	snprintf(number, sizeof(number), "%u", facts->domid);
	setenv("XC_RESTORE_DOMID", number, 1);
	setenv("XC_RESTORE_NAME", facts->plan->name, 1);
	setenv("XC_RESTORE_UUID", facts->plan->uuid, 1);
	/* Its own group, so that what it starts can be stopped with it. */
	setpgid(0, 0);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (dup2(input, STDIN_FILENO) < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		_exit(126);
	execl("/bin/sh", "sh", "-c", facts->command, (char *)NULL);
	_exit(127);
}

static void stop(pid_t pid, struct pollfd *ended)
{
	kill(-pid, SIGTERM);
	if (poll(ended, 1, PATIENCE_MS) != 1)
		kill(-pid, SIGKILL);
}

/* True if it ended by itself. */
static bool await(pid_t pid, int signal_fd)
{
	struct pollfd fds[] = {
	    {.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN},
	    {.fd = signal_fd, .events = POLLIN},
	};
	bool alone = true;

	while (fds[0].fd >= 0 && poll(fds, 2, -1) < 0 && errno == EINTR)
		;
	if (fds[0].fd >= 0 && !fds[0].revents) {
		alone = false;
		stop(pid, &fds[0]);
	}
	if (fds[0].fd >= 0)
		close(fds[0].fd);
	return alone;
}

bool command_run(const struct command_facts *facts, struct fault *fault)
{
	int input = config_file(facts->plan), status = 0;
	bool alone;
	pid_t pid = input < 0 ? -1 : fork();

	if (pid == 0)
		child(facts, input);
	if (pid < 0)
		fault_errno(fault, FAULT_SYSTEM, "cannot run the command");
	if (input >= 0)
		close(input);
	if (pid < 0)
		return false;
	setpgid(pid, pid);
	warden_helper(facts->warden, WARDEN_COMMAND, pid);
	alone = await(pid, facts->signal_fd);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	warden_helper(facts->warden, WARDEN_COMMAND, 0);
	if (!alone)
		return false;
	if (WIFSIGNALED(status))
		return fault_set(fault, FAULT_SYSTEM, "the command was ended by signal %d (%s)",
		    WTERMSIG(status), strsignal(WTERMSIG(status)));
	if (WEXITSTATUS(status) != 0)
		return fault_set(fault, FAULT_SYSTEM, "the command failed with status %d",
		    WEXITSTATUS(status));
	return true;
}
