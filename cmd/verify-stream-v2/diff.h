/* SPDX-License-Identifier: MIT */
#ifndef XSR_VERIFY_STREAM_DIFF_H
#define XSR_VERIFY_STREAM_DIFF_H

#include "verify-stream-v2/options.h"

/* --diff: says in what the two operands differ. Returns an exit status: 0 in nothing, 1 in something, 2 trouble. */
int diff(const struct options *options);

#endif
