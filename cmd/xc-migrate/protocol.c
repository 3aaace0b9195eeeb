/* SPDX-License-Identifier: MIT */
#include "protocol.h"

#include <stdio.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/*
 * The source. Up to LETGO every trouble ends with the guest running on; the receiver cannot run it without that word.
 * Behind it only the receiver knows: its RUNS and FAILED decide, and without either the guest is left paused. That
 * LETGO could not be written is known, too: it is short and written at once, so all or nothing of it went out.
 */
static const struct step source_steps[] = {
    {SRC_START, EV_BEGIN, ACT_SEND_HELLO, SRC_GREETED},

    {SRC_GREETED, EV_WELCOME, ACT_SAVE, SRC_COPYING},
    {SRC_GREETED, EV_FAILED, ACT_NONE, SRC_STAYS},
    {SRC_GREETED, EV_STRANGE, ACT_NONE, SRC_STAYS},
    {SRC_GREETED, EV_LOST, ACT_NONE, SRC_STAYS},
    {SRC_GREETED, EV_TIMEOUT, ACT_NONE, SRC_STAYS},
    {SRC_GREETED, EV_SIGNAL, ACT_NONE, SRC_STAYS},
    {SRC_GREETED, EV_UNDONE, ACT_NONE, SRC_STAYS},

    {SRC_COPYING, EV_READY, ACT_NONE, SRC_READY},
    {SRC_COPYING, EV_ASKED, ACT_NONE, SRC_WAITING},
    {SRC_COPYING, EV_FAILED, ACT_RESUME, SRC_RESUMING},
    {SRC_COPYING, EV_STRANGE, ACT_RESUME, SRC_RESUMING},
    {SRC_COPYING, EV_LOST, ACT_RESUME, SRC_RESUMING},
    {SRC_COPYING, EV_TIMEOUT, ACT_RESUME, SRC_RESUMING},
    {SRC_COPYING, EV_SIGNAL, ACT_RESUME, SRC_RESUMING},
    {SRC_COPYING, EV_BROKE, ACT_RESUME, SRC_RESUMING},

    {SRC_READY, EV_ASKED, ACT_SUSPEND, SRC_STANDING},
    {SRC_READY, EV_FAILED, ACT_RESUME, SRC_RESUMING},
    {SRC_READY, EV_STRANGE, ACT_RESUME, SRC_RESUMING},
    {SRC_READY, EV_LOST, ACT_RESUME, SRC_RESUMING},
    {SRC_READY, EV_TIMEOUT, ACT_RESUME, SRC_RESUMING},
    {SRC_READY, EV_SIGNAL, ACT_RESUME, SRC_RESUMING},
    {SRC_READY, EV_BROKE, ACT_RESUME, SRC_RESUMING},

    {SRC_WAITING, EV_READY, ACT_SUSPEND, SRC_STANDING},
    {SRC_WAITING, EV_FAILED, ACT_RESUME, SRC_RESUMING},
    {SRC_WAITING, EV_STRANGE, ACT_RESUME, SRC_RESUMING},
    {SRC_WAITING, EV_LOST, ACT_RESUME, SRC_RESUMING},
    {SRC_WAITING, EV_TIMEOUT, ACT_RESUME, SRC_RESUMING},
    {SRC_WAITING, EV_SIGNAL, ACT_RESUME, SRC_RESUMING},
    {SRC_WAITING, EV_BROKE, ACT_RESUME, SRC_RESUMING},

    {SRC_STANDING, EV_HELD, ACT_NONE, SRC_AHEAD},
    {SRC_STANDING, EV_SAVED, ACT_NONE, SRC_SENT},
    {SRC_STANDING, EV_FAILED, ACT_RESUME, SRC_RESUMING},
    {SRC_STANDING, EV_STRANGE, ACT_RESUME, SRC_RESUMING},
    {SRC_STANDING, EV_LOST, ACT_RESUME, SRC_RESUMING},
    {SRC_STANDING, EV_TIMEOUT, ACT_RESUME, SRC_RESUMING},
    {SRC_STANDING, EV_SIGNAL, ACT_RESUME, SRC_RESUMING},
    {SRC_STANDING, EV_BROKE, ACT_RESUME, SRC_RESUMING},

    {SRC_AHEAD, EV_SAVED, ACT_SEND_LETGO, SRC_LET_GO},
    {SRC_AHEAD, EV_FAILED, ACT_RESUME, SRC_RESUMING},
    {SRC_AHEAD, EV_STRANGE, ACT_RESUME, SRC_RESUMING},
    {SRC_AHEAD, EV_LOST, ACT_RESUME, SRC_RESUMING},
    {SRC_AHEAD, EV_TIMEOUT, ACT_RESUME, SRC_RESUMING},
    {SRC_AHEAD, EV_SIGNAL, ACT_RESUME, SRC_RESUMING},
    {SRC_AHEAD, EV_BROKE, ACT_RESUME, SRC_RESUMING},

    {SRC_SENT, EV_HELD, ACT_SEND_LETGO, SRC_LET_GO},
    {SRC_SENT, EV_FAILED, ACT_RESUME, SRC_RESUMING},
    {SRC_SENT, EV_STRANGE, ACT_RESUME, SRC_RESUMING},
    {SRC_SENT, EV_LOST, ACT_RESUME, SRC_RESUMING},
    {SRC_SENT, EV_TIMEOUT, ACT_RESUME, SRC_RESUMING},
    {SRC_SENT, EV_SIGNAL, ACT_RESUME, SRC_RESUMING},
    {SRC_SENT, EV_BROKE, ACT_RESUME, SRC_RESUMING},

    {SRC_LET_GO, EV_RUNS, ACT_DESTROY, SRC_DESTROYING},
    {SRC_LET_GO, EV_FAILED, ACT_RESUME, SRC_RESUMING},
    {SRC_LET_GO, EV_UNDONE, ACT_RESUME, SRC_RESUMING},
    {SRC_LET_GO, EV_STRANGE, ACT_KEEP, SRC_KEEPING},
    {SRC_LET_GO, EV_LOST, ACT_KEEP, SRC_KEEPING},
    {SRC_LET_GO, EV_TIMEOUT, ACT_KEEP, SRC_KEEPING},

    {SRC_RESUMING, EV_DONE, ACT_NONE, SRC_STAYS},
    {SRC_RESUMING, EV_UNDONE, ACT_NONE, SRC_STUCK},
    {SRC_DESTROYING, EV_DONE, ACT_NONE, SRC_GONE},
    {SRC_DESTROYING, EV_UNDONE, ACT_NONE, SRC_REST},
    {SRC_KEEPING, EV_DONE, ACT_NONE, SRC_DOUBT},
    {SRC_KEEPING, EV_UNDONE, ACT_NONE, SRC_DOUBT},
};

