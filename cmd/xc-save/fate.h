/* SPDX-License-Identifier: MIT */
/* What becomes of the guest, and the exit status that says so. */
#ifndef XC_SAVE_FATE_H
#define XC_SAVE_FATE_H

#include "guest.h"
#include "saver.h"

/*
 * After a failure: makes the guest run on. Notes in outcome where it is then, and in outcome->second why it
 * is not.
 */
void fate_after_failure(struct guest *guest, int timeout_s, struct save_outcome *outcome);

/* True if the guest runs, be it without its device model. */
bool fate_is_running(enum save_fate fate);

/* After a good save: does what was asked for. If that fails, the guest is left as it is. */
void fate_after_success(struct guest *guest, enum save_then then, struct save_outcome *outcome);

/* Exit status of the tool: see the table in xc-save(1). */
int fate_exit_status(const struct save_outcome *outcome);

/* The same for --resume. */
int fate_resume_status(const struct save_outcome *outcome);

#endif
