/* SPDX-License-Identifier: MIT */
/* Sources: where stored bytes come from, and how to pass over many of them cheaply. */
#include "io/holes.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* The kernel's default limit for unprivileged users; a refusal leaves the pipe as it is. */
#define PIPE_SIZE (1 << 20)

enum xsr_status io_fail(struct xsr_finding *error, enum finding_id id, uint64_t offset, int sys_errno)
{
	struct xsr_finding unwanted;

	if (!error)
		error = &unwanted;
	finding_make(error, id, XSR_LAYER_NONE, offset, "");
	error->sys_errno = sys_errno;
	return error->status;
}

void io_wait(int fd, short events)
{
	struct pollfd p = {.fd = fd, .events = events};

	/* A failure shows again in the call that is retried. */
	(void)poll(&p, 1, -1);
}

static struct xsr_source *source_new(enum io_kind kind, int fd)
{
	struct xsr_source *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->kind = kind;
	s->fd = fd;
	s->null_fd = -1;
	return s;
}

void io_enlarge_pipe(int fd)
{
	int size = fcntl(fd, F_GETPIPE_SZ);

	if (size > 0 && size < PIPE_SIZE)
		(void)fcntl(fd, F_SETPIPE_SZ, PIPE_SIZE);
}

/* Asks what is left between the current offset and the end. False: not seekable after all. */
static bool measure(struct xsr_source *s)
{
	off_t here = lseek(s->fd, 0, SEEK_CUR);
	uint64_t end = 0;
	struct stat st;

	if (here < 0 || fstat(s->fd, &st) < 0)
		return false;
	if (S_ISREG(st.st_mode))
		end = (uint64_t)st.st_size;
	else if (!S_ISBLK(st.st_mode) || ioctl(s->fd, BLKGETSIZE64, &end) < 0)
		return false;
	/* A file of /proc or /sys says 0 and has content: it is read like a device. */
	if (!end)
		return false;
	s->sparse = holes_possible(&st);
	s->size = s->position + (end > (uint64_t)here ? end - (uint64_t)here : 0);
	s->has_size = true;
	return true;
}

struct xsr_source *xsr_source_from_fd(int fd, bool own, struct xsr_finding *error)
{
	struct xsr_source *s;
	struct stat st;

	if (fstat(fd, &st) < 0) {
		io_fail(error, F_IO_READ, 0, errno);
		return NULL;
	}
	if (S_ISDIR(st.st_mode)) {
		io_fail(error, F_IO_READ, 0, EISDIR);
		return NULL;
	}
	s = source_new(IO_OTHER, fd);
	if (!s) {
		io_fail(error, F_IO_MEMORY, 0, ENOMEM);
		return NULL;
	}
	s->own = own;
	if (measure(s)) {
		s->kind = IO_SEEKABLE;
		s->base = lseek(fd, 0, SEEK_CUR);
	}
	if (S_ISFIFO(st.st_mode)) {
		s->kind = IO_PIPE;
		s->null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
		io_enlarge_pipe(fd);
	}
	return s;
}

struct xsr_source *xsr_source_from_memory(const void *data, size_t size)
{
	struct xsr_source *s = source_new(IO_MEMORY, -1);

	if (!s)
		return NULL;
	s->memory = data;
	s->size = size;
	s->has_size = true;
	return s;
}

void xsr_source_free(struct xsr_source *s)
{
	if (!s)
		return;
	if (s->unpacker)
		s->unpacker->ops->free(s->unpacker);
	if (s->null_fd >= 0)
		close(s->null_fd);
	if (s->own)
		close(s->fd);
	free(s);
}

void xsr_source_limit_expansion(struct xsr_source *s, uint64_t times)
{
	s->max_expansion = times;
}

void source_force(struct xsr_source *s, enum io_way way)
{
	for (unsigned i = 0; i < WAY_MEMORY; i++)
		s->refused[i] = i != (unsigned)way;
}

static size_t read_memory(struct xsr_source *s, void *data, size_t size)
{
	uint64_t left = s->size - s->position;
	size_t n = size < left ? size : (size_t)left;

	if (n)
		memcpy(data, s->memory + s->position, n);
	return n;
}

