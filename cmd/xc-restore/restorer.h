/* SPDX-License-Identifier: MIT */
/*
 * One restore from beginning to end. The rule that everything here serves: a domain runs only after its whole
 * image was read, verified and put in place; on every other path nothing of it is left.
 */
#ifndef XC_RESTORE_RESTORER_H
#define XC_RESTORE_RESTORER_H

#include <stdbool.h>
#include <stdint.h>

#include "xen-common/engine.h"
#include "xen-common/fault.h"

#include "host.h"
#include "plan.h"

/* Somebody who has a say in a restore: the other side of a migration, by way of xc-migrate. */
struct restore_partner {
	void *context; /* for the function */
	/* All is in place. False, with *fault filled: the domain is removed. True: it runs, whatever comes. */
	bool (*may_run)(void *context, struct fault *fault);
};

struct restore_request {
	const char *path;                      /* image, "-" for standard input */
	const char *config_path;               /* --config, or NULL */
	struct plan_wishes wishes;             /* the rest of what is said about the domain */
	const char *command;                   /* --before-unpause, or NULL */
	const char *model_command;             /* --device-model, or NULL */
	bool no_model;                         /* an HVM guest is to do without a device model */
	bool into;                             /* into a domain that is there already */
	struct host_adoption host;             /* valid with into: which one */
	bool check;                            /* only look */
	bool paused;                           /* leave it paused */
	int timeout_s;                         /* give up if nothing moves for so long; 0 for never */
	const struct restore_partner *partner; /* of a migration, else NULL */
};

/* Where a restore stands. */
enum restore_phase {
	RESTORE_PLANNED, /* the head of the image is known, and what domain to make */
	RESTORE_CREATED, /* the domain exists, empty */
	RESTORE_FILLING, /* now and then while bytes flow */
	RESTORE_FILLED,  /* the image is in place, and good */
};

struct restore_progress {
	enum restore_phase phase; /* what is news */
	const struct plan *plan;  /* the domain */
	uint32_t domid;           /* its number, 0 before it exists */
	uint64_t bytes;           /* read so far, as the stream counts */
	uint64_t expected;        /* about how many there will be */
};

/* Where news go; both may be called at any time, never from another thread. */
struct restore_hooks {
	void (*progress)(void *context, const struct restore_progress *progress);
	void (*log)(void *context, enum engine_level level, const char *text);
	void *context; /* for both */
};

/* What became of the domain. */
enum restore_fate {
	RESTORED_NOTHING, /* there never was one */
	RESTORED_REMOVED, /* it is gone again */
	RESTORED_RUNS,    /* it runs */
	RESTORED_PAUSED,  /* as asked for */
	RESTORED_REST,    /* something of it could not be removed */
	RESTORED_FILLED,  /* it was there before, and is its owner's: now with the guest in it */
	RESTORED_LEFT,    /* the same, but with who knows what in it */
};

struct restore_outcome {
	bool good;              /* restored, or with --check nothing to be said against it */
	enum restore_fate fate; /* the domain */
	uint32_t domid;         /* its number, 0 if there never was one */
	char name[256];         /* its name, "" if none was found out */
	struct fault fault;     /* what went wrong first */
	struct fault second;    /* why the rest could not be removed */
	uint64_t bytes;         /* of the stream */
	uint64_t rings[2];      /* RESTORED_FILLED: frames of the rings of xenstore and console */
	uint32_t ports[2];      /* the same: their event channels */
	double seconds;         /* all together */
};

/*
 * Restores. Signals that should end it must be blocked and arrive on signal_fd. All is settled when this
 * returns.
 */
void restore_run(const struct restore_request *request, int signal_fd, const struct restore_hooks *hooks,
    struct restore_outcome *outcome);

/* Exit status of the tool: see the table in xc-restore(1). */
int restore_exit_status(const struct restore_outcome *outcome);

/* "none", "removed", "running", "paused", "remains", "filled", "left". Static. */
const char *restore_fate_name(enum restore_fate fate);

#endif
