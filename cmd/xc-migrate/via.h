/* SPDX-License-Identifier: MIT */
/* The command that reaches the other side: its standard input and output are the two channels. */
#ifndef XC_MIGRATE_VIA_H
#define XC_MIGRATE_VIA_H

#include <stdbool.h>
#include <sys/types.h>

#include "xen-common/fault.h"

struct via_setup {
	const char *command;     /* for the shell; NULL: ssh to the destination */
	const char *destination; /* HOST or USER@HOST, for ssh */
	const char *remote;      /* what to start there, one more word for the command; "" for nothing */
};

struct via {
	pid_t pid; /* the command */
	int in;    /* its output, that is our input; -1 when closed */
	int out;   /* its input */
};

/* Starts the command. It does not mind INT and HUP: whether to stop is for us to say. */
bool via_start(struct via *via, const struct via_setup *setup, struct fault *fault);

/* Closes what it reads: it and the other side are to end. */
void via_hang_up(struct via *via);

/* Waits until it has ended; when patience is at its end, it is made to. */
void via_finish(struct via *via, int patience_ms);

#endif
