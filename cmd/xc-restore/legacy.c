/* SPDX-License-Identifier: MIT */
#include "legacy.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libstream/convert.h>

/* Enough to see the flags in xl's header. */
#define PEEK XSR_XL_HEADER_SIZE

/* Where they are in it. */
#define FLAGS_OFFSET 36

struct legacy {
	struct xsr_convert convert; /* the work */
	pthread_t thread;           /* who does it */
	struct fault fault;         /* why it failed */
};

bool legacy_is(struct xsr_source *source)
{
	uint8_t bytes[PEEK] = {0};
	size_t got = 0;

	/* What cannot be read says so when it is read. */
	if (xsr_source_peek(source, bytes, PEEK, &got, NULL) != XSR_OK)
		return false;
	if (xsr_detect(bytes, got) == XSR_FORMAT_LEGACY)
		return true;
	return got == PEEK && xsr_detect(bytes, PEEK) == XSR_FORMAT_XL &&
	       !(bytes[FLAGS_OFFSET] & XSR_XL_FLAG_STREAMV2);
}

static void *convert(void *context)
{
	struct legacy *legacy = context;
	struct xsr_finding error = {0};
	char text[300];

	/* A reader that leaves has its own reasons. */
	if (xsr_convert_run(&legacy->convert, &error) != XSR_OK && error.sys_errno != EPIPE) {
		xsr_finding_format(&error, text, sizeof(text));
		fault_set(&legacy->fault, FAULT_STREAM, "the legacy image cannot be converted: %s", text);
	}
	/* The reader's end of file. */
	xsr_sink_free(legacy->convert.sink);
	legacy->convert.sink = NULL;
	return NULL;
}

static void release(struct legacy *legacy)
{
	xsr_source_free(legacy->convert.source);
	xsr_sink_free(legacy->convert.sink);
	free(legacy);
}

struct legacy *legacy_start(struct xsr_source *source, int *stream, struct fault *fault)
{
	struct legacy *legacy = calloc(1, sizeof(*legacy));
	int ends[2];

	if (!legacy || pipe2(ends, O_CLOEXEC) != 0) {
		fault_errno(fault, FAULT_SYSTEM, "cannot convert the legacy image");
		xsr_source_free(source);
		free(legacy);
		return NULL;
	}
	legacy->convert.source = source;
	legacy->convert.sink = xsr_sink_to_fd(ends[1], true);
	if (!legacy->convert.sink)
		close(ends[1]);
	if (legacy->convert.sink && pthread_create(&legacy->thread, NULL, convert, legacy) == 0) {
		*stream = ends[0];
		return legacy;
	}
	fault_set(fault, FAULT_SYSTEM, "cannot convert the legacy image");
	close(ends[0]);
	release(legacy);
	return NULL;
}

bool legacy_finish(struct legacy *legacy, struct fault *fault)
{
	bool good;

	pthread_join(legacy->thread, NULL);
	good = legacy->fault.kind == FAULT_NONE;
	if (!good)
		fault_set(fault, legacy->fault.kind, "%s", legacy->fault.text);
	release(legacy);
	return good;
}
