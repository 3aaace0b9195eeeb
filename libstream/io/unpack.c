/* SPDX-License-Identifier: MIT */
/* Undoing of compression: the parts of an input one behind the other, whatever the form. */
#include "io/io.h"

enum xsr_status unpack_damaged(struct xsr_source *s, enum xsr_status status, const char *what,
    struct xsr_finding *error)
{
	struct xsr_finding unwanted;

	if (!error)
		error = &unwanted;
	io_fail(error, F_STREAM_COMPRESSION, xsr_source_position(s), 0);
	error->status = status;
	finding_found(error, "%s", what);
	return status;
}

/* Gets more compressed bytes if there are none; *end says that there are no more. */
static enum xsr_status refill(struct xsr_source *s, bool *end, struct xsr_finding *error)
{
	struct unpacker *u = s->unpacker;
	enum xsr_status status;
	size_t got;

	*end = false;
	if (u->left)
		return XSR_OK;
	status = source_read_raw(s, u->input, sizeof(u->input), &got, error);
	u->next = u->input;
	u->left = got;
	*end = got == 0;
	return status;
}

enum xsr_status unpack_between(struct xsr_source *s, uint8_t first, struct xsr_finding *error)
{
	struct unpacker *u = s->unpacker;

	while (u->left && *u->next == 0) {
		u->padding = true;
		u->next++;
		u->left--;
	}
	if (u->left && (u->padding || *u->next != first))
		return unpack_damaged(s, XSR_E_CORRUPT, "other bytes behind the compressed data", error);
	return XSR_OK;
}

/* Goes on to where a part is open; *end says that there is none any more. */
static enum xsr_status next_part(struct xsr_source *s, bool *end, struct xsr_finding *error)
{
	struct unpacker *u = s->unpacker;
	enum xsr_status status = XSR_OK;

	*end = false;
	while (status == XSR_OK && u->between && !*end) {
		status = refill(s, end, error);
		if (status == XSR_OK && !*end)
			status = u->ops->open(s, error);
	}
	return status;
}

enum xsr_status unpack_read(struct xsr_source *s, void *data, size_t size, size_t *got,
    struct xsr_finding *error)
{
	struct unpacker *u = s->unpacker;
	enum xsr_status status;
	bool end;

	*got = 0;
	while (!*got && size) {
		status = next_part(s, &end, error);
		if (status != XSR_OK || end)
			return status;
		/* What came before damage is good, and is handed out first. */
		status = u->ops->some(s, data, size, got, error);
		if (status != XSR_OK && !*got)
			return status;
		if (*got || u->between)
			continue;
		status = refill(s, &end, error);
		if (status != XSR_OK)
			return status;
		if (end)
			return unpack_damaged(s, XSR_E_TRUNCATED, "end of input inside the compressed data",
			    error);
	}
	return XSR_OK;
}
