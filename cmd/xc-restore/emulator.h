/* SPDX-License-Identifier: MIT */
/*
 * The device model's state, on its way from the image to a file. A checkpointed image has one in each checkpoint, and
 * which one counts is known only when the checkpoint is complete: until then it lies in the file behind the one before.
 */
#ifndef XC_RESTORE_EMULATOR_H
#define XC_RESTORE_EMULATOR_H

#include <libstream/decoder.h>

#include "xen-common/fault.h"

struct emulator_state {
	int fd;             /* the file, the caller's; -1 for nowhere */
	uint32_t id;        /* kind of device model (XSR_EMULATOR_*) */
	uint64_t size;      /* bytes of the state that counts, at the front of the file */
	bool pending;       /* there is one that does not count yet */
	uint32_t next_id;   /* its kind */
	uint64_t next_size; /* its bytes so far, behind the other one's */
};

/* Takes a piece of an EMULATOR_CONTEXT body. */
bool emulator_piece(struct emulator_state *state, const struct xsr_event *event, struct fault *fault);

/* What is pending counts from now on; if nothing is, there is no state. */
bool emulator_commit(struct emulator_state *state, struct fault *fault);

/* What is pending never will. */
bool emulator_drop(struct emulator_state *state, struct fault *fault);

#endif
