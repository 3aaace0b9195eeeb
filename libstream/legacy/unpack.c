/* SPDX-License-Identifier: MIT */
#include "legacy/unpack.h"

#include <stdlib.h>
#include <string.h>

#define WORD      4u    /* runs are counted in these, whatever the width */
#define SKIP      0x80u /* marker: keep what is there */
#define LENGTH    0x7fu
#define EMPTY     0x00u /* first byte of a unit that changes nothing */
#define FULL      0x80u /* first byte of a unit that is a page */
#define FIRST_ROOM 4096u

bool unpack_idle(const struct unpack *u)
{
	return u->begin == u->end && !u->left;
}

/* Room for n more at the end: moves what is in use to the front, or grows. */
static bool make_room(struct unpack *u, size_t n)
{
	size_t used = u->end - u->begin, size = u->size ? u->size : FIRST_ROOM;
	uint32_t *queue;

	if (u->end + n <= u->size)
		return true;
	if (u->begin && used) {
		memmove(u->queue, u->queue + u->begin, used * sizeof(*u->queue));
	}
	u->begin = 0;
	u->end = used;
	if (used + n <= u->size)
		return true;
	while (size < used + n)
		size *= 2;
	if (size > 2 * UNPACK_QUEUE_MAX)
		return false;
	queue = realloc(u->queue, size * sizeof(*queue));
	if (!queue)
		return false;
	u->queue = queue;
	u->size = size;
	return true;
}

bool unpack_push(struct unpack *u, const uint32_t *entries, uint32_t count)
{
	if (u->end - u->begin > UNPACK_QUEUE_MAX || !make_room(u, (size_t)count + 1))
		return false;
	u->queue[u->end++] = count;
	memcpy(u->queue + u->end, entries, count * sizeof(*entries));
	u->end += count;
	return true;
}

bool unpack_early(struct unpack *u, const uint8_t *data, size_t length)
{
	uint8_t *early;

	if (length > UNPACK_EARLY_MAX - u->early_length)
		return false;
	early = realloc(u->early, u->early_length + length);
	if (!early)
		return false;
	u->early = early;
	memcpy(u->early + u->early_length, data, length);
	u->early_length += length;
	return true;
}

/* Takes a marker; false if none can be there. */
static bool take_marker(struct unpack *u, uint8_t marker)
{
	size_t length = (marker & LENGTH) * WORD;

	if (!length || length > XSR_PAGE_SIZE - u->position)
		return false;
	if (marker & SKIP) {
		u->position += length;
		u->state = UNPACK_MARKER;
	} else {
		u->copy = length;
		u->state = UNPACK_COPY;
	}
	return true;
}

/* The first byte of a unit tells its kind. */
static bool take_first(struct unpack *u, uint8_t byte, bool *complete)
{
	u->position = 0;
	*complete = byte == EMPTY;
	if (byte == EMPTY)
		return true;
	if (byte != FULL)
		return take_marker(u, byte);
	u->copy = XSR_PAGE_SIZE;
	u->state = UNPACK_COPY;
	return true;
}

size_t unpack_unit(struct unpack *u, const uint8_t *data, size_t length, bool *complete)
{
	size_t used = 0;

	*complete = false;
	while (used < length && !*complete) {
		if (u->state == UNPACK_COPY) {
			size_t n = u->copy < length - used ? u->copy : length - used;

			memcpy(u->page + u->position, data + used, n);
			used += n;
			u->position += n;
			u->copy -= n;
			if (!u->copy)
				u->state = UNPACK_MARKER;
		} else if (u->state == UNPACK_MARKER ? !take_marker(u, data[used++])
		                                     : !take_first(u, data[used++], complete)) {
			return SIZE_MAX;
		}
		if (u->state == UNPACK_MARKER && u->position == XSR_PAGE_SIZE)
			*complete = true;
	}
	if (*complete)
		u->state = UNPACK_FIRST;
	return used;
}

void unpack_free(struct unpack *u)
{
	free(u->queue);
	free(u->early);
}