/*
 * The receiver. Up to LETGO every trouble ends with no copy: the source still has the guest, and knows that nothing
 * runs here. FAILED is a promise for ever, so it is given only when there is no copy any more.
 */
static const struct step receiver_steps[] = {
    {RCV_START, EV_HELLO, ACT_SEND_WELCOME, RCV_GREETING},
    {RCV_START, EV_STRANGE, ACT_SEND_FAILED, RCV_TELLING},
    {RCV_START, EV_LOST, ACT_NONE, RCV_NONE},
    {RCV_START, EV_TIMEOUT, ACT_NONE, RCV_NONE},
    {RCV_START, EV_SIGNAL, ACT_NONE, RCV_NONE},

    {RCV_GREETING, EV_DONE, ACT_RESTORE, RCV_HEAD},
    {RCV_GREETING, EV_UNDONE, ACT_NONE, RCV_NONE},

    {RCV_HEAD, EV_MADE, ACT_SEND_READY, RCV_FILLING},
    {RCV_HEAD, EV_STRANGE, ACT_REMOVE, RCV_REMOVING},
    {RCV_HEAD, EV_LOST, ACT_REMOVE, RCV_REMOVING},
    {RCV_HEAD, EV_TIMEOUT, ACT_REMOVE, RCV_REMOVING},
    {RCV_HEAD, EV_SIGNAL, ACT_REMOVE, RCV_REMOVING},
    {RCV_HEAD, EV_BROKE, ACT_REMOVE, RCV_REMOVING},

    {RCV_FILLING, EV_FILLED, ACT_SEND_HELD, RCV_HOLDING},
    {RCV_FILLING, EV_STRANGE, ACT_REMOVE, RCV_REMOVING},
    {RCV_FILLING, EV_LOST, ACT_REMOVE, RCV_REMOVING},
    {RCV_FILLING, EV_TIMEOUT, ACT_REMOVE, RCV_REMOVING},
    {RCV_FILLING, EV_SIGNAL, ACT_REMOVE, RCV_REMOVING},
    {RCV_FILLING, EV_BROKE, ACT_REMOVE, RCV_REMOVING},
    {RCV_FILLING, EV_UNDONE, ACT_REMOVE, RCV_REMOVING},

    {RCV_HOLDING, EV_LETGO, ACT_UNPAUSE, RCV_RELEASING},
    {RCV_HOLDING, EV_STRANGE, ACT_REMOVE, RCV_REMOVING},
    {RCV_HOLDING, EV_LOST, ACT_REMOVE, RCV_REMOVING},
    {RCV_HOLDING, EV_TIMEOUT, ACT_REMOVE, RCV_REMOVING},
    {RCV_HOLDING, EV_SIGNAL, ACT_REMOVE, RCV_REMOVING},
    {RCV_HOLDING, EV_UNDONE, ACT_REMOVE, RCV_REMOVING},

    {RCV_RELEASING, EV_DONE, ACT_SEND_RUNS, RCV_RUNNING},
    {RCV_RELEASING, EV_UNDONE, ACT_REMOVE, RCV_REMOVING},

    {RCV_REMOVING, EV_DONE, ACT_SEND_FAILED, RCV_TELLING},
    {RCV_REMOVING, EV_UNDONE, ACT_NONE, RCV_REST},
    {RCV_TELLING, EV_DONE, ACT_NONE, RCV_NONE},
    {RCV_TELLING, EV_UNDONE, ACT_NONE, RCV_NONE},
    {RCV_RUNNING, EV_DONE, ACT_NONE, RCV_RUNS},
    {RCV_RUNNING, EV_UNDONE, ACT_NONE, RCV_RUNS},
};

