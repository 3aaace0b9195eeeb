/* SPDX-License-Identifier: MIT */
#include "io/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void spool_init(struct spool *s, const char *tmpdir)
{
	*s = (struct spool){.tmpdir = tmpdir, .fd = -1};
}

void spool_free(struct spool *s)
{
	free(s->memory);
	xsr_sink_free(s->sink);
	if (s->fd >= 0)
		close(s->fd);
	spool_init(s, s->tmpdir);
}

/* Not every file system has files without a name from the start: some only lose it. */
static int named_file(const char *tmpdir)
{
	char name[4096];
	int fd;

	if (snprintf(name, sizeof(name), "%s/stream-XXXXXX", tmpdir) >= (int)sizeof(name)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = mkostemp(name, O_CLOEXEC);
	if (fd >= 0)
		unlink(name);
	return fd;
}

int spool_file(const char *tmpdir)
{
	const char *folder = tmpdir ? tmpdir : "/tmp";
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR);

	return fd >= 0 ? fd : named_file(folder);
}

/* Goes over to a file. */
static enum xsr_status open_file(struct spool *s, struct xsr_finding *error)
{
	if (s->fd >= 0)
		return XSR_OK;
	s->fd = spool_file(s->tmpdir);
	if (s->fd < 0)
		return io_fail(error, F_IO_TEMPORARY, 0, errno);
	s->sink = xsr_sink_to_fd(s->fd, false);
	if (!s->sink)
		return io_fail(error, F_IO_MEMORY, 0, ENOMEM);
	return s->size ? xsr_sink_write(s->sink, s->memory, (size_t)s->size, error) : XSR_OK;
}

enum xsr_status spool_write(struct spool *s, const void *data, size_t size, struct xsr_finding *error)
{
	enum xsr_status status;

	if (s->fd < 0 && size <= SPOOL_MEMORY - s->size) {
		if (!s->memory)
			s->memory = malloc(SPOOL_MEMORY);
		if (!s->memory)
			return io_fail(error, F_IO_MEMORY, 0, ENOMEM);
		memcpy(s->memory + s->size, data, size);
		s->size += size;
		return XSR_OK;
	}
	status = open_file(s, error);
	if (status == XSR_OK)
		status = xsr_sink_write(s->sink, data, size, error);
	s->size += size;
	return status;
}

enum xsr_status spool_move(struct spool *s, struct xsr_source *source, uint64_t size, uint64_t *moved,
    struct xsr_finding *error)
{
	enum xsr_status status = open_file(s, error);

	*moved = 0;
	if (status == XSR_OK)
		status = source_move(source, s->sink, size, moved, error);
	s->size += *moved;
	return status;
}

struct xsr_source *spool_source(struct spool *s, struct xsr_finding *error)
{
	struct xsr_source *source;

	if (s->fd < 0) {
		source = xsr_source_from_memory(s->memory, (size_t)s->size);
		if (!source)
			io_fail(error, F_IO_MEMORY, 0, ENOMEM);
		return source;
	}
	if (lseek(s->fd, 0, SEEK_SET) < 0) {
		io_fail(error, F_IO_TEMPORARY, 0, errno);
		return NULL;
	}
	return xsr_source_from_fd(s->fd, false, error);
}

enum xsr_status spool_clear(struct spool *s, struct xsr_finding *error)
{
	s->size = 0;
	if (s->fd >= 0 && (ftruncate(s->fd, 0) < 0 || lseek(s->fd, 0, SEEK_SET) < 0))
		return io_fail(error, F_IO_TEMPORARY, 0, errno);
	return XSR_OK;
}
