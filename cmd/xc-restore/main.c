/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>

#include "common/messages.h"
#include "common/tool.h"

#include "options.h"
#include "report.h"
#include "restorer.h"

/* Restored, but the domain's number could not be told: see xc-restore(1). */
#define STATUS_UNTOLD 6

/*
 * The signals that ask us to stop arrive on a descriptor, so that they are taken only where the domain's fate
 * is clear. Those that were ignored when we started (nohup) stay ignored: the kernel drops them.
 */
static int signals_begin(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	/* Whoever wanted the number may be gone, and files can grow too big: errors of write(), no reasons to die. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int main(int argc, char **argv)
{
	struct restore_outcome outcome;
	struct restore_hooks hooks;
	struct options options;
	struct report report;
	int signal_fd, status;

	tool_begin("xc-restore");
	options_parse(argc, argv, &options);
	messages_setup("xc-restore", options.level, false);
	signal_fd = signals_begin();
	if (signal_fd < 0) {
		message(MESSAGE_ERROR, NULL, "cannot take signals: %s", strerror(errno));
		return TOOL_TROUBLE;
	}
	report_begin(&report, &options, &hooks);
	restore_run(&options.request, signal_fd, &hooks, &outcome);
	status = restore_exit_status(&outcome);
	report_end(&report, &outcome, status);
	if (tool_end(status) == status)
		return status;
	return outcome.good && !options.request.check ? STATUS_UNTOLD : TOOL_TROUBLE;
}
