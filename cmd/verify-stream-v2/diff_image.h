/* SPDX-License-Identifier: MIT */
/*
 * An image taken apart for comparison. What is as long as the stream lies in files without a name: the fields of
 * headers and records as lines "path=value", the bodies as they are, and a hash for each pfn.
 */
#ifndef XSR_VERIFY_STREAM_DIFF_IMAGE_H
#define XSR_VERIFY_STREAM_DIFF_IMAGE_H

#include <stdio.h>

#include "common/scratch.h"
#include "verify-stream-v2/options.h"

/* Headers and records besides PAGE_DATA that an image may have to be compared. */
#define DIFF_ITEMS_MAX 65536u

/* Bytes a pfn in the file of hashes: zeros for a pfn without content. */
#define DIFF_HASH_BYTES 16u

/* A header, or a record other than PAGE_DATA. */
struct diff_item {
	enum xsr_layer layer; /* that it is of */
	bool header;          /* type is that of the event, not of a record */
	uint32_t type;        /* which header or record */
	uint32_t number;      /* of the same kind that came before */
	uint64_t offset;      /* in the stream */
	uint64_t fields;      /* where its lines begin */
	uint64_t fields_size; /* bytes of them */
	uint64_t body;        /* where its body begins */
	uint64_t body_size;   /* bytes of it */
};

struct diff_image {
	const char *name;           /* for messages */
	struct xsr_source *source;  /* the input; owned */
	struct scratch hashes;      /* DIFF_HASH_BYTES a pfn */
	FILE *fields;               /* lines of all items */
	FILE *bodies;               /* bodies of all items */
	struct diff_item *items;    /* in the order of the stream; owned */
	uint32_t count;             /* how many */
	uint32_t room;              /* elements there is memory for */
	struct xsr_summary summary; /* of the verifier */
};

/* Name of an item for people and for JSON: "HVM_CONTEXT", "domain header". */
const char *diff_item_name(const struct diff_item *item, char *text, size_t size);

/*
 * Opens an input and the files for what it is taken apart to, then reads it: the second needs no rights. False if that
 * cannot be done, which they say. In any case the image is to be given to diff_image_free().
 */
bool diff_image_open(struct diff_image *image, const char *name);
bool diff_image_read(struct diff_image *image, const struct options *options);
void diff_image_free(struct diff_image *image);

#endif
