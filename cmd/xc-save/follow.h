/* SPDX-License-Identifier: MIT */
/*
 * Follows a file while the engine writes it: headers and records are read back and decoded, page data is passed over by
 * its length. So a guest's pages are copied once on their way, by whoever writes them, and not again by us.
 */
#ifndef XC_SAVE_FOLLOW_H
#define XC_SAVE_FOLLOW_H

#include <stdbool.h>
#include <stdint.h>

#include <libstream/decoder.h>

#include "xen-common/fault.h"

struct follow {
	int file_fd;                 /* what grows, from its beginning; its offset is the writer's and left alone */
	int growth_fd;               /* of follow_watch(), made before the writer began */
	int end_fd;                  /* the other end of a pipe that the writer holds open as long as it writes */
	struct xsr_decoder *decoder; /* has seen nothing yet */
	bool (*event)(void *context, const struct xsr_event *event); /* false: enough */
	void (*tick)(void *context, uint64_t offset);                /* so far decoded, after each event */
	void (*waits)(void *context, uint64_t offset);               /* all there is was decoded */
	void *context;                                               /* for the three */
};

/*
 * A descriptor that tells when a file grows. -1 if there is none to be had, or if guests' pages may not be written to
 * that file as they are: they are no ordinary memory, and only a file system that copies them first takes them.
 */
int follow_watch(int file_fd);

/*
 * Until the writer is gone and all it wrote was seen, or the consumer has enough, or the decoder, which has the reason.
 * False and *fault if the file cannot be followed.
 */
bool follow_run(const struct follow *follow, struct fault *fault);

#endif
