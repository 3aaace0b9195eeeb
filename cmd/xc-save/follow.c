/* SPDX-License-Identifier: MIT */
#include "follow.h"

#include <errno.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Not in the linux/magic.h of older systems. */
#ifndef XFS_SUPER_MAGIC
#define XFS_SUPER_MAGIC 0x58465342
#endif

/* Behind page data mostly come the next batch's header and frame numbers: they fit. */
#define CHUNK 12288u

/*
 * Those that are known to have all that is written go by way of the page cache. Others (FUSE, 9P) may take the
 * writer's pages themselves.
 */
static bool copies_pages(int file_fd)
{
	struct statfs fs;

	if (fstatfs(file_fd, &fs) != 0)
		return false;
	switch ((unsigned long)fs.f_type) {
	case TMPFS_MAGIC:
	case RAMFS_MAGIC:
	case EXT4_SUPER_MAGIC: /* and ext2, ext3 */
	case XFS_SUPER_MAGIC:
	case BTRFS_SUPER_MAGIC:
	case F2FS_SUPER_MAGIC:
		return true;
	default:
		return false;
	}
}

int follow_watch(int file_fd)
{
	char path[32];
	int fd;

	if (!copies_pages(file_fd))
		return -1;
	fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (fd < 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file_fd);
	if (inotify_add_watch(fd, path, IN_MODIFY) >= 0)
		return fd;
	close(fd);
	return -1;
}

/* Page data up to size; nobody looks at it. */
static void pass_over(const struct follow *f, uint64_t size)
{
	uint64_t left = size - xsr_decoder_offset(f->decoder), n = xsr_decoder_skippable(f->decoder);

	(void)xsr_decoder_skip(f->decoder, n < left ? n : left);
	f->tick(f->context, xsr_decoder_offset(f->decoder));
}

/* Bytes up to the next page data, which need not be read. False: the consumer or the decoder has enough. */
static bool decode(const struct follow *f, const uint8_t *data, size_t size)
{
	const struct xsr_event *e;
	size_t used;

	do {
		if (xsr_decoder_feed(f->decoder, data, size, &used, &e) != XSR_OK)
			return false;
		data += used;
		size -= used;
		if (e && !f->event(f->context, e))
			return false;
		f->tick(f->context, xsr_decoder_offset(f->decoder));
	} while (e && !xsr_decoder_skippable(f->decoder));
	return true;
}

/* All that is there, size bytes. False: that was enough, or *fault has the reason. */
static bool catch_up(const struct follow *f, uint64_t size, struct fault *fault)
{
	uint8_t buffer[CHUNK];

	for (;;) {
		const uint64_t offset = xsr_decoder_offset(f->decoder);
		const uint64_t left = size - offset;
		ssize_t n;

		if (offset >= size)
			return true;
		if (xsr_decoder_skippable(f->decoder)) {
			pass_over(f, size);
			continue;
		}
		n = pread(f->file_fd, buffer, left < sizeof(buffer) ? (size_t)left : sizeof(buffer),
		    (off_t)offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fault_errno(fault, FAULT_SYSTEM, "cannot read back the output");
		if (n == 0)
			return fault_set(fault, FAULT_SYSTEM,
			    "the output was cut off at byte %llu while it was written", (unsigned long long)offset);
		if (!decode(f, buffer, (size_t)n))
			return false;
	}
}

/* For more of it. False: there will be no more. */
static bool await_growth(const struct follow *f)
{
	struct pollfd fds[2] = {{.fd = f->growth_fd, .events = POLLIN}, {.fd = f->end_fd, .events = POLLIN}};
	char news[4096];

	while (poll(fds, 2, -1) < 0)
		if (errno != EINTR)
			return false;
	/* What they say is known: that it has grown. */
	(void)!read(f->growth_fd, news, sizeof(news));
	return !fds[1].revents;
}

bool follow_run(const struct follow *f, struct fault *fault)
{
	bool more = true;
	struct stat st;

	for (;;) {
		if (fstat(f->file_fd, &st) != 0)
			return fault_errno(fault, FAULT_SYSTEM, "cannot read back the output");
		if (!catch_up(f, (uint64_t)st.st_size, fault))
			return fault->kind == FAULT_NONE;
		if (!more)
			return true;
		f->waits(f->context, xsr_decoder_offset(f->decoder));
		more = await_growth(f);
	}
}
