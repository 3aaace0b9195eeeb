/* SPDX-License-Identifier: MIT */
#ifndef XSR_VERIFY_STREAM_VERIFY_H
#define XSR_VERIFY_STREAM_VERIFY_H

#include "verify-stream-v2/options.h"

/*
 * Verifies one input: "-" is standard input, and if digits_are_fd a number is an open descriptor. Says all
 * that is to be said about it and returns an exit status.
 */
int verify_input(const struct options *options, const char *name, bool digits_are_fd);

#endif
