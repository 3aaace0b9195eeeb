/* SPDX-License-Identifier: MIT */
/* One conversion, or a look at an image. */
#ifndef XSR_CMD_CONVERT_CONVERT_H
#define XSR_CMD_CONVERT_CONVERT_H

#include "convert-legacy-stream/options.h"

/* Returns the exit status. */
int convert_input(struct options *options);

#endif
