/* SPDX-License-Identifier: MIT */
/*
 * One save from beginning to end. The rule that everything here serves: the guest is destroyed or left
 * behind only after its whole stream was written, verified and, for a file, is safe under its name; on
 * every other path it runs on.
 */
#ifndef XC_SAVE_SAVER_H
#define XC_SAVE_SAVER_H

#include <stdbool.h>
#include <stdint.h>

#include <libstream/format.h>

#include "xen-common/domain.h"
#include "xen-common/engine.h"
#include "xen-common/fault.h"

#include "compress.h"
#include "live.h"

/* What is to become of the guest after a good save. */
enum save_then {
	THEN_DESTROY,
	THEN_PAUSE,
	THEN_RESUME,
};

/*
 * Somebody who has a say in a save: the other side of a migration, by way of xc-migrate. The functions are called
 * from the thread of save_run(); one that returns false has filled *fault, and the save fails with that.
 */
struct save_partner {
	int output_fd;    /* the stream goes here, not to the request's path; stays the caller's */
	const char *name; /* what it is called in messages */
	int news_fd;      /* look() is called when it is readable, and else a few times a second */
	void *context;    /* for the functions */
	/* While the stream is written. bytes: of it so far. */
	bool (*look)(void *context, uint64_t bytes, struct fault *fault);
	/* Before the guest is asked to stand still; may wait. */
	bool (*may_suspend)(void *context, struct fault *fault);
	/* The stream is complete and good, the guest stands still; *then is what becomes of it. May wait. */
	bool (*settle)(void *context, enum save_then *then, struct fault *fault);
};

/* Does the guest run while most of it is saved? */
enum save_live {
	LIVE_NO,
	LIVE_YES,
	LIVE_IF_POSSIBLE, /* if the hypervisor can log its dirty pages, else not */
};

struct save_request {
	const char *domain;                 /* name or number */
	const char *path;                   /* output file, "-" for standard output */
	enum xsr_format format;             /* XL, LIBXL or LIBXC */
	enum save_then then;                /* after success */
	struct compression compression;     /* of the output */
	int timeout_s;                      /* for each step of the guest's suspension */
	const struct save_partner *partner; /* of a migration, else NULL */
	enum save_live live;                /* while the guest runs? */
	struct live_limits limits;          /* of a live save */
	uint64_t bandwidth;                 /* bytes a second at most, 0 for any */
	bool checkpoints;                   /* again and again, in one stream; it must be live */
	uint64_t checkpoint_ms;             /* time between two checkpoints */
	uint64_t checkpoint_count;          /* end after so many, 0 for never */
};

/* Where a save stands. */
enum save_phase {
	PHASE_STARTED,   /* the guest was found, the output is open */
	PHASE_SUSPENDED, /* the guest stands still */
	PHASE_COPYING,   /* now and then while bytes flow */
	PHASE_WRITTEN,   /* the stream is complete and good */
};

struct save_progress {
	enum save_phase phase;             /* what is news */
	const struct domain_facts *domain; /* the guest */
	uint64_t bytes;                    /* written so far */
	uint64_t expected;                 /* about how many there will be */
};

/* A checkpoint that is complete, verified and in its place. */
struct save_checkpoint {
	uint64_t number; /* counted from 1 */
	uint64_t bytes;  /* of it */
	double downtime; /* seconds; negative for the last one: the guest still stands */
};

/* Where news go; all may be called at any time, never from another thread. */
struct save_hooks {
	void (*progress)(void *context, const struct save_progress *progress);
	void (*log)(void *context, enum engine_level level, const char *text);
	void (*pass)(void *context,
	    const struct live_pass *pass); /* of a live save, when it is over; or NULL */
	void (*checkpoint)(void *context, const struct save_checkpoint *checkpoint); /* or NULL */
	void (*warning)(void *context, const char *text); /* what the user should know in any case; or NULL */
	void *context;                                    /* for all */
};

/* Where the guest is in the end. */
enum save_fate {
	FATE_UNTOUCHED, /* it was never asked to suspend, or never noticed */
	FATE_RUNS,      /* it was resumed */
	FATE_PAUSED,    /* paused, ready to be unpaused or destroyed */
	FATE_DESTROYED, /* destroyed; its image is complete */
	FATE_STUCK,     /* it does not run and could not be made to, or may yet suspend */
	FATE_DEAD,      /* it shut down or crashed by itself */
	FATE_MODELLESS, /* it runs, but its device model was stopped and does not say that it goes on */
};

struct save_outcome {
	bool saved;           /* the image is complete, verified and in its place */
	enum save_fate fate;  /* the guest */
	struct fault fault;   /* what went wrong first; its text is empty if that was said already */
	struct fault second;  /* what went wrong while making the guest run on, or with it after the save */
	uint64_t bytes;       /* of the stream */
	uint64_t stored;      /* written: less than that if compressed */
	double seconds;       /* all together */
	double downtime;      /* from suspension to the end of it, or until all was handed over */
	uint64_t checkpoints; /* complete ones; the last of them can be restored, whatever failed later */
	bool ended;           /* a signal ended the checkpoints, as is the way to do it */
	bool live;            /* the guest ran while most of it was saved */
	double expected; /* downtime expected when a live save stopped the guest; negative if not known */
};

/*
 * Saves. Signals that should end the save must be blocked and arrive on signal_fd. The guest's fate is
 * settled when this returns.
 */
void save_run(const struct save_request *request, int signal_fd, const struct save_hooks *hooks,
    struct save_outcome *outcome);

/* Resumes a guest that an earlier save left suspended, and unpauses one that it left paused. */
void save_resume(const struct save_request *request, struct save_outcome *outcome);

/* "untouched", "running", "paused", "destroyed", "stuck", "dead", "modelless". Static. */
const char *save_fate_name(enum save_fate fate);

#endif
