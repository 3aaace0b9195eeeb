/* SPDX-License-Identifier: MIT */
/* A source over a descriptor, gzip'd or not, and the pump: reading, skipping and memory give the same stream. */
#include <libstream/io.h>

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"

/* A damaged gzip file of a few bytes may be a bomb: what comes out is not read to its end. */
#define STREAM_MAX (4u << 20)

static struct xsr_source *open_source(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct xsr_source *source;
	struct xsr_finding error;

	PROMISE(fd >= 0);
	for (size_t at = 0; at < size;) {
		ssize_t n = write(fd, data + at, size - at);

		PROMISE(n > 0);
		at += (size_t)n;
	}
	PROMISE(lseek(fd, 0, SEEK_SET) == 0);
	source = xsr_source_from_fd(fd, true, &error);
	PROMISE(source);
	return source;
}

/* Reads (or now and then skips) to the end; *total is how far that was. */
static enum xsr_status drain(struct xsr_source *source, uint64_t random, bool skipping, uint64_t *total)
{
	static uint8_t room[70000];
	struct xsr_finding error;
	enum xsr_status status = XSR_OK;
	uint64_t skipped;
	size_t got = 1;

	*total = 0;
	while (status == XSR_OK && got && *total < STREAM_MAX) {
		size_t n = next_piece(&random, sizeof(room));

		if (skipping && next_random(&random) % 2) {
			status = xsr_source_skip(source, n, &skipped, &error);
			PROMISE(skipped <= n);
			*total += skipped;
			got = status != XSR_OK || skipped == n;
		} else {
			got = 0;
			status = xsr_source_read(source, room, n, &got, &error);
			PROMISE(got <= n);
			*total += got;
		}
	}
	if (status != XSR_OK)
		PROMISE(error.status == status && xsr_catalogue_find(error.id));
	return status;
}

static bool on_event(void *context, const struct xsr_event *event)
{
	uint64_t *events = context;

	(void)event;
	return ++*events < 1u << 20;
}

static enum xsr_status pump(struct xsr_source *source, bool exact, bool want_pages)
{
	struct xsr_decoder *decoder = xsr_decoder_new(XSR_FORMAT_UNKNOWN);
	uint64_t events = 0;
	struct xsr_pump pump = {.source = source, .decoder = decoder, .exact = exact, .want_pages = want_pages,
	    .event = on_event, .context = &events};
	struct xsr_finding error;
	enum xsr_status status;

	PROMISE(decoder);
	status = xsr_pump_run(&pump, &error);
	if (status != XSR_OK)
		PROMISE(error.status == status && xsr_catalogue_find(error.id));
	else
		status = xsr_decoder_finish(decoder);
	xsr_decoder_free(decoder);
	return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t random = seed_of(data, size), read, skipped;
	struct xsr_source *source = open_source(data, size);
	enum xsr_status status = drain(source, random, false, &read), other;
	bool compressed = xsr_source_compressed(source);

	PROMISE(compressed || (status == XSR_OK && (read == size || read >= STREAM_MAX)));
	xsr_source_free(source);

	source = open_source(data, size);
	other = drain(source, random + 1, true, &skipped);
	/* How much of damaged compressed input comes out ahead of the damage is up to the library that undoes it. */
	PROMISE(read >= STREAM_MAX ||
	    (other == status && (skipped == read || (compressed && status != XSR_OK))));
	xsr_source_free(source);
	if (read >= STREAM_MAX)
		return 0;

	source = open_source(data, size);
	status = pump(source, false, false);
	xsr_source_free(source);
	source = open_source(data, size);
	PROMISE(pump(source, false, true) == status);
	xsr_source_free(source);
	if (compressed)
		return 0;
	source = xsr_source_from_memory(data, size);
	PROMISE(source);
	PROMISE(pump(source, false, false) == status);
	xsr_source_free(source);
	return 0;
}
