/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/messages.h"
#include "common/stop_signals.h"
#include "common/tool.h"

#include "options.h"
#include "receiver.h"
#include "report.h"
#include "source.h"

/* The guest runs there, but the result could not be told: see xc-migrate(1). */
#define STATUS_UNTOLD 6

static int migrate(const struct migrate_options *options, int signal_fd)
{
	struct source_outcome outcome;
	struct source_hooks hooks;
	struct report report;
	int status;

	report_source_begin(&report, options, &hooks);
	source_run(options, signal_fd, &hooks, &outcome);
	status = source_exit_status(&outcome);
	report_source_end(&report, &outcome, status);
	return status;
}

/* Standard output is the way back to the source: nobody else may write to it. */
static int receive(const struct migrate_options *options, int signal_fd)
{
	struct receiver_outcome outcome;
	struct restore_hooks hooks;
	struct report report;
	int out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);

	if (out < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0 || isatty(out) || isatty(STDIN_FILENO)) {
		message(MESSAGE_ERROR, NULL,
		    "standard input and output are no connection: --receive is started by the other side");
		return TOOL_TROUBLE;
	}
	report_receiver_begin(&report, options, &hooks);
	receiver_run(options, out, signal_fd, &hooks, &outcome);
	report_receiver_end(&report, &outcome);
	return receiver_exit_status(&outcome);
}

int main(int argc, char **argv)
{
	struct migrate_options options;
	int signal_fd, status;

	tool_begin("xc-migrate");
	migrate_options_parse(argc, argv, &options);
	messages_setup("xc-migrate", options.level, false);
	signal_fd = stop_signals_begin();
	if (signal_fd < 0) {
		message(MESSAGE_ERROR, NULL, "cannot take signals: %s", strerror(errno));
		return TOOL_TROUBLE;
	}
	status = options.receive ? receive(&options, signal_fd) : migrate(&options, signal_fd);
	/* Whether the result could be told does not change where the guest is. */
	return tool_end(status) == status || status != TOOL_GOOD ? status : STATUS_UNTOLD;
}
