/* SPDX-License-Identifier: MIT */
/*
 * libstream: what is in a stream, for people and for JSON. A describer takes the decoder's events and calls a visitor
 * with keys and values; text output and JSON come from the same calls, so they cannot differ.
 */
#ifndef LIBSTREAM_DESCRIBE_H
#define LIBSTREAM_DESCRIBE_H

#include <libstream/decoder.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How a number is best shown. */
enum xsr_number_base { XSR_DECIMAL, XSR_HEXADECIMAL };

/*
 * Receives values. Keys are static lower_snake_case and stable; NULL inside of arrays. Text values are NUL-terminated
 * and come from the stream: the visitor escapes them for its output. All members must be set.
 */
struct xsr_visitor {
	void *context; /* first argument of each call */
	void (*number)(void *context, const char *key, uint64_t value, enum xsr_number_base base);
	void (*boolean)(void *context, const char *key, bool value);
	void (*text)(void *context, const char *key, const char *value);
	void (*begin)(void *context, const char *key, bool array); /* opens an object or array */
	void (*end)(void *context);                                /* closes it */
};

struct xsr_describer;

/*
 * Makes a describer. For each header and each record the visitor sees begin(NULL, false), its keys ("layer",
 * "record", "type", "name", "offset", "length" for records, then its fields), end(). The visitor is copied.
 * NULL if memory is short. Free with xsr_describer_free() (NULL allowed).
 */
XSR_API struct xsr_describer *xsr_describer_new(const struct xsr_visitor *visitor);
XSR_API void xsr_describer_free(struct xsr_describer *describer);

/* Takes one event. */
XSR_API void xsr_describer_event(struct xsr_describer *describer, const struct xsr_event *event);

/* The stream ended, maybe inside a record: closes what is open. */
XSR_API void xsr_describer_finish(struct xsr_describer *describer);

#ifdef __cplusplus
}
#endif

#endif
