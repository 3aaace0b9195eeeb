/* SPDX-License-Identifier: MIT */
/* What a container's configuration says about the guest's type, and of viridian extensions, without parsing it. */
#ifndef XSR_LEGACY_HINT_H
#define XSR_LEGACY_HINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HINT_WINDOW 24u

/* All zero is the beginning. */
struct hint {
	char window[HINT_WINDOW]; /* the latest bytes that are no blanks */
	uint32_t guest;           /* XSR_DOMAIN_*; 0 while nothing was said */
	bool viridian;            /* the guest has these extensions */
	bool comment;             /* in a comment of xl.cfg text */
};

/* Looks at the next bytes of a configuration: xl.cfg text or JSON, xend's S-expression, libvirt's XML. */
void hint_feed(struct hint *hint, const uint8_t *data, size_t length);

#endif
