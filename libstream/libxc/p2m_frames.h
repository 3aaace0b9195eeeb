/* SPDX-License-Identifier: MIT */
#ifndef XSR_LIBXC_P2M_FRAMES_H
#define XSR_LIBXC_P2M_FRAMES_H

#include "family.h"

extern const struct record_family p2m_frames_family;

#define P2M_UNIT 8u /* the head and each frame have this size */

/* A body as a row of units, put together from pieces that are cut anywhere. All zero before the first piece. */
struct p2m_units {
	uint8_t held[P2M_UNIT]; /* the beginning of a unit that the last piece broke off */
	uint32_t have;          /* bytes in held */
	uint32_t next;          /* number of the next unit; 0 is the head */
};

/* Takes bytes from a piece until a unit is complete, and returns that; NULL if the piece is used up before. */
const uint8_t *p2m_units_next(struct p2m_units *units, const uint8_t **data, size_t *length);

#endif
