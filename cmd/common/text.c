/* SPDX-License-Identifier: MIT */
#include "common/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool continues(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

size_t text_utf8(const char *text)
{
	unsigned char a = (unsigned char)text[0], b;

	if (a < 0x80)
		return a ? 1 : 0;
	if (a < 0xc2 || a > 0xf4 || !continues(text[1]))
		return 0;
	if (a < 0xe0)
		return 2;
	b = (unsigned char)text[1];
	/* Overlong forms, surrogates, and what is beyond U+10FFFF. */
	if ((a == 0xe0 && b < 0xa0) || (a == 0xed && b > 0x9f) || (a == 0xf0 && b < 0x90) ||
	    (a == 0xf4 && b > 0x8f))
		return 0;
	if (!continues(text[2]))
		return 0;
	if (a < 0xf0)
		return 3;
	return continues(text[3]) ? 4 : 0;
}

/* C1 controls are two bytes in UTF-8. */
static bool is_control(const char *text, size_t n)
{
	unsigned char a = (unsigned char)text[0];

	if (n == 2)
		return a == 0xc2 && (unsigned char)text[1] < 0xa0;
	return n == 1 && (a < ' ' || a == 0x7f);
}

const char *text_escape(const char *text, char *out, size_t size)
{
	size_t used = 0;

	while (*text) {
		size_t n = text_utf8(text);

		if (n && !is_control(text, n)) {
			if (used + n >= size)
				break;
			memcpy(out + used, text, n);
			used += n;
			text += n;
			continue;
		}
		if (used + 4 >= size)
			break;
		snprintf(out + used, 5, "\\x%02x", (unsigned char)*text);
		used += 4;
		text++;
	}
	out[used] = '\0';
	return out;
}

const char *text_bytes(uint64_t bytes, char *out, size_t size)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	uint64_t tenths;
	unsigned unit = 0;

	if (bytes < 1024) {
		snprintf(out, size, "%" PRIu64 " B", bytes);
		return out;
	}
	/* Down to a number below 1024 of the unit, kept at 1/1024 of it. */
	while (bytes >= UINT64_C(1024) * 1024 && unit < 5) {
		bytes /= 1024;
		unit++;
	}
	unit++;
	tenths = bytes / 1024 * 10 + bytes % 1024 * 10 / 1024;
	if (tenths >= 1000)
		snprintf(out, size, "%" PRIu64 " %s", tenths / 10, units[unit]);
	else
		snprintf(out, size, "%" PRIu64 ".%" PRIu64 " %s", tenths / 10, tenths % 10, units[unit]);
	return out;
}

const char *text_duration(uint64_t seconds, char *out, size_t size)
{
	uint64_t minutes = seconds / 60;

	if (minutes < 60)
		snprintf(out, size, "%" PRIu64 ":%02" PRIu64, minutes, seconds % 60);
	else
		snprintf(out, size, "%" PRIu64 ":%02" PRIu64 ":%02" PRIu64, minutes / 60, minutes % 60,
		    seconds % 60);
	return out;
}

const char *text_count(uint64_t count, char *out, size_t size)
{
	char digits[24];
	int n = snprintf(digits, sizeof(digits), "%" PRIu64, count);
	size_t used = 0;

	for (int i = 0; i < n && used + 2 < size; i++) {
		if (i && (n - i) % 3 == 0)
			out[used++] = ',';
		out[used++] = digits[i];
	}
	out[used] = '\0';
	return out;
}
