/* SPDX-License-Identifier: MIT */
/* Text for people: names that come from anywhere made harmless, sizes and times made readable. */
#ifndef XSR_CMD_TEXT_H
#define XSR_CMD_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Length of the valid UTF-8 sequence at text (1 to 4), or 0. Stops at a NUL. */
size_t text_utf8(const char *text);

/*
 * Copies text with control characters (C0, DEL, C1) and bytes that are no UTF-8 as \xNN, so that a terminal
 * takes no orders from it. Cuts at size - 1. Returns out.
 */
const char *text_escape(const char *text, char *out, size_t size);

/* "512 B", "4.0 KiB", "1.5 GiB". Returns out. */
const char *text_bytes(uint64_t bytes, char *out, size_t size);

/* "0:07", "12:34", "3:00:00". Returns out. */
const char *text_duration(uint64_t seconds, char *out, size_t size);

/* "1,234,567". Returns out. */
const char *text_count(uint64_t count, char *out, size_t size);

#endif
