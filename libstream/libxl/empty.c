/* SPDX-License-Identifier: MIT */
/* END, LIBXC_CONTEXT and CHECKPOINT_END: specs/libxl-stream.md §4.1, §4.2, §4.5. They have no body. */
#include "libxl/empty.h"

#define EMPTY(number)                                                                                                \
	{                                                                                                            \
		.layer = XSR_LAYER_LIBXL, .type = (number), .guests = GUEST_ANY, .multiple = 1,                      \
		.bad_length = F_RECORD_LENGTH                                                                        \
	}

const struct record_family libxl_end_family = EMPTY(XSR_LIBXL_END);
const struct record_family libxc_context_family = EMPTY(XSR_LIBXL_LIBXC_CONTEXT);
const struct record_family checkpoint_end_family = EMPTY(XSR_LIBXL_CHECKPOINT_END);
