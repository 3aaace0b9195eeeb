/* SPDX-License-Identifier: MIT */
/* Holes of a sparse file, which become holes of the file that is written instead of zeros on disk. */
#ifndef XSR_IO_HOLES_H
#define XSR_IO_HOLES_H

#include <sys/stat.h>

#include "io/io.h"

/* True if a file takes less room than it has bytes. */
bool holes_possible(const struct stat *st);

/*
 * For a source that is sparse, where *want bytes are next: goes over a hole in both and returns its length, less than
 * *want; or returns 0, and *want is at most what there is of data.
 */
uint64_t holes_pass(struct xsr_source *s, struct xsr_sink *sink, size_t *want);

#endif
