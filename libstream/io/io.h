/* SPDX-License-Identifier: MIT */
/* What sources, sinks and the pump share; see <libstream/io.h> for what they are. */
#ifndef XSR_IO_IO_H
#define XSR_IO_IO_H

#include <libstream/io.h>

#include <sys/types.h>

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

/* First bytes that tell how an input is compressed. */
#define PACKED_HEAD 4u

struct unpacker;

/* A form of compression. */
struct unpacker_ops {
	const char *name; /* of the form */
	/* Behind a part, with a byte of input at least: begins the next one, or passes over what is none. */
	enum xsr_status (*open)(struct xsr_source *s, struct xsr_finding *error);
	/*
	 * Undoes some, and says in `between` whether the part is at its end. *got may be 0, where more input is
	 * needed, and it may be more with a failure, which then comes again. Bytes may be held back where the
	 * output is full; they come without more input.
	 */
	enum xsr_status (*some)(struct xsr_source *s, void *data, size_t size, size_t *got,
	    struct xsr_finding *error);
	void (*free)(struct unpacker *u);
};

/*
 * Undoing of compression in a source. The compressed data comes in parts that stand by themselves (members, frames),
 * one behind the other; behind them may be the zeros that tapes and block devices leave.
 */
struct unpacker {
	const struct unpacker_ops *ops; /* of the form */
	bool between;                   /* no part is open: another one, zeros or the end is next */
	bool padding;                   /* zeros came behind a part: nothing but zeros may follow */
	const uint8_t *next;            /* of the compressed bytes in input[] that are not used */
	size_t left;                    /* how many */
	uint8_t input[IO_CHUNK];        /* compressed bytes */
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
	bool sparse;           /* it has holes, perhaps */
	off_t data_end;        /* then: up to here it has none, or none worth while */

	bool detected;           /* head was looked at: compressed or not is known */
	uint8_t head[PACKED_HEAD]; /* first bytes, read to tell that */
	size_t head_length;      /* how many of them there are */
	size_t head_used;        /* how many were handed out */
	uint8_t peeked[XSR_PEEK_MAX]; /* bytes that were looked at ahead */
	size_t peeked_length;    /* how many there are */
	size_t peeked_used;      /* how many were handed out since */
	uint64_t max_expansion;    /* compressed input may unpack to so many times its size; 0: to any */
	struct unpacker *unpacker; /* NULL if the input is not compressed */

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

/* read() of stored bytes: not unpacked, no head. Same contract as xsr_source_read(). */
enum xsr_status source_read_raw(struct xsr_source *s, void *data, size_t size, size_t *got,
    struct xsr_finding *error);

/* Looks at the first bytes, once. After it s->unpacker says whether the input is compressed. */
enum xsr_status source_detect(struct xsr_source *s, struct xsr_finding *error);

/*
 * Moves up to size bytes from source to sink by the cheapest way; *moved is less than size only at the end of
 * the input. The same errors as xsr_source_read() and xsr_sink_write().
 */
enum xsr_status source_move(struct xsr_source *s, struct xsr_sink *sink, uint64_t size, uint64_t *moved,
    struct xsr_finding *error);

/* For tests: take none of the ways that a descriptor could choose but this one and WAY_MEMORY. */
void source_force(struct xsr_source *s, enum io_way way);

/* The first byte of each gzip'd member. */
#define GZIP_MAGIC_0 0x1fu

/*
 * unpack.c: what the forms share. Reading, with the contract of xsr_source_read(); for the forms, passing over zeros
 * behind a part, up to the beginning of the next one, of which this is the first byte, and telling of damage.
 */
enum xsr_status unpack_read(struct xsr_source *s, void *data, size_t size, size_t *got,
    struct xsr_finding *error);
enum xsr_status unpack_between(struct xsr_source *s, uint8_t first, struct xsr_finding *error);
enum xsr_status unpack_damaged(struct xsr_source *s, enum xsr_status status, const char *what,
    struct xsr_finding *error);

/* The same for both: true if these first bytes are of the form, which are already read and given to its beginning. */
bool gzip_detect(const uint8_t *head, size_t length);
bool zstd_detect(const uint8_t *head, size_t length);

/* NULL if memory is short. Which of several there are depends on the libraries that were there for the build. */
struct unpacker *gzip_new(void);
struct unpacker *zstd_new(void);

#endif
