/* SPDX-License-Identifier: MIT */
#include "common/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Where the file system knows no files without a name it has one for a moment. */
static int open_named(const char *folder)
{
	char name[4096];
	int fd;

	if ((size_t)snprintf(name, sizeof(name), "%s/libstream.XXXXXX", folder) >= sizeof(name)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = mkostemp(name, O_CLOEXEC);
	if (fd >= 0)
		unlink(name);
	return fd;
}

bool scratch_open(struct scratch *s)
{
	const char *folder = getenv("TMPDIR");

	/* Not /tmp, which may be memory: this can grow to 4 GiB for a guest of 1 TiB. */
	if (!folder || !*folder)
		folder = "/var/tmp";
	s->error = 0;
	s->fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (s->fd < 0 && (errno == EISDIR || errno == EOPNOTSUPP || errno == ENOENT || errno == EINVAL))
		s->fd = open_named(folder);
	return s->fd >= 0;
}

FILE *scratch_file(void)
{
	struct scratch s;
	FILE *file;

	if (!scratch_open(&s))
		return NULL;
	file = fdopen(s.fd, "w+");
	if (!file)
		scratch_close(&s);
	return file;
}

uint64_t scratch_next(const struct scratch *s, uint64_t offset)
{
	off_t next = lseek(s->fd, (off_t)offset, SEEK_DATA);

	return next < 0 ? UINT64_MAX : (uint64_t)next;
}

void scratch_close(struct scratch *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

static bool failed(struct scratch *s, int error)
{
	if (!s->error)
		s->error = error;
	return false;
}

bool scratch_read(void *context, uint64_t offset, void *data, size_t size)
{
	struct scratch *s = context;
	uint8_t *to = data;

	while (size) {
		ssize_t n = pread(s->fd, to, size, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return failed(s, errno);
		if (n == 0)
			break;
		to += n;
		offset += (uint64_t)n;
		size -= (size_t)n;
	}
	memset(to, 0, size);
	return true;
}

bool scratch_write(void *context, uint64_t offset, const void *data, size_t size)
{
	struct scratch *s = context;
	const uint8_t *from = data;

	while (size) {
		ssize_t n = pwrite(s->fd, from, size, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return failed(s, n < 0 ? errno : EIO);
		from += n;
		offset += (uint64_t)n;
		size -= (size_t)n;
	}
	return true;
}

struct xsr_store scratch_store(struct scratch *s)
{
	return (struct xsr_store){.context = s, .read = scratch_read, .write = scratch_write};
}
