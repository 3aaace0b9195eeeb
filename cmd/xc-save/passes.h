/* SPDX-License-Identifier: MIT */
/*
 * The passes of a live save as they happen: answers what the engine asks before and after each of them, from
 * what the stream and the hypervisor say and what live.h makes of it.
 */
#ifndef XC_SAVE_PASSES_H
#define XC_SAVE_PASSES_H

#include "guest.h"
#include "live.h"
#include "saver.h"
#include "stream.h"

struct passes {
	const struct live_limits *limits; /* as asked for */
	const struct save_hooks *hooks;   /* each pass is told */
	struct guest *guest;              /* whose dirty pages */
	struct engine *engine;            /* who asks */
	struct stream *stream;            /* what the engine writes */
	double started;                   /* when the engine was; seconds, as all times here */
	struct live live;                 /* what to do */
	double asked;                     /* when the engine was sent to fetch the dirty pages */
	bool pending;                     /* a pass is over for the engine, but not yet for the stream */
	bool over;                        /* the passes are: the guest is being stopped, or was */
	double downtime;                  /* expected when the guest was stopped; negative if not known */
};

/* The engine asks; it is answered now or by passes_serve(). */
void passes_question(struct passes *passes, const struct engine_message *message);

/* Goes on with what is pending; to be called again and again. False and *fault: it is time to give up. */
bool passes_serve(struct passes *passes, struct fault *fault);

/* The save has failed: a question that waits for its answer is answered with no. */
void passes_abandon(struct passes *passes);

/* How soon to call again, or otherwise. */
int passes_patience_ms(const struct passes *passes, int otherwise);

#endif
