/* SPDX-License-Identifier: MIT */
/* What the undoing of gzip and of zstd have in common. */
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

enum xsr_status unpack_refill(struct xsr_source *s, bool *end, struct xsr_finding *error)
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
