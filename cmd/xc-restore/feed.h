/* SPDX-License-Identifier: MIT */
/*
 * The image on its way from the input to the engine: decoder and verifier look at every byte first, and only
 * what they found good is handed on. It moves in a thread of its own, so that an input that stands still does
 * not keep the main thread from taking signals and looking after the domain.
 *
 * The thread stops once by itself, where all is known that is needed to make a domain, and waits for
 * feed_go().
 */
#ifndef XC_RESTORE_FEED_H
#define XC_RESTORE_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libstream/format.h>
#include <libstream/verify.h>

#include "xen-common/fault.h"

/* Lines about the image kept for the user; more are only counted. */
#define FEED_LINES 8

/* The body of a record that is judged as a whole. */
struct feed_blob {
	uint8_t *data; /* NULL if the image has none */
	size_t size;   /* bytes */
};

/* What the beginning of the image says. */
struct feed_head {
	bool has_config;         /* an xl image */
	bool has_libxl;          /* a libxl stream, which may have the device model's state at its end */
	bool config_is_json;     /* else it is xl.cfg text */
	struct feed_blob config; /* text, with its NUL if it has one */
	struct xsr_image_header image;   /* version and byte order */
	struct xsr_domain_header domain; /* type */
	struct feed_blob cpuid, msrs;    /* CPU policy */
};

enum feed_state {
	FEED_READS, /* the head, or after feed_go() the rest */
	FEED_WAITS, /* the head is complete */
	FEED_OVER,  /* all was read, or nothing more will be */
};

struct feed;

/* Prepares a feed from fd, which stays the caller's. NULL and *fault on failure. */
struct feed *feed_new(int fd, struct fault *fault);

/* Starts the thread. */
bool feed_start(struct feed *feed, struct fault *fault);

/* Readable when the state has changed; feed_state() takes the news. */
int feed_fd(const struct feed *feed);
enum feed_state feed_state(struct feed *feed);

/* In FEED_WAITS and later: the head. Owned by the feed. */
const struct feed_head *feed_head(const struct feed *feed);

/*
 * In FEED_WAITS: go on. The libxc image goes to engine_fd, which the feed closes at its end or first fault; -1
 * for nowhere. The device model's state goes to emulator_fd, which stays the caller's; -1 for nowhere.
 */
void feed_go(struct feed *feed, int engine_fd, int emulator_fd);

/* In FEED_WAITS: do not go on. */
void feed_cancel(struct feed *feed);

/* Waits for FEED_OVER; false if it does not come in time. */
bool feed_join(struct feed *feed, int patience_ms);

/* In FEED_OVER: true if the image is whole and good, else *fault says why not. */
bool feed_result(const struct feed *feed, struct fault *fault);

/* In FEED_OVER: the engine did not take everything. It has the reason; not a fault of the feed. */
bool feed_engine_left(const struct feed *feed);

/* In FEED_OVER: bytes of device model state, and its kind (XSR_EMULATOR_*). 0 if there is none. */
uint64_t feed_emulator_size(const struct feed *feed);
uint32_t feed_emulator_id(const struct feed *feed);

/* In FEED_OVER: what the image has for the device model in xenstore, pairs without the record's head. */
const struct feed_blob *feed_model_nodes(const struct feed *feed);

/* Bytes of the stream so far, at any time; the size of the input if it is known and not compressed, else 0. */
uint64_t feed_bytes(const struct feed *feed);
uint64_t feed_size(const struct feed *feed);

/* In FEED_OVER: what the verifier said, line by line; NULL past the end. And what it learned. */
const char *feed_line(const struct feed *feed, unsigned index);
const struct xsr_summary *feed_summary(const struct feed *feed);

/* Frees a feed that is not running; one that is stuck is leaked on purpose. NULL is allowed. */
void feed_free(struct feed *feed);

#endif
