/* SPDX-License-Identifier: MIT */
#include "io/io.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

struct xsr_sink *xsr_sink_to_fd(int fd, bool own)
{
	struct xsr_sink *sink = calloc(1, sizeof(*sink));

	if (!sink)
		return NULL;
	sink->fd = fd;
	sink->own = own;
	io_enlarge_pipe(fd);
	return sink;
}

void xsr_sink_free(struct xsr_sink *sink)
{
	if (!sink)
		return;
	if (sink->own)
		close(sink->fd);
	free(sink);
}

enum xsr_status xsr_sink_write(struct xsr_sink *sink, const void *data, size_t size,
    struct xsr_finding *error)
{
	const uint8_t *p = data;

	while (size) {
		ssize_t n = write(sink->fd, p, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			io_wait(sink->fd, POLLOUT);
			continue;
		}
		/* No file, pipe or socket takes 0 of some bytes; a device that does would be asked for ever.
		 */
		if (n <= 0)
			return io_fail(error, F_IO_WRITE, sink->position, n < 0 ? errno : EIO);
		p += n;
		size -= (size_t)n;
		sink->position += (uint64_t)n;
	}
	return XSR_OK;
}

uint64_t xsr_sink_position(const struct xsr_sink *sink)
{
	return sink->position;
}
