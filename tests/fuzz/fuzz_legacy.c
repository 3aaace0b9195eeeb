/* SPDX-License-Identifier: MIT */
/* The decoder of legacy images: any bytes, in any pieces. */
#include <libstream/legacy.h>

#include <string.h>

#include "fuzz.h"

/* Counts what must not depend on the pieces. */
struct seen {
	size_t size;       /* of the input */
	uint64_t findings; /* reported */
};

static void on_finding(void *context, const struct xsr_finding *f)
{
	struct seen *seen = context;

	PROMISE(xsr_catalogue_find(f->id));
	seen->findings++;
}

static enum xsr_status decode(const uint8_t *data, size_t size, uint64_t random, struct seen *seen)
{
	struct xsr_legacy_demand demand = {0};
	struct xsr_legacy *decoder = xsr_legacy_new(&demand, on_finding, seen);
	const struct xsr_legacy_event *event;
	enum xsr_status status = XSR_OK;
	size_t at = 0, used;

	PROMISE(decoder);
	while (status == XSR_OK && at < size) {
		uint64_t skip = xsr_legacy_skippable(decoder);
		size_t n = next_piece(&random, size - at);

		if (skip && next_random(&random) % 2) {
			n = skip < size - at ? (size_t)skip : size - at;
			PROMISE(xsr_legacy_skip(decoder, n) == XSR_OK);
			at += n;
			continue;
		}
		status = xsr_legacy_feed(decoder, data + at, n, &used, &event);
		PROMISE(used <= n && (status == XSR_OK || !event));
		PROMISE(status != XSR_OK || event || used == n);
		at += used;
	}
	if (status == XSR_OK)
		status = xsr_legacy_finish(decoder);
	PROMISE((status == XSR_OK) == !xsr_legacy_error(decoder));
	PROMISE(xsr_legacy_release(decoder));
	xsr_legacy_free(decoder);
	return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen one = {.size = size}, other = {.size = size};
	uint64_t random = seed_of(data, size);

	PROMISE(decode(data, size, random, &one) == decode(data, size, ~random, &other));
	PROMISE(one.findings == other.findings);
	return 0;
}
