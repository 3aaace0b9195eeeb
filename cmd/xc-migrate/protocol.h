/* SPDX-License-Identifier: MIT */
/*
 * Who may do what when in a migration: two state machines, one a side, each one table and nothing else. They read
 * and write nothing; the program tells them what happened and does what they say, and a test walks through all that
 * can happen to them. specs/migration-protocol.md is the text to it; its tables are printed from these.
 */
#ifndef XC_MIGRATE_PROTOCOL_H
#define XC_MIGRATE_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>

/* What happens to a side. */
enum event {
	EV_BEGIN, /* the program was started */
	/* Messages of the source. */
	EV_HELLO, /* a migration is wanted */
	EV_LETGO, /* the source has let go of the guest */
	/* Messages of the receiver. */
	EV_WELCOME, /* the stream may come */
	EV_READY,   /* the head of the stream was read and a domain made for it */
	EV_HELD,    /* the whole guest is here, verified, in a paused domain */
	EV_RUNS,    /* it runs */
	EV_FAILED,  /* there is no copy, and none will run */
	/* The connection and the world. */
	EV_STRANGE, /* a message that cannot be one of these */
	EV_LOST,    /* the other side is gone, or cannot be written to */
	EV_TIMEOUT, /* nothing came for too long */
	EV_SIGNAL,  /* the user wants an end */
	/* The work on the guest. */
	EV_ASKED,  /* the saver wants the guest to stand still */
	EV_SAVED,  /* the stream is written, whole and verified; the guest stands still */
	EV_MADE,   /* there is a domain, empty */
	EV_FILLED, /* it is full, and the image was good */
	EV_BROKE,  /* saving or restoring failed */
	EV_DONE,   /* the last action succeeded */
	EV_UNDONE, /* it did not */
	EVENTS,
};

/* What a side is to do then. */
enum action {
	ACT_NONE,
	/* Send a message. */
	ACT_SEND_HELLO,
	ACT_SEND_LETGO,
	ACT_SEND_WELCOME,
	ACT_SEND_READY,
	ACT_SEND_HELD,
	ACT_SEND_RUNS,
	ACT_SEND_FAILED,
	/* Source: the guest. */
	ACT_SAVE,    /* begin to write the stream; the guest runs */
	ACT_SUSPEND, /* let the saver have it stand still */
	ACT_RESUME,  /* stop saving; have the guest run on, whatever was done to it */
	ACT_KEEP,    /* leave it paused */
	ACT_DESTROY, /* destroy it */
	/* Receiver: the copy. */
	ACT_RESTORE, /* begin to read the stream */
	ACT_UNPAUSE, /* let the copy run */
	ACT_REMOVE,  /* stop restoring; remove what there is of a copy */
	ACTIONS,
};

/* The source's states. */
enum source_state {
	SRC_START,      /* nothing was done */
	SRC_GREETED,    /* HELLO is sent */
	SRC_COPYING,    /* the stream is being written, the guest runs */
	SRC_READY,      /* the same, and the receiver has a domain for it */
	SRC_WAITING,    /* the saver wants the guest to stand still, the receiver is not ready */
	SRC_STANDING,   /* the guest stands still, the rest of the stream is being written */
	SRC_AHEAD,      /* the same, and the receiver has all of it already */
	SRC_SENT,       /* the stream is written */
	SRC_LET_GO,     /* LETGO is sent, or may have been */
	SRC_RESUMING,   /* the guest is being resumed */
	SRC_DESTROYING, /* it is being destroyed */
	SRC_KEEPING,    /* it is being left paused */
	SRC_STAYS,      /* end: the guest runs here */
	SRC_GONE,       /* end: it runs there */
	SRC_DOUBT,      /* end: it is paused here, and may run there */
	SRC_REST,       /* end: it runs there, and its paused original could not be destroyed */
	SRC_STUCK,      /* end: it does not run there, and could not be resumed here */
	SOURCE_STATES,
};

/* The receiver's states. */
enum receiver_state {
	RCV_START,     /* waits for HELLO */
	RCV_GREETING,  /* WELCOME is being sent */
	RCV_HEAD,      /* reads the head of the stream */
	RCV_FILLING,   /* there is a domain, it is being filled */
	RCV_HOLDING,   /* HELD is sent, or may have been; the copy is paused */
	RCV_RELEASING, /* the source has let go; the copy is being unpaused */
	RCV_REMOVING,  /* the copy is being removed */
	RCV_TELLING,   /* it is removed, and that is being told */
	RCV_RUNNING,   /* it runs, and that is being told */
	RCV_RUNS,      /* end: the copy runs here */
	RCV_NONE,      /* end: there is no copy */
	RCV_REST,      /* end: a copy could not be removed; it is paused unless somebody meddled */
	RECEIVER_STATES,
};

/* One row: in this state, when this happens, do that and go there. */
struct step {
	unsigned char state;  /* source_state or receiver_state */
	unsigned char event;  /* enum event */
	unsigned char action; /* enum action */
	unsigned char next;   /* state */
};

/* A machine: what is not in its table changes nothing. */
struct protocol {
	const struct step *steps;       /* rows */
	size_t count;                   /* of them */
	const char *const *state_names; /* by state */
	unsigned states;                /* how many there are */
	unsigned first_end;             /* from this one on they are ends */
};

extern const struct protocol protocol_source;
extern const struct protocol protocol_receiver;

/* The row for this event in this state; NULL if it changes nothing. */
const struct step *protocol_find(const struct protocol *protocol, unsigned state, enum event event);

/* True if nothing more will be done in this state. */
bool protocol_is_end(const struct protocol *protocol, unsigned state);

/* "HELLO", "the connection is lost", … Static. */
const char *protocol_event_name(enum event event);
const char *protocol_action_name(enum action action);

/* Prints a table as specs/migration-protocol.md has it. */
void protocol_print(const struct protocol *protocol, void (*put)(const char *text));

#endif
