/* SPDX-License-Identifier: MIT */
#include "warden.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/messages.h"
#include "host.h"

/* How often a helper is looked at before it is killed: two seconds. */
#define HELPER_NAPS 40

/* Both ends are the same program: the bytes of the struct go through the pipe, whole, being fewer than PIPE_BUF. */
struct order {
	uint32_t domid;                /* 0 for none */
	char uuid[37];                 /* of the domain */
	pid_t helpers[WARDEN_HELPERS]; /* that go with it, 0 for none */
};

struct warden {
	pid_t pid;          /* its process */
	int fd;             /* orders to it; when this closes, we are gone */
	struct order order; /* the last one */
};

/* A number that is another process's by now leads no group. */
static void end_helper(pid_t pid)
{
	const struct timespec nap = {.tv_nsec = 50 * 1000 * 1000};

	if (pid <= 1 || getpgid(pid) != pid)
		return;
	kill(-pid, SIGTERM);
	for (int i = 0; i < HELPER_NAPS && kill(-pid, 0) == 0; i++)
		nanosleep(&nap, NULL);
	kill(-pid, SIGKILL);
}

static void clean(const struct order *order)
{
	struct fault fault = {.kind = FAULT_NONE};

	for (int i = 0; i < WARDEN_HELPERS; i++)
		end_helper(order->helpers[i]);
	if (host_clean(order->domid, order->uuid, &fault))
		message(MESSAGE_WARNING, NULL, "the restore was killed; domain %u was removed", order->domid);
	else
		message(MESSAGE_ERROR, NULL,
		    "the restore was killed; DOMAIN %u IS STILL THERE (%s): try 'xl destroy %u'",
		    order->domid, fault.text, order->domid);
}

static _Noreturn void warden_main(int fd)
{
	struct order order = {.domid = 0}, next;
	ssize_t got;

	/* What ends the restore must not end this, and nobody waits for it. */
	setsid();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	/* A reader of the restore's output must not have to wait for us, nor a writer of its input. */
	if (dup2(fd, STDIN_FILENO) < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0 ||
	    close_range(3, ~0u, 0) != 0)
		_exit(127);
	do {
		got = read(STDIN_FILENO, &next, sizeof(next));
		if (got == (ssize_t)sizeof(next))
			order = next;
	} while (got > 0 || (got < 0 && errno == EINTR));
	if (order.domid)
		clean(&order);
	_exit(0);
}

struct warden *warden_start(struct fault *fault)
{
	struct warden *warden = calloc(1, sizeof(*warden));
	int ends[2];

	if (!warden || pipe2(ends, O_CLOEXEC) != 0) {
		fault_errno(fault, FAULT_SYSTEM, "cannot start the process that cleans up");
		free(warden);
		return NULL;
	}
	warden->pid = fork();
	if (warden->pid == 0) {
		close(ends[1]);
		warden_main(ends[0]);
	}
	close(ends[0]);
	warden->fd = ends[1];
	if (warden->pid > 0)
		return warden;
	fault_errno(fault, FAULT_SYSTEM, "cannot start the process that cleans up");
	close(ends[1]);
	free(warden);
	return NULL;
}

/* If it is not there any more nobody cleans up after us; that is no reason to fail. */
static void tell(struct warden *warden)
{
	(void)!write(warden->fd, &warden->order, sizeof(warden->order));
}

void warden_watch(struct warden *warden, uint32_t domid, const char *uuid)
{
	warden->order.domid = domid;
	snprintf(warden->order.uuid, sizeof(warden->order.uuid), "%s", uuid);
	tell(warden);
}

void warden_helper(struct warden *warden, enum warden_helper which, pid_t pid)
{
	if (!warden)
		return;
	warden->order.helpers[which] = pid;
	tell(warden);
}

void warden_end(struct warden *warden)
{
	if (!warden)
		return;
	warden_watch(warden, 0, "");
	close(warden->fd);
	while (waitpid(warden->pid, NULL, 0) < 0 && errno == EINTR)
		;
	free(warden);
}
