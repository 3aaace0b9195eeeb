/* SPDX-License-Identifier: MIT */
/* The converter: from memory to nowhere and to a file, with options drawn from the input. */
#include <libstream/convert.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"

static void on_finding(void *context, const struct xsr_finding *f)
{
	uint64_t *errors = context;

	PROMISE(xsr_catalogue_find(f->id));
	*errors += f->severity == XSR_ERROR;
}

/* output_only: set if the fault was seen by reading the output again, which needs one. */
static enum xsr_status convert(const uint8_t *data, size_t size, int fd, struct xsr_convert *job, uint64_t *errors,
    bool *output_only)
{
	struct xsr_finding error = {0};
	enum xsr_status status;

	job->source = xsr_source_from_memory(data, size);
	job->sink = fd < 0 ? NULL : xsr_sink_to_fd(fd, false);
	job->input = on_finding;
	job->output = on_finding;
	job->context = errors;
	PROMISE(job->source);
	status = xsr_convert_run(job, &error);
	/* Good means that nobody objects; bad means that somebody says why. */
	if (status == XSR_OK)
		PROMISE(*errors == 0 && job->result.rounds > 0 && job->result.verdict.status == XSR_OK);
	else
		PROMISE(xsr_catalogue_find(error.id) && strcmp(error.id, "io.misuse") != 0);
	if (status != XSR_OK && strcmp(error.id, "io.output") == 0)
		PROMISE(*errors > 0);
	*output_only = status != XSR_OK && strcmp(error.id, "legacy.start_info") == 0;
	xsr_sink_free(job->sink);
	xsr_source_free(job->source);
	return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t random = seed_of(data, size), errors = 0, again = 0;
	struct xsr_convert nowhere = {.options = {
	    .demand = {.tmem = next_random(&random) % 2},
	    .format = (enum xsr_format)(next_random(&random) % 4),
	    .version = 2 + (unsigned)(next_random(&random) % 2),
	    .keep_checkpoints = next_random(&random) % 4 == 0,
	    .skip_qemu = next_random(&random) % 4 == 0,
	    .like_xen = next_random(&random) % 4 == 0,
	    .set_viridian = next_random(&random) % 4 == 0,
	    .viridian = next_random(&random) % 4,
	}};
	struct xsr_convert file = nowhere;
	int fd = open("/tmp", O_TMPFILE | O_RDWR, 0600);
	enum xsr_status status, other;
	bool output_only, unused;

	PROMISE(fd >= 0);
	status = convert(data, size, fd, &file, &errors, &output_only);
	/* Compressed rounds need a file at one end. */
	if (!file.result.compressed) {
		other = convert(data, size, -1, &nowhere, &again, &unused);
		PROMISE(other == (output_only ? XSR_OK : status) && errors == again);
		PROMISE(nowhere.result.bytes_out == file.result.bytes_out);
	}
	if (status == XSR_OK)
		PROMISE(lseek(fd, 0, SEEK_END) == (off_t)file.result.bytes_out);
	close(fd);
	return 0;
}
