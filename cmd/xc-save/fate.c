/* SPDX-License-Identifier: MIT */
#include "fate.h"

/* Exit statuses; xc-save(1) has the table. */
enum {
	STATUS_SAVED = 0,
	STATUS_STREAM = 1,
	STATUS_SYSTEM = 2,
	STATUS_UNSUSPENDED = 3,
	STATUS_STUCK = 4,
	STATUS_DEAD = 5,
	STATUS_AFTERWARDS = 6,
	STATUS_BUSY = 7,
};

void fate_after_failure(struct guest *guest, int timeout_s, struct save_outcome *outcome)
{
	/* Nobody may cut this short: a guest that stands still is worse than a tool that takes its time. */
	const struct patience patience = {.timeout_s = timeout_s, .wake_fds = {-1, -1}};
	const bool was_running = guest_state(guest) == GUEST_RUNNING;

	if (guest_resume(guest, &patience, &outcome->second))
		outcome->fate = was_running ? FATE_UNTOUCHED : FATE_RUNS;
	else
		outcome->fate = guest_state(guest) == GUEST_DEAD ? FATE_DEAD : FATE_STUCK;
}

void fate_after_success(struct guest *guest, enum save_then then, struct save_outcome *outcome)
{
	static const enum save_fate wanted[] = {FATE_DESTROYED, FATE_PAUSED, FATE_RUNS};
	const struct patience patience = {.timeout_s = 1, .wake_fds = {-1, -1}};
	bool done;

	switch (then) {
	case THEN_DESTROY:
		done = guest_destroy(guest, &outcome->second);
		break;
	case THEN_PAUSE:
		done = guest_hold(guest, &outcome->second);
		break;
	default:
		done = guest_resume(guest, &patience, &outcome->second);
		break;
	}
	outcome->fate = done ? wanted[then] : FATE_STUCK;
}

int fate_exit_status(const struct save_outcome *outcome)
{
	if (outcome->saved)
		return outcome->fate == FATE_STUCK ? STATUS_AFTERWARDS : STATUS_SAVED;
	/* The guest's trouble is worse news than whatever led to it. */
	if (outcome->fate == FATE_STUCK)
		return STATUS_STUCK;
	if (outcome->fate == FATE_DEAD)
		return STATUS_DEAD;
	switch (outcome->fault.kind) {
	case FAULT_STREAM:
		return STATUS_STREAM;
	case FAULT_UNSUSPENDED:
		return STATUS_UNSUSPENDED;
	case FAULT_DIED:
		return STATUS_DEAD;
	case FAULT_BUSY:
		return STATUS_BUSY;
	default:
		return STATUS_SYSTEM;
	}
}

int fate_resume_status(const struct save_outcome *outcome)
{
	if (outcome->fault.kind)
		return STATUS_SYSTEM;
	if (outcome->fate == FATE_DEAD)
		return STATUS_DEAD;
	return outcome->fate == FATE_STUCK ? STATUS_STUCK : STATUS_SAVED;
}

const char *save_fate_name(enum save_fate fate)
{
	static const char *const names[] = {"untouched", "running", "paused", "destroyed", "stuck", "dead"};

	return names[fate];
}
