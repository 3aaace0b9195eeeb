/* SPDX-License-Identifier: MIT */
#ifndef XSR_VERIFY_STREAM_INPUT_H
#define XSR_VERIFY_STREAM_INPUT_H

#include <stdbool.h>

#include <libstream/io.h>

/*
 * Opens an input: "-" is standard input, and if digits_are_fd a number is an open descriptor. Sets *shown to its name
 * for messages. NULL if it cannot be opened, which it says.
 */
struct xsr_source *input_open(const char *name, bool digits_are_fd, const char **shown);

#endif
