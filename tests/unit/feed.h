/* SPDX-License-Identifier: MIT */
/*
 * What the unit tests share: the vectors and their manifest, and feeding bytes through a decoder in pieces.
 * These helpers end the test (ck_abort) on any failure of their own.
 */
#ifndef XSR_TESTS_FEED_H
#define XSR_TESTS_FEED_H

#include <libstream/encoder.h>
#include <libstream/verify.h>

#include <stdio.h>

/* Sizes of pieces that a test runs at, ended by 0, which means "all at once". */
#define FEED_CHUNK_COUNT 9
extern const size_t feed_chunks[FEED_CHUNK_COUNT];

/* Bytes, owned by whoever got them. */
struct feed_blob {
	uint8_t *data; /* NULL if empty */
	size_t size;   /* how many */
};

void feed_blob_free(struct feed_blob *blob);

/* Adds n bytes at the end. */
void feed_blob_add(struct feed_blob *blob, const void *data, size_t n);

#define FEED_FINDINGS_MAX 16

/* A row of the manifest of vectors. Strings live until the end of the program. */
struct feed_vector {
	const char *name;    /* "good-…", "bad-…", "unsupported-…" */
	const char *file;    /* name with suffix */
	const char *verdict; /* "good", "bad", "unsupported" */
	const char *format;  /* xsr_format_name() of it; "none" and "" for neither */
	const char *depth;   /* least depth at which its findings show */
	const char *stage;   /* "base" or "deep" */
	const char *findings[FEED_FINDINGS_MAX + 1]; /* IDs, ended by NULL */
	bool has_record;     /* the next two are valid */
	uint64_t offset;     /* of the record or header at fault */
	int status;          /* exit status that a verifier gives */
};

/* All vectors, ended by one without a name. */
const struct feed_vector *feed_vectors(void);

/* The bytes of a vector, uncompressed if it is gzip'd. A damaged gzip file gives an empty blob. */
struct feed_blob feed_vector_load(const struct feed_vector *vector);

/*
 * Smallest piece that a vector is worth feeding in: 1, but for the few that are many MiB long. What the small sizes
 * show, they show with the others.
 */
size_t feed_smallest(size_t size);

typedef void feed_event_fn(void *context, const struct xsr_event *event);

/* How to feed. Members that are not used are zero. */
struct feed {
	size_t chunk;           /* bytes at a time; 0: all at once */
	enum xsr_format format; /* for xsr_decoder_new() */
	bool skip;              /* skip page data instead of feeding it */
	bool omit_pages;        /* leave PAGES out of feed_events_text() */
	feed_event_fn *event;   /* NULL for none */
	void *context;          /* its first argument */
};

/* Feeds all bytes, then finishes. Returns the decoder's status; *error (may be NULL) is its error, if any. */
enum xsr_status feed_run(const struct feed *feed, const void *data, size_t size, struct xsr_finding *error);

/* The same with a decoder of the caller, without finishing it; stops at a fault. */
enum xsr_status feed_into(struct xsr_decoder *decoder, const struct feed *feed, const void *data, size_t size);

/*
 * The events as text, a line each, closing with the status. What the feed size may change is taken out: pieces of
 * a run of bytes or of entries are joined to one line with length and checksum. To be freed.
 */
char *feed_events_text(const struct feed *feed, const void *data, size_t size);

/* Findings of a verifier as text: "id offset\n" each. To be freed. */
char *feed_findings_text(enum xsr_depth depth, size_t chunk, const void *data, size_t size);

/* An event callback that hands events on to a verifier (context). */
void feed_to_verifier(void *context, const struct xsr_event *event);

#endif
