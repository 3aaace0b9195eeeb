/* SPDX-License-Identifier: MIT */
/*
 * Walks through everything that can happen to the two state machines of xc-migrate: each message lost, doubled,
 * delayed or overtaken, each side killed between any two steps, each direction of the connection cut, each action
 * failing, each timer running out, signals, at every state.
 */
#ifndef TESTS_MIGRATE_MODEL_H
#define TESTS_MIGRATE_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "xc-migrate/protocol.h"

struct model {
	const struct protocol *source;   /* machines under test */
	const struct protocol *receiver; /* the other */
	bool faults;                     /* let things go wrong */
};

struct model_result {
	size_t worlds; /* different ones that were seen */
	size_t ends;   /* of them, those in which nothing more happens */
	size_t good, stays,
	    in_doubt;      /* ends: it runs there; it runs here; it is paused, and somebody must look */
	const char *wrong; /* what was violated first, NULL if nothing was */
	char trace[8000];  /* the way there, line by line */
	bool used[2][256]; /* rows of the tables that were taken */
};

/* Explores until nothing is new or something is wrong. */
void model_run(const struct model *model, struct model_result *result);

#endif
