/* SPDX-License-Identifier: MIT */
#include "io/legacy_file.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "io/io.h"

/* Behind page data come the entries of the next batch as a rule: no more than that is read there. */
#define BEHIND_PAGES 12288u

struct legacy_file {
	struct xsr_legacy *decoder; /* reads it */
	int fd;                     /* of the caller */
	off_t offset;               /* of the next byte to read */
	size_t begin, end;          /* of what is in buffer */
	size_t chunk;               /* bytes to read next */
	enum xsr_status status;     /* of the decoder */
	int failed;                 /* errno of a read */
	uint8_t buffer[IO_CHUNK];   /* what was read */
};

struct legacy_file *legacy_file_open(int fd, off_t base, const struct xsr_legacy_demand *demand)
{
	struct legacy_file *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->decoder = xsr_legacy_new(demand, NULL, NULL);
	f->fd = fd;
	f->offset = base;
	f->chunk = BEHIND_PAGES;
	if (f->decoder)
		return f;
	free(f);
	return NULL;
}

/* False at the end or on failure. */
static bool refill(struct legacy_file *f)
{
	ssize_t n;

	do
		n = pread(f->fd, f->buffer, f->chunk, f->offset);
	while (n < 0 && errno == EINTR);
	f->failed = n < 0 ? errno : 0;
	if (n <= 0)
		return false;
	f->offset += n;
	f->begin = 0;
	f->end = (size_t)n;
	f->chunk = sizeof(f->buffer);
	return true;
}

static void pass_over_pages(struct legacy_file *f)
{
	uint64_t skip = xsr_legacy_skippable(f->decoder);
	size_t here = f->end - f->begin;

	(void)xsr_legacy_skip(f->decoder, skip);
	if (skip <= here) {
		f->begin += (size_t)skip;
		return;
	}
	f->offset += (off_t)(skip - here);
	f->begin = f->end = 0;
	f->chunk = BEHIND_PAGES;
}

const struct xsr_legacy_event *legacy_file_next(struct legacy_file *f)
{
	const struct xsr_legacy_event *e = NULL;
	size_t used;

	while (f->status == XSR_OK) {
		pass_over_pages(f);
		f->status = xsr_legacy_feed(f->decoder, f->buffer + f->begin, f->end - f->begin, &used, &e);
		if (f->status != XSR_OK)
			return NULL;
		f->begin += used;
		if (e || !refill(f))
			return e;
	}
	return NULL;
}

bool legacy_file_good(struct legacy_file *f)
{
	return f->status == XSR_OK && !f->failed && xsr_legacy_finish(f->decoder) == XSR_OK;
}

int legacy_file_errno(const struct legacy_file *f)
{
	return f->failed;
}

void legacy_file_close(struct legacy_file *f)
{
	if (!f)
		return;
	xsr_legacy_free(f->decoder);
	free(f);
}
