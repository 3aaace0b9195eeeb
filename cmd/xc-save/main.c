/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>

#include "common/messages.h"
#include "common/tool.h"

#include "fate.h"
#include "options.h"
#include "report.h"
#include "saver.h"

/*
 * The signals that ask us to stop arrive on a descriptor, so that they are taken only where the guest's
 * fate is clear. Those that were ignored when we started (nohup) stay ignored: the kernel drops them.
 */
static int signals_begin(void)
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

int main(int argc, char **argv)
{
	struct save_outcome outcome;
	struct save_hooks hooks;
	struct options options;
	struct report report;
	int signal_fd, status;

	tool_begin("xc-save");
	options_parse(argc, argv, &options);
	messages_setup("xc-save", options.level, false);
	signal_fd = signals_begin();
	if (signal_fd < 0) {
		message(MESSAGE_ERROR, NULL, "cannot take signals: %s", strerror(errno));
		return TOOL_TROUBLE;
	}
	report_begin(&report, &options, &hooks);
	if (options.resume)
		save_resume(&options.request, &outcome);
	else
		save_run(&options.request, signal_fd, &hooks, &outcome);
	status = options.resume ? fate_resume_status(&outcome) : fate_exit_status(&outcome);
	report_end(&report, &outcome, status);
	return tool_end(status);
}
