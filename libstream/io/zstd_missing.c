/* SPDX-License-Identifier: MIT */
/* Instead of zstd.c where its library was not there for the build: such input is told, not read. */
#include "io/io.h"

#include <stdlib.h>

static enum xsr_status refuse(struct xsr_source *s, void *data, size_t size, size_t *got,
    struct xsr_finding *error)
{
	(void)data;
	(void)size;
	*got = 0;
	(void)unpack_damaged(s, XSR_E_UNSUPPORTED, "zstd", error);
	if (error)
		finding_allowed(error, "gzip: this build is one without zstd");
	return XSR_E_UNSUPPORTED;
}

static void release(struct unpacker *u)
{
	free(u);
}

struct unpacker *zstd_new(void)
{
	static const struct unpacker_ops ops = {.name = "zstd", .some = refuse, .free = release};
	struct unpacker *u = calloc(1, sizeof(*u));

	if (u)
		u->ops = &ops;
	return u;
}
