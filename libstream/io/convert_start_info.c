/* SPDX-License-Identifier: MIT */
/*
 * PV: the pfns of the store and the console in the start_info page: specs/legacy-stream.md §5.4. Which page that is
 * stands behind all pages, and none of them was looked at: it is read once more, from a file that has it.
 */
#include "io/convert.h"

#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

#include "wire/cursor.h"

/* Where in the page they are, by guest width. */
static const struct field {
	const char *name;    /* of Xen's */
	unsigned at32, at64; /* offsets */
} fields[] = {{"start_info.store_mfn", 0x2c, 0x38}, {"start_info.console.domU.mfn", 0x34, 0x48}};

/* The page, from where it can be had. */
static bool load(const struct page_place *place, uint8_t *page)
{
	ssize_t n;

	do
		n = pread(place->fd, page, XSR_PAGE_SIZE, place->offset);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)XSR_PAGE_SIZE;
}

enum xsr_status start_info_check(const struct xsr_source *source, off_t base, const struct xsr_legacy_demand *demand,
    struct convert_output *output, const struct convert_image *image, const struct convert *convert,
    struct xsr_finding *error)
{
	const struct xsr_legacy_head *h = &convert->head;
	struct page_place place = {.fd = image->fd, .offset = (off_t)convert->told.start_info * XSR_PAGE_SIZE};
	uint8_t page[XSR_PAGE_SIZE];

	if (h->hvm || (image->fd < 0 && !image_find(source, base, demand, output, convert->told.start_info, &place)) ||
	    !load(&place, page))
		return XSR_OK;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		unsigned at = h->guest_width == 4 ? fields[i].at32 : fields[i].at64;
		uint64_t pfn = h->guest_width == 4 ? load_u32(page + at, false) : load_u64(page + at, false);

		if (pfn < h->p2m_size)
			continue;
		finding_make(error, F_LEGACY_START_INFO, XSR_LAYER_LEGACY,
		    place.input ? (uint64_t)(place.offset - base) + at : convert->told.start_info_at, fields[i].name);
		finding_found(error, "0x%" PRIx64, pfn);
		finding_allowed(error, "a pfn below p2m_size 0x%" PRIx64, h->p2m_size);
		return error->status;
	}
	return XSR_OK;
}
