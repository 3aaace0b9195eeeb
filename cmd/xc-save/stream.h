/* SPDX-License-Identifier: MIT */
/*
 * The stream on its way from the engine to the output: our own layers before and behind it, and the
 * verifier in the middle. It moves in a thread of its own, because a reader that is slow or stuck must not
 * keep the main thread from looking after the guest; a thread that does not come back is left behind when
 * the process exits.
 */
#ifndef XC_SAVE_STREAM_H
#define XC_SAVE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libstream/format.h>

#include "xen-common/fault.h"

#include "compress.h"

/* Lines about the stream kept for the user; more are only counted. */
#define STREAM_LINES 8

struct stream;

struct stream_setup {
	enum xsr_format format;         /* XL, LIBXL or LIBXC */
	const char *config;             /* for XL: the configuration; must outlive the stream */
	size_t config_size;             /* its bytes, the NUL included */
	int engine_fd;                  /* read until its end; closed by the stream */
	int growth_fd;                  /* of stream_begin_file(), else -1; closed by the stream */
	int output_fd;                  /* written; stays the caller's */
	uint64_t bandwidth;             /* bytes of the engine's a second at most, 0 for any */
	struct compression compression; /* what becomes of the bytes behind the verifier */
};

/* What comes behind the engine's image, for the device model of an HVM guest. */
struct stream_tail {
	int state_fd;        /* file with its state, at its beginning; -1 for none */
	uint64_t state_size; /* bytes there */
	const char *nodes;   /* its nodes in xenstore, NULL for none; must outlive the stream */
	size_t nodes_size;   /* bytes there */
};

/*
 * For an output that is a file of our own, before there is an engine: lets it write there itself, if that is possible
 * (nothing is to be compressed or slowed down, and see follow_watch()). Then growth_fd is set, our headers are written,
 * and the engine goes on behind them. That it is not possible is no failure. False and *fault if the headers could not
 * be written.
 */
bool stream_begin_file(struct stream_setup *setup, struct fault *fault);

/* Prepares a stream; nothing is read or written yet. NULL and *fault on failure. */
struct stream *stream_new(const struct stream_setup *setup, struct fault *fault);

/* Starts the first part: our headers, then all that the engine writes. */
bool stream_start_body(struct stream *stream, struct fault *fault);

/*
 * Starts the second part, once the engine reported success: the device model's records, the closing record, the
 * verdict, and for a file its way to the disk. The first part must have been joined.
 */
bool stream_start_tail(struct stream *stream, const struct stream_tail *tail, struct fault *fault);

/* Readable when the part that was started is over, well or badly. */
int stream_fd(const struct stream *stream);

/* Waits for the part to be over; false if it is still stuck after patience_ms. */
bool stream_join(struct stream *stream, int patience_ms);

/* After a join: true if all is well so far, else *fault has the reason. */
bool stream_result(const struct stream *stream, struct fault *fault);

/* Bytes of the stream so far, and bytes that went to the output (compressed, if asked for); at any time. */
uint64_t stream_bytes(const struct stream *stream);
uint64_t stream_stored(const struct stream *stream);

/*
 * While the engine is silent, in the first part: true once all that it wrote went to the output. Then
 * stream_bytes() is exact.
 */
bool stream_is_idle(const struct stream *stream);

/* Checkpoints that are good and went to the output, and the bytes up to the end of the last one. At any time. */
uint64_t stream_checkpoints(const struct stream *stream);
uint64_t stream_checkpoint_end(const struct stream *stream);

/* Brings what was written so far to the disk, so that little is left to be done for the end. */
void stream_flush(struct stream *stream);

/* After a join: what the verifier said, line by line; NULL past the end. */
const char *stream_line(const struct stream *stream, unsigned index);

/* Frees a stream that is not running; one that is stuck is leaked on purpose. NULL is allowed. */
void stream_free(struct stream *stream);

#endif
