/* SPDX-License-Identifier: MIT */
/*
 * Messages between the two sides: lines of text, "XCM1 TOKEN WORD TEXT". The stream goes between them, on the same
 * descriptor, while no message can come there. specs/migration-protocol.md has the bytes.
 */
#ifndef XC_MIGRATE_CHANNEL_H
#define XC_MIGRATE_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol.h"

/* Longest line, its end included: less than what a pipe takes at once. */
#define CHANNEL_LINE 512

/* A number by which both sides know the messages of one migration, in hexadecimal. */
#define CHANNEL_TOKEN 16

struct channel {
	int in, out;                   /* descriptors, the caller's; -1 if closed */
	int signal_fd;                 /* readable when the user wants an end; -1 for none */
	char token[CHANNEL_TOKEN + 1]; /* "" until the first message came */
	char line[CHANNEL_LINE];       /* what was read and not yet taken */
	size_t length;                 /* of it */
	char text[CHANNEL_LINE];       /* what came with the last message, or what was strange; printable */
};

/* Makes a token up. */
bool channel_make_token(struct channel *channel);

/*
 * Waits for a message until a moment (in ms, as channel_now() counts; in the past: does not wait). A message, or
 * EV_STRANGE, EV_LOST, EV_SIGNAL (which takes the signal), EV_TIMEOUT.
 */
enum event channel_wait(struct channel *channel, int64_t until);

/*
 * Sends a message with text. False if nothing of it went out; once a part of it did, it counts as sent, and whether it
 * arrives is another question.
 */
bool channel_send(struct channel *channel, enum event message, const char *text);

/* Milliseconds of a clock that only goes forward. */
int64_t channel_now(void);

#endif
