/* SPDX-License-Identifier: MIT */
/*
 * The configuration in an xl image: specs/xl-image.md §3. It comes in pieces and is checked as it goes by; what the
 * rest of the stream must agree with is kept.
 */
#ifndef XSR_XL_CONFIG_H
#define XSR_XL_CONFIG_H

#include <libstream/format.h>
#include <libstream/verify.h>

#include "xl/json.h"

/* What the configuration says about the guest. Strings are "" where it does not say, or says it at great length. */
struct xl_config_facts {
	char type[8];        /* "pv", "hvm", "pvh" */
	char name[256];      /* of the domain, escapes as they are in JSON */
	char uuid[40];       /* of the domain */
	bool has_max_vcpus;  /* max_vcpus is valid */
	bool has_max_memkb;  /* max_memkb is valid */
	uint64_t max_vcpus;  /* vCPUs it may have */
	uint64_t max_memkb;  /* memory it may have */
};

struct xl_config {
	struct xl_config_facts facts; /* so far; all of it is there behind the last piece */
	struct json json;             /* reads it, if it is JSON */
	bool is_json;                 /* by the flag in the header */
	bool cut;                     /* the header promises more than the optional data holds */
	bool ended;                   /* a NUL came: behind it xl does not look */
	bool told;                    /* something wrong with the JSON was reported */
	bool bad_number;              /* a count is no number that can be counted with */
};

/* Where the checks of a configuration report. */
struct xl_config_report {
	enum xsr_depth depth;    /* look no deeper */
	xsr_finding_fn *report;  /* never NULL */
	void *context;           /* its first argument */
};

/* The header came. */
void xl_config_begin(struct xl_config *c, const struct xsr_xl_header *header, const struct xl_config_report *to);

/* A piece of the configuration; offset is that of its first byte in the stream. to may be NULL: only facts. */
void xl_config_feed(struct xl_config *c, const struct xl_config_report *to, const uint8_t *data, size_t length,
    uint64_t offset, bool last);

#endif
