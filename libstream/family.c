/* SPDX-License-Identifier: MIT */
#include "family.h"

#include <stdarg.h>
#include <stdio.h>

#include "libxc/families.h"
#include "libxl/families.h"

static const struct record_family *const *const tables[] = {libxc_families, libxl_families};

const struct record_family *family_find(enum xsr_layer layer, uint32_t type)
{
	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
		for (const struct record_family *const *f = tables[t]; *f; f++)
			if ((*f)->layer == layer && (*f)->type == type)
				return *f;
	return NULL;
}

void check_report(const struct check *c, enum finding_id id, uint64_t at, const char *field, const char *allowed,
    const char *found, ...)
{
	struct xsr_finding f;
	char text[sizeof(f.found)];
	va_list args;

	va_start(args, found);
	vsnprintf(text, sizeof(text), found, args);
	va_end(args);
	finding_make(&f, id, c->record->layer, c->body_offset + at, field);
	finding_in_record(&f, c->record);
	finding_found(&f, "%s", text);
	finding_allowed(&f, "%s", allowed);
	c->report(c->report_context, &f);
}

void check_zero(const struct check *c, enum finding_id id, const uint8_t *body, size_t at, size_t n,
    const char *field)
{
	for (size_t i = 0; i < n; i++) {
		if (!body[at + i])
			continue;
		check_report(c, id, at + i, field, "0", "0x%02x in byte %zu of it", body[at + i], i);
		return;
	}
}