static const char *const source_names[] = {
    [SRC_START] = "start",
    [SRC_GREETED] = "greeted",
    [SRC_COPYING] = "copying",
    [SRC_READY] = "ready",
    [SRC_WAITING] = "waiting",
    [SRC_STANDING] = "standing",
    [SRC_AHEAD] = "ahead",
    [SRC_SENT] = "sent",
    [SRC_LET_GO] = "let go",
    [SRC_RESUMING] = "resuming",
    [SRC_DESTROYING] = "destroying",
    [SRC_KEEPING] = "keeping",
    [SRC_STAYS] = "STAYS",
    [SRC_GONE] = "GONE",
    [SRC_DOUBT] = "DOUBT",
    [SRC_REST] = "REST",
    [SRC_STUCK] = "STUCK",
};

static const char *const receiver_names[] = {
    [RCV_START] = "start",
    [RCV_GREETING] = "greeting",
    [RCV_HEAD] = "head",
    [RCV_FILLING] = "filling",
    [RCV_HOLDING] = "holding",
    [RCV_RELEASING] = "releasing",
    [RCV_REMOVING] = "removing",
    [RCV_TELLING] = "telling",
    [RCV_RUNNING] = "running",
    [RCV_RUNS] = "RUNS",
    [RCV_NONE] = "NONE",
    [RCV_REST] = "REST",
};

