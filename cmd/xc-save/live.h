/* SPDX-License-Identifier: MIT */
/*
 * When a live save stops going round. A pass sends the pages that were dirtied during the one before, while
 * the guest runs; at its end the question is whether the guest shall stand still for the rest. This is the
 * arithmetic over what was measured and nothing else: it asks no clock and no hypervisor.
 */
#ifndef XC_SAVE_LIVE_H
#define XC_SAVE_LIVE_H

#include <stdbool.h>
#include <stdint.h>

/* What a page costs in the stream: itself and its entry. */
#define LIVE_PAGE_BYTES 4104

/* What becomes of a guest that is still too busy when the limits are used up. */
enum live_busy {
	LIVE_BUSY_STOP,  /* it is stopped and saved all the same */
	LIVE_BUSY_ABORT, /* the save is given up, the guest runs on */
};

/*
 * The first two say when a guest is quiet enough, and all that are set must be met. The other two say how
 * long to wait for that.
 */
struct live_limits {
	bool has_threshold;       /* dirty_threshold is set */
	uint64_t dirty_threshold; /* pages dirty at most */
	double max_downtime;      /* expected seconds of standing still at most; 0 for any */
	unsigned max_iterations;  /* passes at most, the first one included; at least 1 */
	double max_time;          /* seconds from the first pass on at most; 0 for any */
	enum live_busy if_busy;   /* what then */
};

enum live_next {
	LIVE_GO_ON,   /* another pass */
	LIVE_STOP,    /* stop the guest and send the rest */
	LIVE_GIVE_UP, /* leave it */
};

/* Why. */
enum live_reason {
	LIVE_BUSY,       /* not quiet enough yet */
	LIVE_QUIET,      /* quiet enough */
	LIVE_ITERATIONS, /* max_iterations is used up */
	LIVE_TIME,       /* max_time is used up */
};

/* A pass, as measured, and what follows from it. Times are in seconds. */
struct live_pass {
	unsigned number;         /* counted from 1 */
	uint64_t pages;          /* pages to be sent in it */
	uint64_t bytes;          /* bytes sent */
	double seconds;          /* it took */
	uint64_t dirtied;        /* pages dirtied meanwhile */
	double rate;             /* bytes a second, as now expected */
	double dirty_rate;       /* pages a second */
	double downtime;         /* expected if the guest were stopped now; negative if not known */
	double eta;              /* expected until it is saved; negative for never */
	enum live_next next;     /* what to do */
	enum live_reason reason; /* why */
};

/* The state of a live save. Zero it, then live_begin(). */
struct live {
	struct live_limits limits; /* as asked for */
	double began;              /* when the first pass began */
	double fixed;              /* of a downtime, what does not depend on the pages */
	double setup;              /* what the engine took to get ready: it takes as much to clear up */
	double cleaned;            /* when the dirty pages were counted from 0 */
	double pass_began;         /* when the pass began */
	uint64_t pass_pages;       /* pages of it */
	uint64_t pass_bytes;       /* bytes sent before it */
	double rate;               /* of the last pass that was long enough to tell, 0 before */
	unsigned passes;           /* begun so far */
	uint64_t pages;            /* of the guest: no more can be dirty */
};

/* Begins. setup: seconds that the engine took until its first question. pages: of the guest. */
void live_begin(struct live *live, const struct live_limits *limits, double now, double setup,
    uint64_t pages);

/*
 * A pass of so many pages begins; bytes were sent before it. asked: when the engine went to fetch the dirty
 * pages that this pass sends, or now if it is the first.
 */
void live_pass_begins(struct live *live, double asked, double now, uint64_t pages, uint64_t bytes);

/* It ended: bytes were sent up to now, and so many pages are dirty. Fills *pass. */
void live_pass_ends(struct live *live, double now, uint64_t bytes, uint64_t dirty, struct live_pass *pass);

/* In the middle of a pass: is it time to give up? Only if that is what a busy guest leads to. */
bool live_is_over(const struct live *live, double now);

/* "quiet", "busy", "iterations", "time"; "pass", "stop", "give-up". Static. */
const char *live_reason_name(enum live_reason reason);
const char *live_next_name(enum live_next next);

#endif
