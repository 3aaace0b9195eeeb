/* SPDX-License-Identifier: MIT */
/*
 * Output of a tool. A file appears under its name whole or not at all: it is written under a temporary name
 * beside it (mode 0600 whatever the umask), flushed to disk, closed, renamed. Devices, FIFOs and standard
 * output are written to as they are.
 *
 * Functions say what went wrong by message() and return false.
 */
#ifndef XSR_CMD_OUTPUT_H
#define XSR_CMD_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

struct output {
	const char *name; /* as the user gave it, "standard output" for "-" */
	char *target;     /* to rename to; NULL if written to as it is */
	char *temporary;  /* the name until then; NULL if written to as it is */
	int fd;           /* to write to, -1 when closed */
	uint64_t started; /* bytes that were told to go to disk */
	bool no_sync;     /* the caller's wish, set after opening: a crash may leave the name without the bytes */
};

/*
 * Opens output for a stream. name "-": standard output, refused if it is a terminal. name must outlive the
 * output. Call once output_signals() if signals shall remove the temporary file.
 */
bool output_open(struct output *output, const char *name);

/* The same for a descriptor that the caller passed on; name is what it is called in messages and must outlive it. */
bool output_open_descriptor(struct output *output, int fd, const char *name);

/*
 * So many bytes were written so far: what is new goes to disk from now on, so that less is left to wait for when the
 * output is committed. Failures show there.
 */
void output_written(struct output *output, uint64_t position);

/* All was written: flushes, closes, gives the file its name. Signals are held while that is done. */
bool output_commit(struct output *output);

/*
 * What was written so far is good for itself, and more will follow: flushes it to disk and, the first time, gives the
 * file its name. From then on output_discard() only closes it.
 */
bool output_publish(struct output *output);

/* Closes and removes what there is; nothing happens if it is committed, discarded or was never opened. */
void output_discard(struct output *output);

/*
 * From now on a signal that ends the process (HUP, INT, QUIT, TERM, PIPE, XCPU) first removes the temporary
 * file and then ends it as it would have. Signals that were ignored stay so. XFSZ is ignored: a write beyond
 * the limit fails with EFBIG. Not for tools that have to do more at the end: they call output_discard() on
 * their own way out.
 */
void output_signals(void);

#endif