enum xsr_status source_read_raw(struct xsr_source *s, void *data, size_t size, size_t *got,
    struct xsr_finding *error)
{
	ssize_t n;

	*got = 0;
	if (s->kind == IO_MEMORY) {
		*got = read_memory(s, data, size);
		s->position += *got;
		return XSR_OK;
	}
	while ((n = read(s->fd, data, size)) < 0) {
		if (errno == EAGAIN)
			io_wait(s->fd, POLLIN);
		else if (errno != EINTR)
			return io_fail(error, F_IO_READ, s->position, errno);
	}
	*got = (size_t)n;
	s->position += (uint64_t)n;
	return XSR_OK;
}

/* No more is read here than any stream has, so that a reader which minds where it stops is not led past it.
 */
enum xsr_status source_detect(struct xsr_source *s, struct xsr_finding *error)
{
	size_t got = 1;

	if (s->detected)
		return XSR_OK;
	while (s->head_length < PACKED_HEAD && got) {
		enum xsr_status status =
		    source_read_raw(s, s->head + s->head_length, PACKED_HEAD - s->head_length, &got, error);

		if (status != XSR_OK)
			return status;
		s->head_length += got;
	}
	s->detected = true;
	if (gzip_detect(s->head, s->head_length))
		s->unpacker = gzip_new();
	else if (zstd_detect(s->head, s->head_length))
		s->unpacker = zstd_new();
	else
		return XSR_OK;
	if (!s->unpacker)
		return io_fail(error, F_IO_MEMORY, 0, ENOMEM);
	s->head_used = s->head_length;
	memcpy(s->unpacker->input, s->head, s->head_length);
	s->unpacker->next = s->unpacker->input;
	s->unpacker->left = s->head_length;
	return XSR_OK;
}

/* Hands out what was read to tell compression, if anything is left of it: to data, or to nobody if that is NULL. */
static size_t take_head(struct xsr_source *s, void *data, uint64_t size)
{
	size_t n = s->head_length - s->head_used;

	if (size < n)
		n = (size_t)size;
	if (data)
		memcpy(data, s->head + s->head_used, n);
	s->head_used += n;
	return n;
}

bool source_buffered(const struct xsr_source *s)
{
	return s->head_used < s->head_length || s->peeked_used < s->peeked_length;
}

/* Reads what was not looked at ahead. */
static enum xsr_status read_next(struct xsr_source *s, void *data, size_t size, size_t *got,
    struct xsr_finding *error)
{
	enum xsr_status status = source_detect(s, error);

	*got = 0;
	if (status != XSR_OK || !size)
		return status;
	if (s->unpacker)
		return unpack_read(s, data, size, got, error);
	*got = take_head(s, data, size);
	return *got ? XSR_OK : source_read_raw(s, data, size, got, error);
}

enum xsr_status xsr_source_read(
    struct xsr_source *s, void *data, size_t size, size_t *got, struct xsr_finding *error)
{
	size_t n = s->peeked_length - s->peeked_used;

	if (!n || !size)
		return read_next(s, data, size, got, error);
	*got = size < n ? size : n;
	memcpy(data, s->peeked + s->peeked_used, *got);
	s->peeked_used += *got;
	return XSR_OK;
}

enum xsr_status xsr_source_peek(
    struct xsr_source *s, void *data, size_t size, size_t *got, struct xsr_finding *error)
{
	size_t more = 1;

	*got = 0;
	if (size > XSR_PEEK_MAX)
		return io_fail(error, F_IO_MISUSE, 0, 0);
	memmove(s->peeked, s->peeked + s->peeked_used, s->peeked_length - s->peeked_used);
	s->peeked_length -= s->peeked_used;
	s->peeked_used = 0;
	while (s->peeked_length < size && more) {
		enum xsr_status status =
		    read_next(s, s->peeked + s->peeked_length, size - s->peeked_length, &more, error);

		if (status != XSR_OK)
			return status;
		s->peeked_length += more;
	}
	*got = size < s->peeked_length ? size : s->peeked_length;
	memcpy(data, s->peeked, *got);
	return XSR_OK;
}

