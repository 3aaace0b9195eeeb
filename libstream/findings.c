/* SPDX-License-Identifier: MIT */
#include "findings.h"

#include <stdarg.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct xsr_catalogue_row catalogue[] = {
#define FINDING(name, id, severity, status, depth, rule, meaning, xen, advice)                                       \
	{id, status, severity, depth, rule, meaning, xen, advice},
#include "findings.def"
#undef FINDING
};

_Static_assert(sizeof(catalogue) / sizeof(catalogue[0]) == F_COUNT, "one row for each constant");

const struct xsr_catalogue_row *xsr_catalogue_at(size_t index)
{
	return index < F_COUNT ? &catalogue[index] : NULL;
}

const struct xsr_catalogue_row *xsr_catalogue_find(const char *id)
{
	/* Mostly it is one of ours, and a stream may give a hundred thousand findings. */
	for (size_t i = 0; i < F_COUNT; i++)
		if (catalogue[i].id == id)
			return &catalogue[i];
	for (size_t i = 0; i < F_COUNT; i++)
		if (strcmp(catalogue[i].id, id) == 0)
			return &catalogue[i];
	return NULL;
}

void finding_make(struct xsr_finding *f, enum finding_id id, enum xsr_layer layer, uint64_t offset,
    const char *field)
{
	const struct xsr_catalogue_row *row = &catalogue[id];

	memset(f, 0, sizeof(*f));
	f->id = row->id;
	f->status = row->status;
	f->severity = row->severity;
	f->layer = layer;
	f->offset = offset;
	f->record = XSR_NO_RECORD;
	f->type_name = "";
	f->field = field;
}

void finding_in_record(struct xsr_finding *f, const struct xsr_record *record)
{
	const char *name;

	if (!record)
		return;
	name = xsr_record_name(record->layer, record->type);
	f->layer = record->layer;
	f->record = record->index;
	f->record_type = record->type;
	f->type_name = name ? name : "";
}

/* What comes from the stream may not reach a terminal as it is. */
static void sanitise(char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

void finding_found(struct xsr_finding *f, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(f->found, sizeof(f->found), format, args);
	va_end(args);
	sanitise(f->found);
}

void finding_found_bytes(struct xsr_finding *f, const uint8_t *bytes, size_t n)
{
	char hex[2 * 8 + 1] = "";

	for (size_t i = 0; i < n && i < 8; i++)
		snprintf(hex + 2 * i, sizeof(hex) - 2 * i, "%02x", bytes[i]);
	finding_found(f, "%s%s", n ? hex : "no input at all", n < 8 && n ? " and no more" : "");
}

void finding_allowed(struct xsr_finding *f, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(f->allowed, sizeof(f->allowed), format, args);
	va_end(args);
	sanitise(f->allowed);
}

/* Where in the stream: "offset 0x40, libxc record 3 (PAGE_DATA), field count". */
static void format_place(const struct xsr_finding *f, char *text, size_t size)
{
	char record[64] = "";

	/* Legacy images have chunks, whose ids are signed. */
	if (f->record != XSR_NO_RECORD && f->type_name[0])
		snprintf(record, sizeof(record), " %s %" PRIu64 " (%s)",
		    f->layer == XSR_LAYER_LEGACY ? "chunk" : "record", f->record, f->type_name);
	else if (f->record != XSR_NO_RECORD && f->layer == XSR_LAYER_LEGACY)
		snprintf(record, sizeof(record), " chunk %" PRIu64 " (id %" PRId32 ")", f->record,
		    (int32_t)f->record_type);
	else if (f->record != XSR_NO_RECORD)
		snprintf(record, sizeof(record), " record %" PRIu64 " (type 0x%" PRIx32 ")", f->record,
		    f->record_type);
	snprintf(text, size, "offset 0x%" PRIx64 "%s%s%s%s%s", f->offset, f->layer != XSR_LAYER_NONE ? ", " : "",
	    f->layer != XSR_LAYER_NONE ? xsr_layer_name(f->layer) : "", record, f->field[0] ? ", field " : "",
	    f->field);
}

size_t xsr_finding_format(const struct xsr_finding *f, char *text, size_t size)
{
	const struct xsr_catalogue_row *row = xsr_catalogue_find(f->id);
	char place[192];
	int n;

	format_place(f, place, sizeof(place));
	n = snprintf(text, size, "%s: %s: %s%s%s%s%s%s%s [%s]", xsr_severity_name(f->severity), place,
	    row ? row->meaning : f->id, f->found[0] ? ": found " : "", f->found, f->allowed[0] ? ", allowed " : "",
	    f->allowed, f->sys_errno ? ": " : "", f->sys_errno ? strerrordesc_np(f->sys_errno) : "", f->id);
	return n < 0 ? 0 : (size_t)n;
}

const char *xsr_status_name(enum xsr_status status)
{
	static const char *const names[] = {"ok", "format", "unsupported", "corrupt", "truncated", "order", "limit",
	    "no memory", "i/o", "misuse"};

	return (size_t)status < sizeof(names) / sizeof(names[0]) ? names[status] : "unknown";
}

const char *xsr_severity_name(enum xsr_severity severity)
{
	static const char *const names[] = {"note", "warning", "error"};

	return (size_t)severity < sizeof(names) / sizeof(names[0]) ? names[severity] : "unknown";
}

const char *xsr_layer_name(enum xsr_layer layer)
{
	static const char *const names[] = {"none", "xl", "libxl", "libxc", "legacy"};

	return (size_t)layer < sizeof(names) / sizeof(names[0]) ? names[layer] : "unknown";
}

const char *xsr_version(void)
{
	return XSR_VERSION;
}
