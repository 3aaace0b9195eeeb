/* SPDX-License-Identifier: MIT */
#ifndef XSR_LIBXC_P2M_FRAMES_H
#define XSR_LIBXC_P2M_FRAMES_H

#include "family.h"

extern const struct record_family p2m_frames_family;

#endif
