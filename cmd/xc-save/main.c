/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "common/messages.h"
#include "common/stop_signals.h"
#include "common/tool.h"

#include "fate.h"
#include "options.h"
#include "report.h"
#include "saver.h"

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
	signal_fd = stop_signals_begin();
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
