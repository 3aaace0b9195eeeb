/* SPDX-License-Identifier: MIT */
/* How findings leave the verifier: decided by the release, bounded in number, counted. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "verify/state.h"

static void deliver(struct xsr_verifier *v, const struct xsr_finding *f)
{
	if (f->severity == XSR_ERROR && !v->verdict.errors++)
		v->verdict.status = f->status;
	v->verdict.warnings += f->severity == XSR_WARNING;
	v->verdict.notes += f->severity == XSR_NOTE;
	if (v->report)
		v->report(v->report_context, f);
}

/* Number of a finding's row. The catalogue's own strings are compared, by address. */
static size_t row_of(const struct repeats *r, const char *id)
{
	const struct xsr_catalogue_row *rows = xsr_catalogue_at(0);
	size_t i = 0;

	if (rows[r->latest].id == id)
		return r->latest;
	while (i < F_COUNT && rows[i].id != id)
		i++;
	return i;
}

/* True if this record gave enough findings of this kind already. */
static bool repeated(struct xsr_verifier *v, const struct xsr_finding *f)
{
	struct repeats *r = &v->repeats;
	size_t row = row_of(r, f->id);

	if (f->record == XSR_NO_RECORD || row == F_COUNT)
		return false;
	if (!r->any || f->record != r->place.record) {
		verify_rest(v);
		r->place = *f;
		r->any = true;
	}
	r->latest = row;
	return r->count[row]++ >= REPEATS_MAX;
}

bool verify_enough(void *context, enum finding_id id, const struct xsr_record *record)
{
	struct repeats *r = &((struct xsr_verifier *)context)->repeats;

	if (!r->any || record->index != r->place.record || r->count[id] < REPEATS_MAX)
		return false;
	r->latest = id;
	r->count[id]++;
	return true;
}

void verify_rest(struct xsr_verifier *v)
{
	struct repeats *r = &v->repeats;

	if (!r->any)
		return;
	r->any = false;
	for (size_t i = 0; i < F_COUNT; i++) {
		struct xsr_finding f;

		if (r->count[i] <= REPEATS_MAX)
			continue;
		finding_make(&f, (enum finding_id)i, r->place.layer, r->place.offset, "");
		f.record = r->place.record;
		f.record_type = r->place.record_type;
		f.type_name = r->place.type_name;
		finding_found(&f, "%" PRIu64 " more of the same in this record", r->count[i] - REPEATS_MAX);
		deliver(v, &f);
	}
	memset(r->count, 0, sizeof(r->count));
}

void verify_finding(void *context, const struct xsr_finding *finding)
{
	struct xsr_verifier *v = context;
	struct xsr_finding f = *finding;

	if (against_decide(&v->facts.target, &f) && !repeated(v, &f))
		deliver(v, &f);
}

__attribute__((format(printf, 4, 0))) static void vreport(struct xsr_verifier *v, struct xsr_finding *f,
    const char *allowed, const char *found, va_list args)
{
	char text[sizeof(f->found)];

	vsnprintf(text, sizeof(text), found, args);
	finding_found(f, "%s", text);
	finding_allowed(f, "%s", allowed);
	verify_finding(v, f);
}

void verify_report(struct xsr_verifier *v, enum finding_id id, enum xsr_layer layer, uint64_t offset,
    const char *field, const char *allowed, const char *found, ...)
{
	struct xsr_finding f;
	va_list args;

	finding_make(&f, id, layer, offset, field);
	va_start(args, found);
	vreport(v, &f, allowed, found, args);
	va_end(args);
}

void verify_record(struct xsr_verifier *v, enum finding_id id, const struct xsr_record *record, uint64_t at,
    const char *field, const char *allowed, const char *found, ...)
{
	struct xsr_finding f;
	va_list args;

	finding_make(&f, id, record->layer, record->offset + at, field);
	finding_in_record(&f, record);
	va_start(args, found);
	vreport(v, &f, allowed, found, args);
	va_end(args);
}

void verify_memory_lost(struct xsr_verifier *v)
{
	if (!v->memory_lost)
		verify_report(v, F_IO_MEMORY, XSR_LAYER_NONE, v->summary.bytes, "", "", "page accounting stops");
	v->memory_lost = true;
}
