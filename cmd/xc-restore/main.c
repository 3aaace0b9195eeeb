/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "common/messages.h"
#include "common/stop_signals.h"
#include "common/tool.h"

#include "options.h"
#include "report.h"
#include "restorer.h"

/* Restored, but the domain's number could not be told: see xc-restore(1). */
#define STATUS_UNTOLD 6

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
	signal_fd = stop_signals_begin();
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
