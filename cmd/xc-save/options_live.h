/* SPDX-License-Identifier: MIT */
/* The part of the command line that is about guests which run while they are saved. */
#ifndef XC_SAVE_OPTIONS_LIVE_H
#define XC_SAVE_OPTIONS_LIVE_H

#include <argp.h>

#include "saver.h"

/* What was asked for, before defaults. Zero it and pass it as the child's input. */
struct live_options {
	struct save_request *request; /* filled in the end */
	bool given;                   /* any option that makes no sense without --live */
	bool bandwidth_given;         /* --bandwidth */
	struct live_limits limits;    /* as far as they were given; 0 for not */
};

/* For struct argp_child; its input is a struct live_options. */
extern const struct argp live_argp;

/* After all options: checks that they go together, and fills the request. Ends the program on an error. */
void live_options_finish(struct live_options *options, struct argp_state *state);

#endif
