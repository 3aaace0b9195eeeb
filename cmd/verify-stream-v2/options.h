/* SPDX-License-Identifier: MIT */
#ifndef XSR_VERIFY_STREAM_OPTIONS_H
#define XSR_VERIFY_STREAM_OPTIONS_H

#include <libstream/verify.h>

#include "common/progress.h"

/* What the command line asks for. Strings are those of argv. */
struct options {
	const char *in;    /* argument of -i: FILE, "-", or the digits of a descriptor; NULL if not given */
	char **operands;   /* files to verify */
	int operand_count; /* how many */
	enum xsr_format format;      /* demanded, or XSR_FORMAT_UNKNOWN to detect it */
	enum xsr_depth depth;        /* how deep to look */
	const char *against_xen;     /* release to judge by, or NULL */
	const char *against;         /* file with the policy of a host to judge by, or NULL */
	bool against_host;           /* judge by this host */
	bool print_host_policy;      /* print this host's policy and do nothing else */
	const struct xsr_host *host; /* that one or the other gave; set by main(), or NULL */
	const char *output;          /* where to pass the stream on to, or NULL */
	int verbose;                 /* number of -v */
	bool quiet;                  /* say nothing */
	bool to_syslog;              /* talk to syslog */
	bool json;                   /* rows of JSON to standard output */
	bool list;                   /* a line for each header and record to standard output */
	bool diff;                   /* compare the two operands */
	const char *map;             /* where to draw the memory to, or NULL */
	bool strict;                 /* warnings are faults */
	unsigned long max_expansion; /* of compressed input: so many times its size; 0: any */
	unsigned long max_findings;  /* show no more of them; 0: all */
	enum progress_when progress; /* when to show it */
	const char *explain;         /* "list" or a finding's ID: explain and do nothing else */
};

/* Parses the command line; ends the process on a usage error (2) and after --help or --version (0). */
void options_parse(struct options *options, int argc, char **argv);

#endif
