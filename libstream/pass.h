/* SPDX-License-Identifier: MIT */
/*
 * One pass over the fields of a structure, in the order of the wire: reading them from bytes, writing them to bytes,
 * or showing them. A large layout is so written down once, and its three uses cannot drift apart.
 *
 * A walk is a function that takes a pass and a structure and calls pass_…() for each field. When showing, the
 * structure is one that was read before.
 */
#ifndef XSR_PASS_H
#define XSR_PASS_H

#include <libstream/describe.h>

#include "wire/cursor.h"

enum pass_mode { PASS_READ, PASS_WRITE, PASS_SHOW };

struct pass {
	enum pass_mode mode;         /* what the walk does */
	unsigned width;              /* of pass_ulong(), 4 or 8 */
	struct reader reader;        /* source of PASS_READ */
	struct writer writer;        /* target of PASS_WRITE */
	const struct xsr_visitor *v; /* target of PASS_SHOW */
};

struct pass pass_read(const void *from, size_t length, bool big_endian, unsigned width);
struct pass pass_write(void *to, size_t size, bool big_endian, unsigned width);
struct pass pass_show(const struct xsr_visitor *v, unsigned width);

/* True if some access did not fit, or a value was too wide for its field. */
bool pass_failed(const struct pass *p);

/* A number of that many bits, shown in hexadecimal; not at all with key NULL. */
void pass_u8(struct pass *p, const char *key, uint8_t *value);
void pass_u16(struct pass *p, const char *key, uint16_t *value);
void pass_u32(struct pass *p, const char *key, uint32_t *value);
void pass_u64(struct pass *p, const char *key, uint64_t *value);

/* A number of the pass's width. */
void pass_ulong(struct pass *p, const char *key, uint64_t *value);

/* A number of half the pass's width. */
void pass_half(struct pass *p, const char *key, uint32_t *value);

/* n numbers of the pass's width, shown as an array. */
void pass_ulongs(struct pass *p, const char *key, uint64_t *values, size_t n);

/* Bytes that are kept as they are and never shown: padding, or fields that the walk shows by itself. */
void pass_bytes(struct pass *p, uint8_t *bytes, size_t n);

/* Opens and closes an object or array when showing. */
void pass_begin(struct pass *p, const char *key, bool array);
void pass_end(struct pass *p);

#endif
