/* SPDX-License-Identifier: MIT */
/* What sources, sinks and the pump share; see <libstream/io.h> for what they are. */
#ifndef XSR_IO_IO_H
#define XSR_IO_IO_H

#include <libstream/io.h>

#include <zlib.h>

#include "findings.h"

/* Bytes moved at a time where they have to go through memory of ours. */
#define IO_CHUNK 65536u

/* Ways to get bytes past or across. A way that a kernel or file refuses is struck out and the next one is
 * taken. */
enum io_way {
	WAY_SEEK,       /* lseek over them */
	WAY_SPLICE,     /* splice, where one end is a pipe */
	WAY_COPY_RANGE, /* copy_file_range, from file to file */
	WAY_SENDFILE,   /* sendfile, from a file to anything */
	WAY_MEMORY,     /* read and write */
	WAY_COUNT
};

/* How a source gets its bytes. */
enum io_kind {
	IO_MEMORY,   /* the caller's memory */
	IO_SEEKABLE, /* regular file or block device */
	IO_PIPE,     /* pipe or FIFO */
	IO_OTHER,    /* socket, terminal, other devices: read() and nothing else */
};

/* First bytes that tell gzip: magic (2), method, flags. */
#define GZIP_HEAD 4u

/* Undoing of gzip in a source. */
struct gzip {
	z_stream z;              /* zlib's state */
	bool padding;            /* a member ended and zeros came behind it: nothing but zeros may follow */
	bool between;            /* no member is open: another one, padding or the end is next */
	uint8_t input[IO_CHUNK]; /* compressed bytes; z.next_in points into it */
};

struct xsr_source {
	enum io_kind kind;     /* see there */
	int fd;                /* -1 for memory */
	bool own;              /* close fd at the end */
	int null_fd;           /* /dev/null to splice a pipe away to, or -1 */
	const uint8_t *memory; /* the caller's, for IO_MEMORY */
	bool has_size;         /* size is known */
	uint64_t size;         /* bytes as stored, from where the source began */
	uint64_t position;     /* bytes as stored that were taken */
	off_t base;            /* offset in the file where the source began, for IO_SEEKABLE */

	bool detected;           /* head was looked at: gzip or not is known */
	uint8_t head[GZIP_HEAD]; /* first bytes, read to tell gzip */
	size_t head_length;      /* how many of them there are */
	size_t head_used;        /* how many were handed out */
	uint8_t peeked[XSR_PEEK_MAX]; /* bytes that were looked at ahead */
	size_t peeked_length;    /* how many there are */
	size_t peeked_used;      /* how many were handed out since */
	struct gzip *gzip;       /* NULL if the input is not compressed */

	bool refused[WAY_COUNT];   /* ways not to try (again); tests set them to force what is left */
	uint64_t moved[WAY_COUNT]; /* bytes skipped or moved by each way, for tests and benchmarks */
};

struct xsr_sink {
	int fd;            /* to write to */
	bool own;          /* close fd at the end */
	uint64_t position; /* bytes written */
};

/* Fills *error (which may be NULL) for a failed call; returns the status. */
enum xsr_status io_fail(struct xsr_finding *error, enum finding_id id, uint64_t offset, int sys_errno);

/* True if bytes that were read already are to be handed out before anything else. */
bool source_buffered(const struct xsr_source *s);

/* Waits until a non-blocking descriptor is ready for events (POLLIN, POLLOUT). */
void io_wait(int fd, short events);

/* Makes the pipe at fd hold more if it holds less than is good; whatever fd is, no failure matters. */
void io_enlarge_pipe(int fd);

/* read() of stored bytes: no gzip, no head. Same contract as xsr_source_read(). */
enum xsr_status source_read_raw(struct xsr_source *s, void *data, size_t size, size_t *got,
    struct xsr_finding *error);

/* Looks at the first bytes, once. After it s->gzip says whether the input is compressed. */
enum xsr_status source_detect(struct xsr_source *s, struct xsr_finding *error);

/*
 * Moves up to size bytes from source to sink by the cheapest way; *moved is less than size only at the end of
 * the input. The same errors as xsr_source_read() and xsr_sink_write().
 */
enum xsr_status source_move(struct xsr_source *s, struct xsr_sink *sink, uint64_t size, uint64_t *moved,
    struct xsr_finding *error);

/* For tests: take none of the ways that a descriptor could choose but this one and WAY_MEMORY. */
void source_force(struct xsr_source *s, enum io_way way);

/* Starts gzip; the bytes at head were read from the source already. NULL if memory is short. */
struct gzip *gzip_new(const uint8_t *head, size_t length);
void gzip_free(struct gzip *g);

/* Uncompresses; the contract of xsr_source_read(). */
enum xsr_status gzip_read(struct xsr_source *s, void *data, size_t size, size_t *got,
    struct xsr_finding *error);

/* True if these first bytes begin a gzip member. */
bool gzip_detect(const uint8_t *head, size_t length);

#endif
