/* SPDX-License-Identifier: MIT */
/*
 * The device model of an HVM guest: QEMU in a process of its own, or whatever --device-model starts. It takes over
 * the state out of the image and stands still until the guest is to run.
 */
#ifndef XC_RESTORE_MODEL_H
#define XC_RESTORE_MODEL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "plan.h"
#include "xen-common/fault.h"

/* The descriptor where a device model finds the state. */
#define MODEL_STATE_FD 3

/* Where device models and what belongs to them are on this host. */
struct model_places {
	const char *program; /* QEMU */
	const char *run_dir; /* sockets of QMP */
	const char *log_dir; /* its messages */
};

struct model_job {
	const struct model_places *places; /* see there */
	const struct plan *plan;           /* the domain */
	const char *command;               /* for sh -c instead of the program, or NULL */
	uint32_t domid;                    /* the domain's number */
	int state_fd;                      /* the state, positioned at its beginning */
	int signal_fd;                     /* when it becomes readable the waiting ends */
	int timeout_s;                     /* how long it may take to become ready */
	/* Another sign that it is ready, besides QMP: xenstore says so. Called with context. */
	bool (*is_running)(void *context);
	void *context; /* for it */
};

struct model;

/* True if model_start() will find what it needs. Nothing is started. */
bool model_check(const struct model_job *job, struct fault *fault);

/* Starts it; NULL and *fault on failure. *job must live as long as the model is waited for. */
struct model *model_start(const struct model_job *job, struct fault *fault);

/* Its process, or the command's. */
pid_t model_pid(const struct model *model);

/* Waits until it has taken over the state. False with *fault, or without if signal_fd ended the waiting. */
bool model_await(struct model *model, struct fault *fault);

/* Most serial lines that a guest can have. */
#define MODEL_SERIALS 4

/* Where people find the guest's consoles; "" for what is not there. */
struct model_consoles {
	char serial[MODEL_SERIALS][64]; /* terminals of its serial lines */
	char vnc_listen[64];            /* address of its screen */
	char vnc_port[16];              /* the same */
};

/* Asks for them. One that does not speak QMP has none. */
void model_consoles(struct model *model, struct model_consoles *consoles);

/* Lets it work: the guest runs next. */
bool model_continue(struct model *model, struct fault *fault);

/* Ends it and removes its sockets. NULL is allowed. */
void model_stop(struct model *model);

/* Forgets it; it runs on. NULL is allowed. */
void model_leave(struct model *model);

#endif
