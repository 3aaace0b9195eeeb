/* SPDX-License-Identifier: MIT */
#include "release.h"

#include <libstream/format.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIB (1024u * 1024u)

static const struct release_limits limits[] = {
    {{6, 0}, 8 * MIB, 2, 36},
    {{7, 0}, 8 * MIB, 2, 37},
    {{9, 0}, 8 * MIB, 2, 38},
    {{10, 0}, XSR_LIBXC_RECORD_MAX, 2, 39},
    {{14, 0}, XSR_LIBXC_RECORD_MAX, 3, 39},
};

/* Where something arrived: on its own branch, and on older ones that got it later. */
#define BRANCHES 4u

struct arrival {
	struct release on[BRANCHES]; /* oldest first; minor 0 behind the last */
};

struct msr {
	uint32_t first, last; /* numbers */
	unsigned pv;          /* minor version since which PV guests have them, 0 for none */
	unsigned hvm;         /* the same of HVM guests */
};

static const struct msr msrs[] = {
    {0x48, 0x48, 11, 11},
    {0x140, 0x140, 10, 10},
    {0x6e1, 0x6e1, 0, 18},
    {0xd90, 0xd90, 0, 6},
    {0xda0, 0xda0, 0, 7},
    {0xc0000103, 0xc0000103, 12, 0},
    {0xc0011019, 0xc001101b, 6, 6},
    {0xc0011027, 0xc0011027, 6, 6},
    {0xc001011f, 0xc001011f, 0, 17},
};

/* What CPUID policies got after 4.14.0. */
#define LEAF_EXTENDED_OLD 0x8000001cu

static const struct arrival extended_leaves = {{{14, 5}, {15, 3}, {16, 0}}};
static const struct arrival leaf_7_subleaf_2 = {{{14, 5}, {15, 3}, {16, 1}, {17, 0}}};
static const struct arrival arch_capabilities = {{{14, 1}, {15, 0}}};
static const struct arrival wide_lapic = {{{18, 5}, {19, 2}, {20, 1}, {21, 0}}};

/* A decimal number of at most three digits; moves *text behind it. */
static bool number(const char **text, unsigned *value)
{
	size_t digits = strspn(*text, "0123456789");

	if (!digits || digits > 3 || (digits > 1 && **text == '0'))
		return false;
	*value = (unsigned)strtoul(*text, NULL, 10);
	*text += digits;
	return true;
}

bool release_parse(const char *text, struct release *r)
{
	struct release given = {.patch = RELEASE_LATEST};

	if (strncmp(text, "4.", 2) != 0)
		return false;
	text += 2;
	if (!number(&text, &given.minor) || given.minor < RELEASE_FIRST || given.minor > RELEASE_LAST)
		return false;
	if (*text == '.') {
		text++;
		if (!number(&text, &given.patch))
			return false;
	}
	if (*text)
		return false;
	*r = given;
	return true;
}

void release_format(const struct release *r, char *text, size_t size)
{
	if (r->patch == RELEASE_LATEST)
		snprintf(text, size, "4.%u", r->minor);
	else
		snprintf(text, size, "4.%u.%u", r->minor, r->patch);
}

bool release_reached(const struct release *r, unsigned minor, unsigned patch)
{
	return r->minor > minor || (r->minor == minor && r->patch >= patch);
}

static bool arrived(const struct release *r, const struct arrival *a)
{
	const struct release *newest = a->on;

	for (size_t i = 0; i < BRANCHES && a->on[i].minor; i++) {
		newest = &a->on[i];
		if (newest->minor == r->minor)
			return r->patch >= newest->patch;
	}
	return r->minor > newest->minor;
}

const struct release_limits *release_limits(const struct release *r)
{
	const struct release_limits *row = limits;

	for (size_t i = 1; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (release_reached(r, limits[i].since.minor, limits[i].since.patch))
			row = &limits[i];
	return row;
}

bool release_has_form(const struct release *r, const char *since)
{
	struct release first;

	/* Forms of releases that read no version 2 are everybody's. */
	if (!release_parse(since, &first))
		return true;
	if (strcmp(since, "4.18.5") == 0)
		return arrived(r, &wide_lapic);
	return r->minor >= first.minor;
}

bool release_loads_msr(const struct release *r, bool hvm, uint32_t index)
{
	for (size_t i = 0; i < sizeof(msrs) / sizeof(msrs[0]); i++) {
		unsigned since = hvm ? msrs[i].hvm : msrs[i].pv;

		if (index >= msrs[i].first && index <= msrs[i].last)
			return !since || r->minor >= since;
	}
	return true;
}

/* Releases before 4.14 read no policies: they refuse the image as a whole. */
bool release_knows_leaf(const struct release *r, uint32_t leaf, uint32_t subleaf)
{
	if (r->minor < 14)
		return true;
	if (leaf == 7 && subleaf == 2)
		return arrived(r, &leaf_7_subleaf_2);
	if (leaf > LEAF_EXTENDED_OLD && leaf <= 0x80000021)
		return arrived(r, &extended_leaves);
	return true;
}

bool release_knows_policy_msr(const struct release *r, uint32_t index)
{
	return index != 0x10a || r->minor < 14 || arrived(r, &arch_capabilities);
}