/* Seeks, never past the end: lseek would do so and the next read would then say "end" as if all had been
 * there. */
static bool skip_seek(struct xsr_source *s, uint64_t size, uint64_t *skipped)
{
	uint64_t left = s->size - s->position;

	if (s->refused[WAY_SEEK] || (s->kind != IO_SEEKABLE && s->kind != IO_MEMORY))
		return false;
	/* Only here does it matter that the file may have grown since. */
	if (s->kind == IO_SEEKABLE && size > left) {
		if (!measure(s))
			return false;
		left = s->size - s->position;
	}
	if (size < left)
		left = size;
	if (s->kind == IO_SEEKABLE && lseek(s->fd, (off_t)left, SEEK_CUR) < 0)
		return false;
	*skipped += left;
	s->position += left;
	s->moved[WAY_SEEK] += left;
	return true;
}

/* Splices a pipe away until done, at its end, or refused: then reading does the rest and names the fault. */
static void skip_splice(struct xsr_source *s, uint64_t size, uint64_t *skipped)
{
	while (*skipped < size) {
		uint64_t left = size - *skipped;
		ssize_t n =
		    splice(s->fd, NULL, s->null_fd, NULL, left < PIPE_SIZE ? (size_t)left : PIPE_SIZE, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			io_wait(s->fd, POLLIN);
			continue;
		}
		if (n <= 0) {
			s->refused[WAY_SPLICE] = n < 0;
			return;
		}
		*skipped += (uint64_t)n;
		s->position += (uint64_t)n;
		s->moved[WAY_SPLICE] += (uint64_t)n;
	}
}

static enum xsr_status skip_read(struct xsr_source *s, uint64_t size, uint64_t *skipped,
    struct xsr_finding *error)
{
	uint8_t scratch[IO_CHUNK];
	size_t got = 1;

	while (*skipped < size && got) {
		uint64_t left = size - *skipped;
		enum xsr_status status = xsr_source_read(s, scratch,
		    left < sizeof(scratch) ? (size_t)left : sizeof(scratch), &got, error);

		if (status != XSR_OK)
			return status;
		*skipped += got;
		s->moved[WAY_MEMORY] += got;
	}
	return XSR_OK;
}

enum xsr_status xsr_source_skip(struct xsr_source *s, uint64_t size, uint64_t *skipped,
    struct xsr_finding *error)
{
	enum xsr_status status = source_detect(s, error);

	*skipped = 0;
	if (status != XSR_OK)
		return status;
	if (s->unpacker)
		return skip_read(s, size, skipped, error);
	*skipped = take_head(s, NULL, size);
	if (skip_seek(s, size - *skipped, skipped))
		return XSR_OK;
	if (s->kind == IO_PIPE && s->null_fd >= 0 && !s->refused[WAY_SPLICE])
		skip_splice(s, size, skipped);
	return skip_read(s, size, skipped, error);
}

bool xsr_source_read_at(void *source, uint64_t offset, void *data, size_t size)
{
	const struct xsr_source *s = source;
	uint8_t *to = data;

	if (s->unpacker || !s->detected || offset > s->size || size > s->size - offset)
		return false;
	if (s->kind == IO_MEMORY)
		memcpy(data, s->memory + offset, size);
	else if (s->kind != IO_SEEKABLE || s->refused[WAY_SEEK])
		return false;
	while (s->kind == IO_SEEKABLE && size) {
		ssize_t n = pread(s->fd, to, size, s->base + (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		to += n;
		offset += (uint64_t)n;
		size -= (size_t)n;
	}
	return true;
}

bool xsr_source_size(const struct xsr_source *s, uint64_t *size)
{
	if (s->has_size)
		*size = s->size;
	return s->has_size;
}

uint64_t xsr_source_position(const struct xsr_source *s)
{
	return s->position - (s->unpacker ? s->unpacker->left : 0);
}

const char *xsr_source_compression(const struct xsr_source *s)
{
	return s->unpacker ? s->unpacker->ops->name : NULL;
}

bool xsr_source_compressed(const struct xsr_source *s)
{
	return s->unpacker != NULL;
}
