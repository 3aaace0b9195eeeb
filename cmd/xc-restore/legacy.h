/* SPDX-License-Identifier: MIT */
/*
 * Legacy images, of Xen before 4.6: turned into a stream of today in a thread of their own, behind a pipe, so
 * that the feed reads them like any other.
 */
#ifndef XC_RESTORE_LEGACY_H
#define XC_RESTORE_LEGACY_H

#include <stdbool.h>

#include <libstream/io.h>

#include "xen-common/fault.h"

struct legacy;

/* True if the input, its compression undone, begins as a legacy image does. Takes nothing from it. */
bool legacy_is(struct xsr_source *source);

/*
 * Starts to convert what the source has, which it frees in any case. *stream is where to read the result, to be
 * closed by the caller. NULL and *fault on failure.
 */
struct legacy *legacy_start(struct xsr_source *source, int *stream, struct fault *fault);

/* After the end of the stream: waits for the thread and frees. False and *fault if the conversion failed. */
bool legacy_finish(struct legacy *legacy, struct fault *fault);

#endif
