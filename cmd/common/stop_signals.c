/* SPDX-License-Identifier: MIT */
#include "common/stop_signals.h"

#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>

/* Those that were ignored when we started (nohup) stay ignored: the kernel drops them. */
int stop_signals_begin(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	/* A reader that leaves and a file that grows too big are errors of write(), not reasons to die. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}
