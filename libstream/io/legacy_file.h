/* SPDX-License-Identifier: MIT */
/* One more reading of a legacy image that is a file: everything but its page data, which is passed over unseen. */
#ifndef XSR_IO_LEGACY_FILE_H
#define XSR_IO_LEGACY_FILE_H

#include <libstream/legacy.h>

#include <sys/types.h>

struct legacy_file;

/* The image at offset base of fd, whose own position is not touched. NULL if memory is short. */
struct legacy_file *legacy_file_open(int fd, off_t base, const struct xsr_legacy_demand *demand);

/* The next event; those about page data only say where it is. NULL: the end, or a fault. */
const struct xsr_legacy_event *legacy_file_next(struct legacy_file *file);

/* Behind the last event: true if the image is good up to its end. */
bool legacy_file_good(struct legacy_file *file);

/* errno of a read that failed, or 0. */
int legacy_file_errno(const struct legacy_file *file);

void legacy_file_close(struct legacy_file *file);

#endif
