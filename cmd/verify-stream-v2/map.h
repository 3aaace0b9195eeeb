/* SPDX-License-Identifier: MIT */
/*
 * --map: the guest's address space as a picture. What was last said of each pfn is collected in a file without a name,
 * four bytes a pfn; memory does not grow with the guest.
 */
#ifndef XSR_VERIFY_STREAM_MAP_H
#define XSR_VERIFY_STREAM_MAP_H

#include <libstream/verify.h>

#include "common/scratch.h"

/* What a pfn is shown as. */
enum map_kind {
	MAP_NOTHING, /* not in the image, or without memory */
	MAP_DATA,    /* content of its own */
	MAP_ALIKE,   /* content that another page before it had, too */
	MAP_ZERO,    /* zeros, sent or not */
	MAP_L1,      /* page tables, pinned or not */
	MAP_L2,
	MAP_L3,
	MAP_L4,
	MAP_BROKEN, /* memory that failed */
	MAP_KINDS
};

/* Bytes of the file for a pfn: kind, an unused one, pass it was last sent in from 1 (0: never), little-endian. */
#define MAP_CELL 4u

/* Contents that are remembered to know them again. */
#define MAP_CONTENTS (1u << 20)

/* While an image goes by. */
struct map {
	struct scratch cells;   /* MAP_CELL bytes a pfn */
	uint64_t *contents;     /* hashes of contents, open addressing; owned */
	uint32_t content_count; /* how many; behind three quarters no new ones are taken */
	uint8_t window[4096];   /* of the file */
	uint64_t window_number; /* which */
	bool has_window;        /* it is read … */
	bool dirty;             /* … and has to be written */
	bool failed;            /* the file failed; cells.error says why */
	uint64_t passes;        /* highest pass */
};

/* False with errno if memory or a file cannot be had. */
bool map_open(struct map *map);
void map_close(struct map *map);

/* For the verifier (xsr_page_fn); context is the map. */
void map_page(void *context, const struct xsr_page *page);

/*
 * Calls a function for each pfn with memory, in ascending order; pass is what it was last sent in. False if the file
 * failed: m->cells.error.
 */
typedef void map_walk_fn(void *context, uint64_t pfn, enum map_kind kind, unsigned pass);
bool map_walk(struct map *map, map_walk_fn *each, void *context);

/* What the picture says above the map. */
struct map_title {
	const char *name;  /* of the input */
	const char *guest; /* "x86 PV", … */
	bool whole;        /* the image is complete */
};

/* Draws to a file at fd and closes it. False with errno if that fails; EIO also stands for the map's own file. */
bool map_draw(struct map *map, const struct map_title *title, int fd);

#endif
