/* SPDX-License-Identifier: MIT */
/*
 * libstream: what every part of the library shares: result classes, findings, version.
 *
 * The library takes bytes and gives events and findings. It never prints, never exits, keeps no global state and
 * touches descriptors only in <libstream/io.h>. Objects are opaque; one object may be used by one thread at a time,
 * different objects by different threads. Structures that the library hands out by const pointer belong to it and
 * may grow at their end in later releases; never copy them by size across releases.
 */
#ifndef LIBSTREAM_BASE_H
#define LIBSTREAM_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define XSR_API __attribute__((visibility("default")))

/* Class of a result. XSR_OK is zero; everything else is a failure that a caller can act on. */
enum xsr_status {
	XSR_OK = 0,
	XSR_E_FORMAT,      /* the bytes are not of the asked-for format */
	XSR_E_UNSUPPORTED, /* a known format or version that this library does not read */
	XSR_E_CORRUPT,     /* a field has a value that the format forbids */
	XSR_E_TRUNCATED,   /* the stream ends too early */
	XSR_E_ORDER,       /* a record is missing, doubled or at the wrong place */
	XSR_E_LIMIT,       /* a size is beyond a fixed limit of the format or of this library */
	XSR_E_NOMEM,       /* out of memory */
	XSR_E_IO,          /* a system call failed; errno is in the finding */
	XSR_E_MISUSE,      /* the caller broke the contract of a function */
};

/* How bad a finding is. */
enum xsr_severity {
	XSR_NOTE,    /* worth knowing, harmless */
	XSR_WARNING, /* a deviation that real savers are known to make, or that some receiver minds */
	XSR_ERROR,   /* breaks the format, or will not restore */
};

/* The nested layers of a stream, outermost first. */
enum xsr_layer {
	XSR_LAYER_NONE,
	XSR_LAYER_XL,     /* header that xl puts in front */
	XSR_LAYER_LIBXL,  /* libxl migration stream, version 2 */
	XSR_LAYER_LIBXC,  /* libxc domain image, version 2 or 3 */
	XSR_LAYER_LEGACY, /* headerless libxc image of Xen before 4.6 */
};

/* "No record": value of xsr_finding.record for findings outside of any record. */
#define XSR_NO_RECORD UINT64_MAX

/*
 * One thing that is wrong with, or notable about, a stream (or one failed call).
 * All strings are NUL-terminated, printable ASCII; id, type_name and field are static.
 */
struct xsr_finding {
	const char *id;             /* stable name, e.g. "page_data.count"; see specs/findings.md */
	enum xsr_status status;     /* class */
	enum xsr_severity severity; /* how bad */
	enum xsr_layer layer;       /* where in the nesting */
	uint64_t offset;            /* byte offset in the (uncompressed) stream of the field at fault */
	uint64_t record;            /* index of the record, counted from 0 over all layers, or XSR_NO_RECORD */
	uint32_t record_type;       /* its type, if it is in a record */
	const char *type_name;      /* the type's name, or "" */
	const char *field;          /* the field at fault, or "" */
	char found[80];             /* what was found, or "" */
	char allowed[112];          /* what was allowed, or "" */
	int sys_errno;              /* errno for XSR_E_IO, else 0 */
};

/*
 * Writes a finding as one line of text without a newline: what, where, found, allowed, [id].
 * At most size - 1 characters and a NUL go to text. Returns the length of the full line, as snprintf does.
 */
XSR_API size_t xsr_finding_format(const struct xsr_finding *finding, char *text, size_t size);

/* One row of the catalogue of findings: all that a finding with this ID can mean. */
struct xsr_catalogue_row {
	const char *id;             /* stable name */
	enum xsr_status status;     /* class */
	enum xsr_severity severity; /* default severity */
	const char *depth;          /* "frame", "record", "stream", "pages" or "io": where it can be found */
	const char *rule;           /* the rule in specs/ it enforces, or "" */
	const char *meaning;        /* what is wrong, one clause without a full stop */
	const char *xen;            /* what Xen's own reader does with it */
	const char *advice;         /* what to do about it */
};

/* The row for index 0, 1, …, or NULL past the end. Rows are static and sorted as in specs/findings.md. */
XSR_API const struct xsr_catalogue_row *xsr_catalogue_at(size_t index);

/* The row with this ID, or NULL. */
XSR_API const struct xsr_catalogue_row *xsr_catalogue_find(const char *id);

/* Names for people and for JSON: "ok", "format", … ; "note", …; "xl", …. Never NULL, static. */
XSR_API const char *xsr_status_name(enum xsr_status status);
XSR_API const char *xsr_severity_name(enum xsr_severity severity);
XSR_API const char *xsr_layer_name(enum xsr_layer layer);

/* Version of the library that runs, as "major.minor.patch". Static. */
XSR_API const char *xsr_version(void);

#ifdef __cplusplus
}
#endif

#endif
