/* SPDX-License-Identifier: MIT */
/* The command line. */
#ifndef XSR_CMD_CONVERT_OPTIONS_H
#define XSR_CMD_CONVERT_OPTIONS_H

#include <stdbool.h>

#include <libstream/convert.h>

#include "common/progress.h"

/* What to do with the input. */
enum action {
	ACTION_CONVERT,
	ACTION_DRY_RUN, /* convert to nowhere */
	ACTION_LIST,    /* show what is in it */
};

struct options {
	enum action action;                 /* see there */
	const char *in;                     /* file, "-", or with in_option the number of a descriptor */
	const char *out;                    /* the same */
	bool in_option, out_option;         /* given by -i, -o, where digits mean a descriptor */
	struct xsr_convert_options convert; /* what to make; config is filled later */
	const char *config;                 /* file with the xl configuration, or NULL */
	bool rewrap;                        /* change the layers of a version 2 or 3 image, not convert */
	bool unwrap;                        /* then: take layers off */
	bool no_sync;                       /* do not wait until the output is on disk */
	bool pass_through;                  /* copy what needs no conversion */
	bool json;                          /* rows for machines */
	bool quiet;                         /* say nothing */
	bool to_syslog;                     /* talk there */
	int verbose;                        /* times -v was given */
	enum progress_when progress;        /* when to show it */
};

/* Parses; ends the process on --help, --version and errors. */
void options_parse(struct options *options, int argc, char **argv);

#endif
