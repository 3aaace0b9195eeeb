/* SPDX-License-Identifier: MIT */
/*
 * From a source to a sink without looking at the bytes. Each way inside the kernel is tried until it is
 * refused, for whatever reason: reading and writing is always last, does what can be done and names the fault
 * if there is one. So no list of error codes that mean "not here" is needed.
 */
#include "io/holes.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/sendfile.h>
#include <unistd.h>

/* Most bytes asked of the kernel in one call: progress and signals are looked at in between. */
#define MOVE_MAX (1u << 20)

static ssize_t move_splice(const struct xsr_source *s, const struct xsr_sink *sink, size_t size)
{
	return splice(s->fd, NULL, sink->fd, NULL, size, 0);
}

static ssize_t move_copy_range(const struct xsr_source *s, const struct xsr_sink *sink, size_t size)
{
	return copy_file_range(s->fd, NULL, sink->fd, NULL, size, 0);
}

static ssize_t move_sendfile(const struct xsr_source *s, const struct xsr_sink *sink, size_t size)
{
	return sendfile(sink->fd, s->fd, NULL, size);
}

static ssize_t (*const movers[WAY_COUNT])(const struct xsr_source *, const struct xsr_sink *, size_t) = {
    [WAY_SPLICE] = move_splice,
    [WAY_COPY_RANGE] = move_copy_range,
    [WAY_SENDFILE] = move_sendfile,
};

/* The next way that is worth a try; WAY_MEMORY if none is. */
static enum io_way choose(const struct xsr_source *s)
{
	static const enum io_way of_file[] = {WAY_COPY_RANGE, WAY_SPLICE, WAY_SENDFILE};

	if (s->unpacker || source_buffered(s))
		return WAY_MEMORY;
	if (s->kind == IO_SEEKABLE) {
		for (size_t i = 0; i < sizeof(of_file) / sizeof(of_file[0]); i++)
			if (!s->refused[of_file[i]])
				return of_file[i];
	} else if (s->kind != IO_MEMORY && !s->refused[WAY_SPLICE]) {
		return WAY_SPLICE;
	}
	return WAY_MEMORY;
}

/* One piece through memory; *got 0 at the end of the input. */
static enum xsr_status move_memory(struct xsr_source *s, struct xsr_sink *sink, size_t size, size_t *got,
    struct xsr_finding *error)
{
	uint8_t buffer[IO_CHUNK];
	enum xsr_status status;

	status = xsr_source_read(s, buffer, size < sizeof(buffer) ? size : sizeof(buffer), got, error);
	if (status != XSR_OK)
		return status;
	s->moved[WAY_MEMORY] += *got;
	return xsr_sink_write(sink, buffer, *got, error);
}

enum xsr_status source_move(struct xsr_source *s, struct xsr_sink *sink, uint64_t size, uint64_t *moved,
    struct xsr_finding *error)
{
	enum xsr_status status = source_detect(s, error);
	bool must_read = false;

	*moved = 0;
	while (status == XSR_OK && *moved < size) {
		size_t want = size - *moved < MOVE_MAX ? (size_t)(size - *moved) : MOVE_MAX, got;
		enum io_way way = must_read ? WAY_MEMORY : choose(s);
		ssize_t n;

		if (way == WAY_MEMORY) {
			status = move_memory(s, sink, want, &got, error);
			if (!got)
				break;
			*moved += got;
			must_read = false;
			continue;
		}
		n = s->sparse ? (ssize_t)holes_pass(s, sink, &want) : 0;
		if (!n)
			n = movers[way](s, sink, want);
		if (n > 0) {
			*moved += (uint64_t)n;
			s->position += (uint64_t)n;
			s->moved[way] += (uint64_t)n;
			sink->position += (uint64_t)n;
		} else if (n == 0 || errno == EAGAIN) {
			/* The end, or an end that would block, or a file that is not what it says: reading
			 * tells. */
			must_read = true;
		} else if (errno != EINTR) {
			s->refused[way] = true;
		}
	}
	return status;
}
