/* SPDX-License-Identifier: MIT */
/*
 * One failure of xc-save or xc-restore as a value: what kind it is (which decides the exit status) and what
 * to tell the user. The parts return it; only main prints it.
 */
#ifndef XEN_COMMON_FAULT_H
#define XEN_COMMON_FAULT_H

#include <stdbool.h>

enum fault_kind {
	FAULT_NONE,
	FAULT_STREAM,      /* the stream does not verify */
	FAULT_SYSTEM,      /* input, output, memory, hypervisor, engine, interruption */
	FAULT_UNSUSPENDED, /* the guest would not or could not suspend */
	FAULT_DIED,        /* the guest crashed, shut down or vanished during the save */
	FAULT_REFUSED,     /* a restore cannot work, and was not begun */
	FAULT_READER,      /* whoever reads the output is gone */
	FAULT_BUSY,        /* a live save gave up: the guest dirties its memory too fast */
};

/* The first failure of a run; later ones do not replace it. */
struct fault {
	enum fault_kind kind; /* FAULT_NONE until something fails */
	char text[400];       /* one clause, printable, without the tool's or the guest's name */
};

/* Notes a failure unless there is one already. Always false, so that a function can return it. */
bool fault_set(struct fault *fault, enum fault_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with the text of errno behind a colon. */
bool fault_errno(struct fault *fault, enum fault_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
