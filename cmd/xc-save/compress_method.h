/* SPDX-License-Identifier: MIT */
/* Between compress.c and the methods: what a method reads from, writes to, and when it is to stop. */
#ifndef XC_SAVE_COMPRESS_METHOD_H
#define XC_SAVE_COMPRESS_METHOD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compress.h"

/* Most processors that are put to work. */
#define COMPRESS_THREADS_MAX 16u

/* Fills data as far as the stream goes; less than size only at its end. False: the compressor was told to stop. */
bool compressor_read(struct compressor *compressor, void *data, size_t size, size_t *got);

/* Writes compressed bytes. False: that failed and is noted, or it was told to stop. */
bool compressor_write(struct compressor *compressor, const void *data, size_t size);

/* Notes a failure of the method itself; false. */
bool compressor_fail(struct compressor *compressor, const char *what);

/* Processors to use, from 1 to COMPRESS_THREADS_MAX. */
unsigned compressor_threads(void);

/* A whole stream. False: it failed or was told to stop. */
bool compress_gzip(struct compressor *compressor, int level);
bool compress_zstd(struct compressor *compressor, int level);

/* The highest level; the lowest is 1. 0: the method is not built in. */
extern const int compress_gzip_levels;
extern const int compress_zstd_levels;

#endif
