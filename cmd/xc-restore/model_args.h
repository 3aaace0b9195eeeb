/* SPDX-License-Identifier: MIT */
/*
 * The command line of QEMU as the device model of a restored guest. The guest's devices have to be where they were,
 * so it says the same things in the same order as libxl's.
 */
#ifndef XC_RESTORE_MODEL_ARGS_H
#define XC_RESTORE_MODEL_ARGS_H

#include <stdbool.h>
#include <stdint.h>

#include "plan.h"
#include "xen-common/fault.h"

struct model_facts {
	uint32_t domid;      /* the domain */
	int state_fd;        /* the state to take over, a descriptor that the model inherits */
	const char *run_dir; /* where the sockets of QMP go */
};

/* Path of the socket where libxl looks for QMP. */
void model_socket(const struct model_facts *facts, char *path, size_t size);

/*
 * The words behind the program's name, NULL at the end; free with model_args_free(). NULL and *fault (FAULT_REFUSED)
 * if the configuration has something that this command line cannot say.
 */
char **model_args(const struct plan *plan, const struct model_facts *facts, struct fault *fault);

/* NULL is allowed. */
void model_args_free(char **args);

#endif
