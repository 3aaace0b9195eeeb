/* SPDX-License-Identifier: MIT */
/*
 * The device model of an HVM guest, a QEMU, as a save needs it: it must tell the hypervisor which pages it dirties,
 * stand still while the guest does, give its state away, and go on if the guest goes on.
 */
#ifndef XC_SAVE_DEVICE_MODEL_H
#define XC_SAVE_DEVICE_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "xen-common/fault.h"

struct device_model;

/* One that listens at this socket; nothing is done yet. NULL if memory is short. */
struct device_model *device_model_new(const char *socket);

/* Free with device_model_free(), NULL is allowed. It is left as it is. */
void device_model_free(struct device_model *model);

/* Is it there, and does it answer? Each call waits for timeout_s at most, and *fault says why it failed. */
bool device_model_check(struct device_model *model, int timeout_s, struct fault *fault);

/* Switches the log of the pages that it dirties on or off. */
bool device_model_log_dirty(struct device_model *model, bool on, int timeout_s, struct fault *fault);

/*
 * Stops it and takes its state; the guest must stand still already. release: it also lets go of its disks, so that
 * another one may open them before it goes on. After a failure, too, it may have been stopped.
 */
bool device_model_stop(struct device_model *model, bool release, int timeout_s, struct fault *fault);

/* It may have been stopped by a save that is no more: device_model_stopped() from now on. */
void device_model_suspect(struct device_model *model);

/* True from the attempt to stop it until it said that it goes on. */
bool device_model_stopped(const struct device_model *model);

/* Its state: a descriptor of a file, at its beginning, and the bytes there. -1 if none was taken. */
int device_model_state(const struct device_model *model, uint64_t *size);

/* Lets it go on. */
bool device_model_continue(struct device_model *model, int timeout_s, struct fault *fault);

#endif
