/* SPDX-License-Identifier: MIT */
/*
 * Judging by one release of Xen. Findings that depend on the release are decided here: they become errors where it
 * refuses the stream, and go away where it does not. Families and the rest of verify/ ask release.h themselves.
 */
#include <inttypes.h>
#include <stdio.h>

#include "verify/state.h"

/* Bits of a layer mask. */
#define LIBXL (1u << XSR_LAYER_LIBXL)
#define ANY   UINT32_MAX

/* Findings that mean something to some releases only. */
static const struct decided {
	enum finding_id finding; /* as found */
	enum finding_id refused; /* what it becomes where it is refused */
	unsigned first, last;    /* minor versions that refuse it; first 0: none does */
	uint32_t layers;         /* in these layers */
} decided[] = {
    {F_IMAGE_BIG_ENDIAN, F_AGAINST_BYTE_ORDER, RELEASE_FIRST, RELEASE_LAST, ANY},
    {F_LIBXL_BIG_ENDIAN, F_AGAINST_BYTE_ORDER, RELEASE_FIRST, RELEASE_LAST, ANY},
    {F_RECORD_OPTIONAL, F_AGAINST_RECORD_TYPE, RELEASE_FIRST, RELEASE_LAST, LIBXL},
    {F_RECORD_LARGE, F_AGAINST_RECORD_LIMIT, RELEASE_FIRST, 9, ANY},
    {F_VCPU_EXTENDED_EMPTY, F_AGAINST_EMPTY_RECORD, RELEASE_FIRST, 10, ANY},
    {F_VCPU_XSAVE_EMPTY, F_AGAINST_EMPTY_RECORD, RELEASE_FIRST, 10, ANY},
    {F_VCPU_MSRS_EMPTY, F_AGAINST_EMPTY_RECORD, RELEASE_FIRST, 10, ANY},
    {F_VCPU_BASIC_DEBUGREG, F_AGAINST_VCPU_BASIC, 18, RELEASE_LAST, ANY},
    {F_VCPU_BASIC_EFLAGS, F_AGAINST_VCPU_BASIC, 22, RELEASE_LAST, ANY},
    {F_TSC_INFO_OLD_MODE, F_AGAINST_TSC_MODE, 12, RELEASE_LAST, ANY},
    {F_HVM_PARAMS_EMPTY, F_AGAINST_EMPTY_RECORD, 0, 0, ANY},
    {F_HVM_PARAMS_OLD_PAE, F_AGAINST_HVM_PARAM, 0, 0, ANY},
};

static const struct decided *find(const struct xsr_finding *f)
{
	const struct xsr_catalogue_row *first = xsr_catalogue_at(0);

	for (size_t i = 0; i < sizeof(decided) / sizeof(decided[0]); i++)
		if (f->id == first[decided[i].finding].id && decided[i].layers & 1u << f->layer)
			return &decided[i];
	return NULL;
}

bool xsr_xen_release_known(const char *text)
{
	struct release ignored;

	return release_parse(text, &ignored);
}

bool against_decide(const struct release *r, struct xsr_finding *f)
{
	const struct xsr_catalogue_row *row;
	const struct decided *d = r->minor ? find(f) : NULL;

	if (!d)
		return true;
	if (!d->first || r->minor < d->first || r->minor > d->last)
		return false;
	row = xsr_catalogue_at(d->refused);
	f->id = row->id;
	f->status = row->status;
	f->severity = row->severity;
	return true;
}

void against_image(struct xsr_verifier *v, const struct xsr_event *e)
{
	const struct release *r = &v->facts.target;

	if (r->minor && e->u.image.version > release_limits(r)->image_version)
		verify_report(v, F_AGAINST_IMAGE_VERSION, XSR_LAYER_LIBXC, e->offset + 12, "version",
		    "2 before Xen 4.14", "%" PRIu32, e->u.image.version);
}

void against_domain(struct xsr_verifier *v, const struct xsr_event *e)
{
	const struct release *r = &v->facts.target;
	const struct xsr_domain_header *h = &e->u.domain;
	char name[16], allowed[32];

	if (!r->minor || h->xen_major != 4 || h->xen_minor <= r->minor)
		return;
	release_format(r, name, sizeof(name));
	snprintf(allowed, sizeof(allowed), "up to %s", name);
	verify_report(v, F_AGAINST_NEWER, XSR_LAYER_LIBXC, e->offset + 12, "xen_minor", allowed, "4.%" PRIu32,
	    h->xen_minor);
}

void against_record(struct xsr_verifier *v, const struct xsr_record *record)
{
	const struct release *r = &v->facts.target;

	if (r->minor == RELEASE_FIRST && record->layer == XSR_LAYER_LIBXL &&
	    record->type == XSR_LIBXL_CHECKPOINT_STATE)
		verify_record(v, F_AGAINST_RECORD_TYPE, record, 0, "type", "0 to 4 before Xen 4.7", "%" PRIu32,
		    record->type);
}

void against_guest(struct xsr_verifier *v, const struct xsr_record *record)
{
	const struct release *r = &v->facts.target;

	if (r->minor && r->minor < 10 && v->summary.pvh)
		verify_record(v, F_AGAINST_GUEST, record, 0, "", "PV or HVM before Xen 4.10", "PVH");
}
