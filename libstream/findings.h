/* SPDX-License-Identifier: MIT */
/*
 * The catalogue of findings as the library itself uses it: an enum constant for each row of findings.def, and
 * functions that fill in a struct xsr_finding. Every finding of the library is made here, so none can have an
 * ID that is not in the catalogue.
 */
#ifndef XSR_FINDINGS_H
#define XSR_FINDINGS_H

#include <libstream/decoder.h>

enum finding_id {
#define FINDING(name, id, severity, status, depth, rule, meaning, xen, advice) F_##name,
#include "findings.def"
#undef FINDING
	F_COUNT
};

/* Fills a finding from its catalogue row: no record, nothing found, nothing allowed yet. field is static. */
void finding_make(struct xsr_finding *f, enum finding_id id, enum xsr_layer layer, uint64_t offset,
    const char *field);

/* Says that the finding is in this record (NULL: in none). */
void finding_in_record(struct xsr_finding *f, const struct xsr_record *record);

/* Sets the texts of what was found and what is allowed. Bytes that are not printable ASCII become '?'. */
void finding_found(struct xsr_finding *f, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The first of n bytes, of an input of which it is not known what it is. */
void finding_found_bytes(struct xsr_finding *f, const uint8_t *bytes, size_t n);
void finding_allowed(struct xsr_finding *f, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
