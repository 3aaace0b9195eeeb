/* SPDX-License-Identifier: MIT */
/*
 * Repeated checkpoints in one stream. Behind the state of each the engine asks twice: whether the guest may run on,
 * and when the next checkpoint is due. A checkpoint counts when the output has all of it and it was verified; a file
 * then gets its name, if it has not got it yet, and is on the disk.
 */
#ifndef XC_SAVE_CHECKPOINTS_H
#define XC_SAVE_CHECKPOINTS_H

#include "common/output.h"

#include "guest.h"
#include "saver.h"
#include "stream.h"

/* What the engine waits for. */
enum checkpoint_wait {
	CHECKPOINT_NOTHING, /* it works */
	CHECKPOINT_STREAM,  /* the output does not have all of the checkpoint yet */
	CHECKPOINT_TIME,    /* the next one is not due yet */
};

struct checkpoints {
	const struct save_request *request; /* how often, how many */
	const struct save_hooks *hooks;     /* each one is told */
	struct save_outcome *outcome;       /* counts them */
	struct guest *guest;                /* runs on in between */
	struct engine *engine;              /* who asks */
	struct stream *stream;              /* has them */
	struct output *output;              /* where they go */
	enum checkpoint_wait wait;          /* what the engine waits for */
	int64_t *suspended_at;              /* ms; when the guest was, 0 while it runs */
	int64_t due;                        /* ms; of the next one */
	int64_t idle_since; /* ms; the stream has nothing more to do, yet lacks a checkpoint; 0 if it has */
	double downtime;    /* seconds, of this one */
	uint64_t end;       /* bytes up to the end of the last one that counts */
};

/* The engine asks. False and *fault: the guest could not be made to run on. */
bool checkpoints_question(struct checkpoints *c, const struct engine_message *message, struct fault *fault);

/* Goes on with what is waited for; to be called again and again. */
bool checkpoints_serve(struct checkpoints *c, struct fault *fault);

/* How soon to call again, or otherwise. */
int checkpoints_patience_ms(const struct checkpoints *c, int otherwise);

/* The save is over before its time: a question that waits for its answer is answered with no. */
void checkpoints_abandon(struct checkpoints *c);

/*
 * The same, later: all helpers have ended. Cuts off what is behind the last checkpoint that counts, and leaves the file
 * to itself. Nothing happens if there is none.
 */
void checkpoints_keep(struct checkpoints *c);

#endif
