/* SPDX-License-Identifier: MIT */
/*
 * A store of the library (struct xsr_store) over a file without a name, in TMPDIR or /var/tmp: it is gone
 * when it is closed, however the tool ends. Bytes that were not written take no room.
 */
#ifndef XSR_CMD_SCRATCH_H
#define XSR_CMD_SCRATCH_H

#include <stdio.h>

#include <libstream/verify.h>

struct scratch {
	int fd;    /* -1 when closed */
	int error; /* errno of the first call that failed, 0 if none did */
};

/* Makes the file; false if it cannot be made, with errno. */
bool scratch_open(struct scratch *scratch);

/* A file of the same kind for stdio, to be closed by fclose(); NULL with errno if it cannot be made. */
FILE *scratch_file(void);

/* Where bytes that were written are next, at offset or behind it; UINT64_MAX if there are none. */
uint64_t scratch_next(const struct scratch *scratch, uint64_t offset);

/* Nothing happens if it is not open. */
void scratch_close(struct scratch *scratch);

/* Its functions for the library, and for whoever wants to look into it. */
bool scratch_read(void *context, uint64_t offset, void *data, size_t size);
bool scratch_write(void *context, uint64_t offset, const void *data, size_t size);
struct xsr_store scratch_store(struct scratch *scratch);

#endif
