/* SPDX-License-Identifier: MIT */
/* Two savers of one guest would resume or destroy it under each other's hands. */
#ifndef XC_SAVE_LOCK_H
#define XC_SAVE_LOCK_H

#include <stdint.h>

#include "xen-common/fault.h"

/* Takes the lock of a domain; -1 and *fault if it cannot be had. It goes with the process, however that ends. */
int lock_take(uint32_t domid, struct fault *fault);

/* Gives it back, and takes its file away; -1 is allowed. */
void lock_release(uint32_t domid, int lock);

#endif
