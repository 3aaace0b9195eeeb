/* SPDX-License-Identifier: MIT */
/*
 * The engine: what moves a guest's memory and vCPUs into or out of a stream. It runs in a child process,
 * because libxenguest asserts and aborts on some inputs and the parent holds the guest's fate. Between the
 * two are a pipe for the stream and a socket on which the child asks (suspend the guest, switch log-dirty
 * in the device model) and tells (log lines, progress, its result). Which engine runs is the body:
 * xc_domain_save(), or a fake one in tests.
 */
#ifndef XEN_COMMON_ENGINE_H
#define XEN_COMMON_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "fault.h"

enum engine_direction {
	ENGINE_WRITES, /* a save: the child writes the stream, the parent reads it */
	ENGINE_READS,  /* a restore */
};

/* What the child is to do. */
struct engine_job {
	uint32_t domid; /* the domain */
	bool hvm;       /* it has an HVM container (HVM and PVH) */
	bool live;      /* it runs while most of its memory is saved */
	bool checkpoints; /* it is saved again and again in one stream, until an answer ends that */
	bool nested;    /* the stream is one of libxl's, which has a record of its own behind each checkpoint */
	int file_fd; /* a file that it writes to instead of the pipe, which then only tells the end; 0 for none */
	const void *context; /* whatever else the body needs; the child has a copy of it */
};

enum engine_message_kind {
	ENGINE_LOG,      /* text, level */
	ENGINE_PROGRESS, /* text, done, total */
	ENGINE_SUSPEND,  /* a question: suspend the guest now; the answer is 1 or 0 */
	ENGINE_LOGDIRTY, /* a question: switch log-dirty in the device model to level; the answer is 0 for
	                    done */
	ENGINE_DONE,     /* result in level (0 is success), errno in done */
	ENGINE_RINGS,    /* a restored guest's ring pages: store in done, console in total */
	ENGINE_COPIED,   /* a question: a checkpoint is in the stream; 1 to go on, 0 to end with it */
	ENGINE_NEXT,     /* a question: may the next checkpoint begin? 1 when it may, 0 to end */
	ENGINE_POLICY,   /* a question of a live save, before and after each pass: passes so far in level, dirty
	                    pages in done (ENGINE_UNKNOWN after a pass); the answer is an engine_policy */
};

/* The number of dirty pages where it is not known. */
#define ENGINE_UNKNOWN UINT64_MAX

/* What a live save does next; the numbers are libxenguest's. */
enum engine_policy {
	ENGINE_ABORT = -1, /* ends, the guest runs on */
	ENGINE_GO_ON = 0,  /* sends the dirty pages, or goes to see which ones there are */
	ENGINE_STOP = 1,   /* suspends the guest and sends the rest */
};

enum engine_level {
	ENGINE_DEBUG,
	ENGINE_INFO,
	ENGINE_WARNING,
	ENGINE_ERROR,
};

/*
 * One message from the child. Both ends are the same program, so the bytes of the struct go over the
 * socket.
 */
struct engine_message {
	uint32_t kind;  /* enum engine_message_kind */
	int32_t level;  /* enum engine_level, a switch or a result: see the kind */
	uint64_t done;  /* progress so far, or errno */
	uint64_t total; /* progress at the end, 0 if unknown */
	char text[256]; /* NUL-terminated */
};

/* The child's end, for bodies. */
struct engine_port;

/* The child's work. stream_fd is blocking and stays open. 0 is success; errno explains a failure. */
typedef int engine_body(const struct engine_job *job, int stream_fd, struct engine_port *port);

/* For bodies: tell or ask the parent. An unreachable parent counts as a refusal. */
void engine_log(struct engine_port *port, enum engine_level level, const char *text);
void engine_progress(struct engine_port *port, const char *what, uint64_t done, uint64_t total);
bool engine_ask_suspend(struct engine_port *port);
bool engine_ask_logdirty(struct engine_port *port, bool on);
bool engine_ask_copied(struct engine_port *port);
bool engine_ask_next(struct engine_port *port);
enum engine_policy engine_ask_policy(struct engine_port *port, unsigned passes, uint64_t dirty);
void engine_tell_rings(struct engine_port *port, uint64_t store, uint64_t console);

struct engine;

/* Forks the child. NULL and *fault on failure. */
struct engine *engine_start(engine_body *body, const struct engine_job *job, enum engine_direction direction,
    struct fault *fault);

/*
 * The parent's end of the stream. Owned by the engine until the caller takes it (then the caller closes
 * it).
 */
int engine_take_stream(struct engine *engine);

/* A descriptor that becomes readable when engine_receive() has something to say. */
int engine_fd(const struct engine *engine);

/*
 * Takes one message; false when the child closed its end (or broke the protocol, which is treated the
 * same).
 */
bool engine_receive(struct engine *engine, struct engine_message *message);

/* Answers a question. */
void engine_answer(struct engine *engine, int32_t value);

/*
 * Asks the child to stop: its stream fails at the next write, so that its own clean-up runs. Questions that
 * it has asked or will ask are refused.
 */
void engine_stop(struct engine *engine);

/* How the child ended. */
struct engine_outcome {
	bool reaped;   /* it has ended at all */
	bool success;  /* it said so, and exited with 0 */
	bool killed;   /* a signal ended it, so its clean-up did not run */
	bool answered; /* it told a result, good or bad */
	int status;    /* exit status, or the signal */
	int error;     /* errno it reported, or 0 */
	char log[256]; /* its first error line, the one nearest to the cause, or "" */
	bool has_rings;                  /* it named the rings */
	uint64_t store_gfn, console_gfn; /* valid with has_rings */
};

/*
 * Waits for the child to end, discarding its messages and refusing its questions, for at most patience_ms;
 * then kills it. May be called again; frees nothing.
 */
struct engine_outcome engine_wait(struct engine *engine, int patience_ms);

/* Says in fault why an engine that was waited for has no success. Always false. */
bool engine_fault(const struct engine_outcome *out, struct fault *fault);

/* Frees an engine whose child is reaped; kills it first if it is not. NULL is allowed. */
void engine_free(struct engine *engine);

#endif
