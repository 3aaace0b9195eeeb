/* SPDX-License-Identifier: MIT */
/*
 * Legacy images, of Xen before 4.6: turned into a stream of today in a thread of their own, behind a pipe, so
 * that the feed reads them like any other.
 */
#ifndef XC_RESTORE_LEGACY_H
#define XC_RESTORE_LEGACY_H

#include <stdbool.h>

#include "xen-common/fault.h"

struct legacy;

/*
 * True if the input (a file or a pipe) begins as a legacy image does. Takes nothing from it. What is compressed
 * is not looked into.
 */
bool legacy_is(int fd);

/*
 * Starts to convert what fd has. *stream is where to read the result, to be closed by the caller. NULL and *fault
 * on failure.
 */
struct legacy *legacy_start(int fd, int *stream, struct fault *fault);

/* After the end of the stream: waits for the thread and frees. False and *fault if the conversion failed. */
bool legacy_finish(struct legacy *legacy, struct fault *fault);

#endif
