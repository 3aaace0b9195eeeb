/* SPDX-License-Identifier: MIT */
/* The verifier's front: takes events apart and hands them to the rules. */
#include <libstream/verify.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "family.h"

struct xsr_verifier {
	enum xsr_depth depth;        /* how deep to look */
	xsr_finding_fn *report;      /* the caller's, or NULL */
	void *report_context;        /* its first argument */
	struct image_facts facts;    /* for the families */
	union family_state walk;     /* of the family whose body comes in pieces */
	struct xsr_summary summary;  /* for the caller */
	struct xsr_verdict verdict;  /* for the caller */
	bool finished;               /* xsr_verifier_finish() was called */
};

static const char *const depth_names[] = {"frame", "record", "stream", "pages"};

const char *xsr_depth_name(enum xsr_depth depth)
{
	return (size_t)depth < 4 ? depth_names[depth] : "unknown";
}

bool xsr_depth_parse(const char *name, enum xsr_depth *depth)
{
	for (unsigned i = 0; i < 4; i++) {
		if (strcmp(name, depth_names[i]) != 0)
			continue;
		*depth = (enum xsr_depth)i;
		return true;
	}
	return false;
}

struct xsr_verifier *xsr_verifier_new(enum xsr_depth depth, xsr_finding_fn *report, void *context)
{
	struct xsr_verifier *v = calloc(1, sizeof(*v));

	if (!v)
		return NULL;
	v->depth = depth;
	v->report = report;
	v->report_context = context;
	return v;
}

void xsr_verifier_free(struct xsr_verifier *v)
{
	free(v);
}

/* Counts a finding and hands it on. */
static void report(void *context, const struct xsr_finding *f)
{
	struct xsr_verifier *v = context;

	if (f->severity == XSR_ERROR && !v->verdict.errors++)
		v->verdict.status = f->status;
	v->verdict.warnings += f->severity == XSR_WARNING;
	v->verdict.notes += f->severity == XSR_NOTE;
	if (v->report)
		v->report(v->report_context, f);
}

static void body(struct xsr_verifier *v, const struct xsr_event *e)
{
	const struct record_family *family = family_find(e->record->layer, e->record->type);
	struct check c = {
	    .record = e->record,
	    .facts = &v->facts,
	    .body_offset = e->offset - e->u.bytes.position,
	    .depth = v->depth,
	    .report = report,
	    .report_context = v,
	};

	if (v->depth >= XSR_DEPTH_RECORD)
		family_check(family, &c, &v->walk, &v->facts, e);
}

enum xsr_status xsr_verifier_event(struct xsr_verifier *v, const struct xsr_event *e)
{
	if (v->finished)
		return XSR_E_MISUSE;
	if (e->type == XSR_EVENT_BODY)
		body(v, e);
	return XSR_OK;
}

enum xsr_status xsr_verifier_finish(struct xsr_verifier *v, const struct xsr_decoder *decoder)
{
	const struct xsr_finding *fault = xsr_decoder_error(decoder);

	if (!v->finished && fault)
		report(v, fault);
	v->finished = true;
	return v->verdict.status;
}

const struct xsr_verdict *xsr_verifier_verdict(const struct xsr_verifier *v)
{
	return &v->verdict;
}

const struct xsr_summary *xsr_verifier_summary(const struct xsr_verifier *v)
{
	return &v->summary;
}
