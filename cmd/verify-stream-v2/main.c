/* SPDX-License-Identifier: MIT */
/* verify-stream-v2: is this image right, and if not, what is wrong with it and where? */
#include <string.h>

#include "common/messages.h"
#include "common/output.h"
#include "common/tool.h"
#include "verify-stream-v2/diff.h"
#include "verify-stream-v2/explain.h"
#include "verify-stream-v2/host.h"
#include "verify-stream-v2/options.h"
#include "verify-stream-v2/verify.h"

#define NAME "verify-stream-v2"

static enum message_level level(const struct options *o)
{
	if (o->quiet)
		return MESSAGE_NOTHING;
	return o->verbose ? MESSAGE_NOTE : MESSAGE_WARNING;
}

static int verify_all(const struct options *o)
{
	int status = TOOL_GOOD;

	if (o->in || !o->operand_count)
		status = verify_input(o, o->in ? o->in : "-", true);
	for (int i = 0; i < o->operand_count; i++)
		status = tool_worst(status, verify_input(o, o->operands[i], false));
	return status;
}

static int print_policy(void)
{
	struct host host = {0};
	int status = host_query(&host) && host_print(&host, stdout) ? TOOL_GOOD : TOOL_TROUBLE;

	host_free(&host);
	return status;
}

/* The host is asked, or its file read, before any stream is looked at: later there are no rights to do so. */
static int verify_on_host(struct options *o)
{
	struct host host = {0};
	int status = TOOL_TROUBLE;

	if (o->against ? host_load(&host, o->against) : host_query(&host)) {
		o->host = &host.facts;
		status = verify_all(o);
	}
	host_free(&host);
	return status;
}

int main(int argc, char **argv)
{
	struct options options;

	tool_begin(NAME);
	options_parse(&options, argc, argv);
	messages_setup(NAME, level(&options), options.to_syslog);
	if (options.explain)
		return tool_end(explain(options.explain));
	if (options.print_host_policy)
		return tool_end(print_policy());
	if (options.output && strcmp(options.output, "-") == 0)
		message_lines_to_stderr();
	output_signals();
	if (options.diff)
		return tool_end(diff(&options));
	if (options.against || options.against_host)
		return tool_end(verify_on_host(&options));
	return tool_end(verify_all(&options));
}
