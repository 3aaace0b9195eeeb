/* SPDX-License-Identifier: MIT */
/*
 * Bounded cursors: the only code that turns raw bytes into numbers and back.
 *
 * A cursor covers a fixed range that somebody else owns. Each access is checked once, in reader_skip() or
 * writer_skip(); an access that does not fit sets `failed`, moves nothing and yields zeros, and every later access
 * fails too. So a decoder may read a whole structure and look at `failed` once, at the end.
 */
#ifndef XSR_WIRE_CURSOR_H
#define XSR_WIRE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads from a range of bytes. Invariant: position <= length. */
struct reader {
	const uint8_t *base; /* first byte, not owned */
	size_t length;       /* bytes in the range */
	size_t position;     /* next byte to read */
	bool big_endian;     /* byte order of 16-, 32- and 64-bit values */
	bool failed;         /* some access did not fit */
};

/* Writes to a range of bytes. Invariant: position <= size. */
struct writer {
	uint8_t *base;   /* first byte, not owned */
	size_t size;     /* room */
	size_t position; /* next byte to write */
	bool big_endian; /* byte order of 16-, 32- and 64-bit values */
	bool failed;     /* some access or value did not fit */
};

struct reader reader_make(const void *base, size_t length, bool big_endian);
struct writer writer_make(void *base, size_t size, bool big_endian);

/* State of the invariant; for tests and proofs. */
bool reader_valid(const struct reader *r);
bool writer_valid(const struct writer *w);

/* Bytes left. */
size_t reader_left(const struct reader *r);

/* Passes over n bytes and returns where they begin, or NULL if they do not fit. The one place of the check. */
const uint8_t *reader_skip(struct reader *r, size_t n);
uint8_t *writer_skip(struct writer *w, size_t n);

uint8_t reader_u8(struct reader *r);
uint16_t reader_u16(struct reader *r);
uint32_t reader_u32(struct reader *r);
uint64_t reader_u64(struct reader *r);

/* An unsigned value of width 4 or 8: `unsigned long` of a guest or toolstack of that width. */
uint64_t reader_ulong(struct reader *r, unsigned width);

/* Copies n bytes out; zeros if they do not fit. */
void reader_bytes(struct reader *r, void *to, size_t n);

/* Each takes a 64-bit value and refuses one that is too wide for the field. */
void writer_u8(struct writer *w, uint64_t value);
void writer_u16(struct writer *w, uint64_t value);
void writer_u32(struct writer *w, uint64_t value);
void writer_u64(struct writer *w, uint64_t value);
void writer_ulong(struct writer *w, uint64_t value, unsigned width);
void writer_bytes(struct writer *w, const void *from, size_t n);
void writer_zeros(struct writer *w, size_t n);

/* Single loads for walks over arrays whose bounds the caller has checked. */
uint16_t load_u16(const uint8_t *p, bool big_endian);
uint32_t load_u32(const uint8_t *p, bool big_endian);
uint64_t load_u64(const uint8_t *p, bool big_endian);

/* n of them that stand one behind the other; a whole batch of pfns costs little more than copying it. */
void load_u64s(uint64_t *to, const uint8_t *from, size_t n, bool big_endian);

#endif
