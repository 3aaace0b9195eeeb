/* SPDX-License-Identifier: MIT */
#include "via.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* How long the command has between TERM and KILL. */
#define TERM_MS 2000

/* Large pipes save many a switch between the programs; the system may grant less. */
#define PIPE_SIZE (1 << 20)

static _Noreturn void child(const struct via_setup *setup, const int to[2], const int from[2])
{
	static const char ssh[] = "exec ssh -T -- \"$2\" \"$1\"";
	char destination[512], command[4200];
	sigset_t none;

	if (setup->command)
		snprintf(command, sizeof(command), "%s%s", setup->command, setup->remote[0] ? " \"$1\"" : "");
	else
		snprintf(destination, sizeof(destination), "%s%s",
		    strchr(setup->destination, '@') ? "" : "root@", setup->destination);
	/* The terminal sends them to all; the command must not be gone before a decision is told. */
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (dup2(to[0], STDIN_FILENO) < 0 || dup2(from[1], STDOUT_FILENO) < 0)
		_exit(126);
	execl("/bin/sh", "sh", "-c", setup->command ? command : ssh, "xc-migrate", setup->remote,
	    setup->command ? (char *)NULL : destination, (char *)NULL);
	_exit(127);
}

bool via_start(struct via *via, const struct via_setup *setup, struct fault *fault)
{
	int to[2] = {-1, -1}, from[2] = {-1, -1};

	*via = (struct via){.pid = -1, .in = -1, .out = -1};
	if (setup->command && strlen(setup->command) > 4096)
		return fault_set(fault, FAULT_SYSTEM, "the command of --via is too long");
	if (pipe2(to, O_CLOEXEC) == 0 && pipe2(from, O_CLOEXEC) == 0)
		via->pid = fork();
	if (via->pid == 0)
		child(setup, to, from);
	if (via->pid < 0)
		fault_errno(fault, FAULT_SYSTEM, "cannot start the command that reaches the other side");
	if (to[0] >= 0)
		close(to[0]);
	if (from[1] >= 0)
		close(from[1]);
	via->out = to[1];
	via->in = from[0];
	if (via->pid < 0) {
		via_hang_up(via);
		return false;
	}
	(void)fcntl(via->out, F_SETPIPE_SZ, PIPE_SIZE);
	return true;
}

void via_hang_up(struct via *via)
{
	if (via->out >= 0)
		close(via->out);
	via->out = -1;
}

static bool ends(struct pollfd *process, int patience_ms)
{
	int ready;

	do
		ready = poll(process, 1, patience_ms);
	while (ready < 0 && errno == EINTR);
	return ready != 0;
}

void via_finish(struct via *via, int patience_ms)
{
	struct pollfd process = {.events = POLLIN};

	via_hang_up(via);
	if (via->in >= 0)
		close(via->in);
	via->in = -1;
	if (via->pid <= 0)
		return;
	process.fd = (int)syscall(SYS_pidfd_open, via->pid, 0);
	if (process.fd >= 0 && !ends(&process, patience_ms)) {
		kill(via->pid, SIGTERM);
		if (!ends(&process, TERM_MS))
			kill(via->pid, SIGKILL);
	}
	while (waitpid(via->pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (process.fd >= 0)
		close(process.fd);
	via->pid = -1;
}
