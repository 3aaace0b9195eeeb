/* SPDX-License-Identifier: MIT */
/*
 * Bytes put aside until it is known what becomes of them: a little in memory, more in a temporary file without a
 * name.
 */
#ifndef XSR_IO_SPOOL_H
#define XSR_IO_SPOOL_H

#include "io/io.h"

#define SPOOL_MEMORY 65536u

struct spool {
	const char *tmpdir;     /* where to make the file; NULL means /tmp */
	uint8_t *memory;        /* the bytes while they are few; SPOOL_MEMORY of room, or NULL */
	struct xsr_sink *sink;  /* over the file, or NULL */
	int fd;                 /* the file, or -1 */
	uint64_t size;          /* bytes put aside */
};

void spool_init(struct spool *s, const char *tmpdir);
void spool_free(struct spool *s);

/* A temporary file without a name, readable by nobody else; -1 and errno. */
int spool_file(const char *tmpdir);

/* Adds bytes. */
enum xsr_status spool_write(struct spool *s, const void *data, size_t size, struct xsr_finding *error);

/* Adds bytes of a source; *moved is less than size only at its end. */
enum xsr_status spool_move(struct spool *s, struct xsr_source *source, uint64_t size, uint64_t *moved,
    struct xsr_finding *error);

/* A source over what was put aside, to be freed before the spool changes; NULL if that fails. */
struct xsr_source *spool_source(struct spool *s, struct xsr_finding *error);

/* Forgets it all. */
enum xsr_status spool_clear(struct spool *s, struct xsr_finding *error);

#endif
