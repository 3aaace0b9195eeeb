/* SPDX-License-Identifier: MIT */
/* convert-legacy-stream: images of Xen 3.0 to 4.5 for Xen 4.6 and later. */
#include <string.h>

#include "common/messages.h"
#include "common/output.h"
#include "common/tool.h"
#include "convert-legacy-stream/convert.h"
#include "convert-legacy-stream/options.h"

#define NAME "convert-legacy-stream"

static enum message_level level(const struct options *o)
{
	if (o->quiet)
		return MESSAGE_NOTHING;
	return o->verbose ? MESSAGE_NOTE : MESSAGE_WARNING;
}

int main(int argc, char **argv)
{
	struct options options;

	tool_begin(NAME);
	options_parse(&options, argc, argv);
	messages_setup(NAME, level(&options), options.to_syslog);
	if (options.out && strcmp(options.out, "-") == 0)
		message_lines_to_stderr();
	output_signals();
	return tool_end(convert_input(&options));
}
