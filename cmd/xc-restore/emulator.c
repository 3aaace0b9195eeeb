/* SPDX-License-Identifier: MIT */
#include "emulator.h"

#include <errno.h>
#include <unistd.h>

#include <libstream/records.h>

/* Most state taken, as libxl's readers do not say: QEMU's is some MiB, mostly video memory. */
#define EMULATOR_MAX (UINT32_C(1) << 30)

static bool put(int fd, const uint8_t *data, size_t length, uint64_t at, struct fault *fault)
{
	while (length > 0) {
		ssize_t written = pwrite(fd, data, length, (off_t)at);

		if (written < 0 && errno != EINTR)
			return fault_errno(fault, FAULT_SYSTEM, "cannot keep the device model's state");
		if (written > 0) {
			data += written;
			at += (uint64_t)written;
			length -= (size_t)written;
		}
	}
	return true;
}

/* The record's head of two numbers is at the front of the first piece. */
bool emulator_piece(struct emulator_state *s, const struct xsr_event *e, struct fault *fault)
{
	const uint8_t *data = e->u.bytes.data;
	size_t length = e->u.bytes.length;
	struct xsr_emulator emulator;

	if (e->u.bytes.position == 0) {
		if (xsr_emulator_decode(data, length, e->record->big_endian, &emulator) != XSR_OK)
			return true;
		s->pending = true;
		s->next_id = emulator.id;
		s->next_size = 0;
		data += XSR_EMULATOR_HEAD_SIZE;
		length -= XSR_EMULATOR_HEAD_SIZE;
	}
	if (length > EMULATOR_MAX - s->next_size)
		return fault_set(fault, FAULT_STREAM, "the device model's state is longer than %u bytes",
		    EMULATOR_MAX);
	if (s->fd >= 0 && !put(s->fd, data, length, s->size + s->next_size, fault))
		return false;
	s->next_size += length;
	return true;
}

static bool cut(struct emulator_state *s, struct fault *fault)
{
	if (s->fd >= 0 && ftruncate(s->fd, (off_t)s->size) != 0)
		return fault_errno(fault, FAULT_SYSTEM, "cannot cut the device model's state");
	return true;
}

/* To the front of the file; the places may overlap, but what is read is always ahead of what is written. */
static bool move_down(struct emulator_state *s, struct fault *fault)
{
	static uint8_t bytes[1 << 16];
	uint64_t done = 0;

	while (s->fd >= 0 && s->size > 0 && done < s->next_size) {
		uint64_t left = s->next_size - done;
		ssize_t got = pread(s->fd, bytes, left < sizeof(bytes) ? (size_t)left : sizeof(bytes),
		    (off_t)(s->size + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			errno = got == 0 ? EIO : errno;
			return fault_errno(fault, FAULT_SYSTEM, "cannot read the device model's state back");
		}
		if (!put(s->fd, bytes, (size_t)got, done, fault))
			return false;
		done += (uint64_t)got;
	}
	return true;
}

bool emulator_commit(struct emulator_state *s, struct fault *fault)
{
	/* That of an earlier checkpoint does not go with this one. */
	if (!s->pending) {
		s->size = 0;
		return cut(s, fault);
	}
	if (!move_down(s, fault))
		return false;
	s->pending = false;
	s->id = s->next_id;
	s->size = s->next_size;
	return cut(s, fault);
}

bool emulator_drop(struct emulator_state *s, struct fault *fault)
{
	s->pending = false;
	return cut(s, fault);
}