const struct protocol protocol_source = {.steps = source_steps,
    .count = COUNT(source_steps),
    .state_names = source_names,
    .states = SOURCE_STATES,
    .first_end = SRC_STAYS};

const struct protocol protocol_receiver = {.steps = receiver_steps,
    .count = COUNT(receiver_steps),
    .state_names = receiver_names,
    .states = RECEIVER_STATES,
    .first_end = RCV_RUNS};

const struct step *protocol_find(const struct protocol *protocol, unsigned state, enum event event)
{
	for (size_t i = 0; i < protocol->count; i++)
		if (protocol->steps[i].state == state && protocol->steps[i].event == event)
			return &protocol->steps[i];
	return NULL;
}

bool protocol_is_end(const struct protocol *protocol, unsigned state)
{
	return state >= protocol->first_end;
}

const char *protocol_event_name(enum event event)
{
	static const char *const names[EVENTS] = {
	    [EV_BEGIN] = "begin",
	    [EV_HELLO] = "HELLO",
	    [EV_LETGO] = "LETGO",
	    [EV_WELCOME] = "WELCOME",
	    [EV_READY] = "READY",
	    [EV_HELD] = "HELD",
	    [EV_RUNS] = "RUNS",
	    [EV_FAILED] = "FAILED",
	    [EV_STRANGE] = "strange",
	    [EV_LOST] = "lost",
	    [EV_TIMEOUT] = "time-out",
	    [EV_SIGNAL] = "signal",
	    [EV_ASKED] = "asked",
	    [EV_SAVED] = "saved",
	    [EV_MADE] = "made",
	    [EV_FILLED] = "filled",
	    [EV_BROKE] = "broke",
	    [EV_DONE] = "done",
	    [EV_UNDONE] = "not done",
	};

	return names[event];
}

const char *protocol_action_name(enum action action)
{
	static const char *const names[ACTIONS] = {
	    [ACT_NONE] = "-",
	    [ACT_SEND_HELLO] = "send HELLO",
	    [ACT_SEND_LETGO] = "send LETGO",
	    [ACT_SEND_WELCOME] = "send WELCOME",
	    [ACT_SEND_READY] = "send READY",
	    [ACT_SEND_HELD] = "send HELD",
	    [ACT_SEND_RUNS] = "send RUNS",
	    [ACT_SEND_FAILED] = "send FAILED",
	    [ACT_SAVE] = "save",
	    [ACT_SUSPEND] = "suspend",
	    [ACT_RESUME] = "resume",
	    [ACT_KEEP] = "keep",
	    [ACT_DESTROY] = "destroy",
	    [ACT_RESTORE] = "restore",
	    [ACT_UNPAUSE] = "unpause",
	    [ACT_REMOVE] = "remove",
	};

	return names[action];
}

/* True if row i goes on where row i - 1 left off: same state, same answer. */
static bool goes_on(const struct step *a, const struct step *b)
{
	return a->state == b->state && a->action == b->action && a->next == b->next;
}

void protocol_print(const struct protocol *protocol, void (*put)(const char *text))
{
	char line[160];

	put("| state | event | do | next |\n|---|---|---|---|\n");
	for (size_t i = 0; i < protocol->count;) {
		const struct step *first = &protocol->steps[i];

		snprintf(line, sizeof(line), "| %s | ", protocol->state_names[first->state]);
		put(line);
		put(protocol_event_name((enum event)first->event));
		for (i++; i < protocol->count && goes_on(first, &protocol->steps[i]); i++) {
			put(", ");
			put(protocol_event_name((enum event)protocol->steps[i].event));
		}
		snprintf(line, sizeof(line), " | %s | %s |\n",
		    protocol_action_name((enum action)first->action), protocol->state_names[first->next]);
		put(line);
	}
}
