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

/* How long the guest has to stand still for a device model that does not answer. */
#define MODEL_PATIENCE_S 5

static struct device_model *stopped_model(struct guest *guest)
{
	struct fault ignored = {0};
	struct device_model *model =
	    guest_facts(guest)->type == DOMAIN_HVM ? guest_device_model(guest, &ignored) : NULL;

	return model && device_model_stopped(model) ? model : NULL;
}

/*
 * The device model first, or the guest would wait for it; but the guest also without it: it may get along, and the
 * device model may only be slow. *late is set if it is not going on in the end.
 */
static bool run_on(struct guest *guest, const struct patience *patience, bool *late, struct fault *fault)
{
	struct device_model *model = stopped_model(guest);
	struct fault first = {0};
	const int brief = patience->timeout_s < MODEL_PATIENCE_S ? patience->timeout_s : MODEL_PATIENCE_S;
	bool slow = model && !device_model_continue(model, brief, &first);
	bool done = guest_resume(guest, patience, fault);

	*late = slow && !device_model_continue(model, patience->timeout_s, fault);
	return done;
}

bool fate_is_running(enum save_fate fate)
{
	return fate == FATE_UNTOUCHED || fate == FATE_RUNS || fate == FATE_MODELLESS;
}

void fate_after_failure(struct guest *guest, int timeout_s, struct save_outcome *outcome)
{
	/* Nobody may cut this short: a guest that stands still is worse than a tool that takes its time. */
	const struct patience patience = {.timeout_s = timeout_s, .wake_fds = {-1, -1}};
	const bool was_running = guest_state(guest) == GUEST_RUNNING;
	bool late;

	if (run_on(guest, &patience, &late, &outcome->second))
		outcome->fate = late ? FATE_MODELLESS : was_running ? FATE_UNTOUCHED : FATE_RUNS;
	else
		outcome->fate = guest_state(guest) == GUEST_DEAD ? FATE_DEAD : FATE_STUCK;
}

void fate_after_success(struct guest *guest, enum save_then then, struct save_outcome *outcome)
{
	static const enum save_fate wanted[] = {FATE_DESTROYED, FATE_PAUSED, FATE_RUNS};
	const struct patience patience = {.timeout_s = MODEL_PATIENCE_S, .wake_fds = {-1, -1}};
	bool done, late = false;

	switch (then) {
	case THEN_DESTROY:
		done = guest_destroy(guest, &outcome->second);
		break;
	case THEN_PAUSE:
		/* The device model stays stopped with its disks released; unpausing is also what lets it go on. */
		done = guest_hold(guest, &outcome->second);
		break;
	default:
		done = run_on(guest, &patience, &late, &outcome->second);
		break;
	}
	outcome->fate = late ? FATE_MODELLESS : done ? wanted[then] : FATE_STUCK;
}

int fate_exit_status(const struct save_outcome *outcome)
{
	if (outcome->ended && outcome->fate == FATE_RUNS)
		return STATUS_SAVED;
	if (outcome->saved)
		return outcome->fate == FATE_STUCK || outcome->fate == FATE_MODELLESS ? STATUS_AFTERWARDS
		                                                                      : STATUS_SAVED;
	/* The guest's trouble is worse news than whatever led to it. */
	if (outcome->fate == FATE_STUCK || outcome->fate == FATE_MODELLESS)
		return STATUS_STUCK;
	if (outcome->fate == FATE_DEAD)
		return STATUS_DEAD;
	switch (outcome->fault.kind) {
	case FAULT_STREAM:
		return STATUS_STREAM;
	case FAULT_UNSUSPENDED:
	case FAULT_REFUSED:
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
	return fate_is_running(outcome->fate) && outcome->fate != FATE_MODELLESS ? STATUS_SAVED
	                                                                         : STATUS_STUCK;
}

const char *save_fate_name(enum save_fate fate)
{
	static const char *const names[] = {
	    "untouched", "running", "paused", "destroyed", "stuck", "dead", "modelless"};

	return names[fate];
}
