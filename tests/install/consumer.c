/* SPDX-License-Identifier: MIT */
/* A program of somebody else: verifies a file and says in a line what it is. */
#include <libstream/io.h>
#include <libstream/verify.h>

#include <fcntl.h>
#include <stdio.h>

static bool pass_on(void *context, const struct xsr_event *event)
{
	return xsr_verifier_event(context, event) == XSR_OK;
}

int main(int argc, char **argv)
{
	struct xsr_decoder *decoder = xsr_decoder_new(XSR_FORMAT_UNKNOWN);
	struct xsr_verifier *verifier = xsr_verifier_new(XSR_DEPTH_STREAM, NULL, NULL);
	struct xsr_pump pump = {.decoder = decoder, .event = pass_on, .context = verifier};
	struct xsr_finding error;
	enum xsr_status status;

	if (argc != 2 || !decoder || !verifier)
		return 2;
	pump.source = xsr_source_from_fd(open(argv[1], O_RDONLY), true, &error);
	if (!pump.source)
		return 2;
	status = xsr_pump_run(&pump, &error);
	if (status == XSR_OK)
		status = xsr_decoder_finish(decoder);
	xsr_verifier_finish(verifier, decoder);
	printf("%s %s %s\n", xsr_version(), xsr_format_name(xsr_decoder_format(decoder)), xsr_status_name(status));
	xsr_source_free(pump.source);
	xsr_verifier_free(verifier);
	xsr_decoder_free(decoder);
	return status == XSR_OK ? 0 : 1;
}
