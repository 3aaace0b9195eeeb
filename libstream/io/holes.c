/* SPDX-License-Identifier: MIT */
#include "io/holes.h"

#include <fcntl.h>
#include <unistd.h>

/* Smaller holes are not worth the calls. What is left of each is copied, so that the output always ends with data. */
#define LEAST 8192u
#define REST  4096u

bool holes_possible(const struct stat *st)
{
	return S_ISREG(st->st_mode) && st->st_blocks < st->st_size / 512;
}

/* Only behind the end of a regular file that is not appended to is there nothing where nothing is written. */
static bool at_the_end(int fd)
{
	int flags = fcntl(fd, F_GETFL);
	off_t here = lseek(fd, 0, SEEK_CUR);
	struct stat st;

	return flags >= 0 && !(flags & O_APPEND) && here >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    here >= st.st_size;
}

/* Finds out what is at `here`: sets the end of that piece of data, or returns how long the hole is. */
static uint64_t look(struct xsr_source *s, off_t here, size_t want)
{
	off_t data = lseek(s->fd, here, SEEK_DATA), end;

	if (data == here) {
		end = lseek(s->fd, here, SEEK_HOLE);
		s->data_end = end > here ? end : here + (off_t)want;
	}
	/* No data behind here is an error of its own: then the hole is longer than was asked. */
	if (lseek(s->fd, here, SEEK_SET) != here || data == here)
		return 0;
	return data > here && (uint64_t)(data - here) < want ? (uint64_t)(data - here) : want;
}

uint64_t holes_pass(struct xsr_source *s, struct xsr_sink *sink, size_t *want)
{
	off_t here = lseek(s->fd, 0, SEEK_CUR);
	uint64_t hole;

	if (here < 0)
		return 0;
	if (here >= s->data_end) {
		hole = look(s, here, *want);
		if (hole > s->size - s->position)
			hole = s->size - s->position;
		if (hole >= LEAST && at_the_end(sink->fd)) {
			hole -= REST;
			if (lseek(sink->fd, (off_t)hole, SEEK_CUR) >= 0 && lseek(s->fd, (off_t)hole, SEEK_CUR) >= 0)
				return hole;
			s->sparse = false;
			return 0;
		}
		if (hole)
			s->data_end = here + (off_t)(hole < LEAST ? hole : *want);
	}
	if (s->data_end > here && (uint64_t)(s->data_end - here) < *want)
		*want = (size_t)(s->data_end - here);
	return 0;
}
