/* SPDX-License-Identifier: MIT */
/*
 * Compression of the output, behind the verifier: a pipe whose reader compresses what comes on all processors and
 * writes it where the stream would have gone. gzip output is one member, as gzip(1) itself writes it.
 */
#ifndef XC_SAVE_COMPRESS_H
#define XC_SAVE_COMPRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "xen-common/fault.h"

enum compress_method {
	COMPRESS_NONE,
	COMPRESS_GZIP,
	COMPRESS_ZSTD,
};

/* What the user asked for. */
struct compression {
	enum compress_method method; /* NONE by default */
	int level;                   /* the method's own scale */
};

/*
 * Understands "gzip", "zstd", "gzip:LEVEL", "zstd:LEVEL", "LEVEL" (of gzip) and NULL (gzip). The default levels are
 * the fast ones, since the guest may stand still meanwhile: gzip 1, zstd 3. NULL, or what is wrong with the text.
 */
const char *compress_parse(const char *text, struct compression *compression);

struct compressor;

/*
 * Starts to compress into output_fd, which stays the caller's. *input_fd is the pipe to write to; it is the
 * compressor's, and closed by compressor_finish() or compressor_free(). NULL and *fault on failure.
 */
struct compressor *compressor_start(const struct compression *how, int output_fd, int *input_fd,
    struct fault *fault);

/* All was written to the pipe: waits until everything is compressed and written. May wait for the output's reader. */
bool compressor_finish(struct compressor *compressor, struct fault *fault);

/* What went wrong so far, if anything: a writer whose pipe broke asks for the reason. True if *fault was filled. */
bool compressor_fault(struct compressor *compressor, struct fault *fault);

/* Bytes written to the output; at any time. */
uint64_t compressor_bytes(const struct compressor *compressor);

/*
 * Frees it. One that was not finished is stopped where it is, without an end that would look good; one that is stuck in
 * a write is left to the end of the process. NULL is allowed.
 */
void compressor_free(struct compressor *compressor);

#endif
