/* SPDX-License-Identifier: MIT */
/*
 * The guest's memory behind the uncompressed rounds. Whether a stream is compressed shows only when those are over,
 * and nobody else needs a copy of the guest: so they are read a second time, from whichever end of the conversion is
 * a file. Only if neither is one are pages kept while they pass.
 */
#include "io/convert.h"
#include "io/legacy_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A pass over a file that only wants the pages: to copy all of them, or to find one. */
struct pass_over {
	int from;                    /* the file */
	int to;                      /* the image, or -1: find one */
	uint64_t wanted;             /* its pfn */
	off_t seen;                  /* where it was last, or -1 */
	off_t found;                 /* the same in rounds that are complete */
	off_t offset;                /* of the next byte to read */
	size_t begin, end;           /* of what is in buffer */
	struct xsr_finding *error;   /* what failed */
	uint64_t entries[1024];      /* of a batch: pfns of pages with data */
	uint32_t count;              /* how many */
	uint8_t buffer[IO_CHUNK];    /* what was read */
};

static enum xsr_status get(int fd, uint8_t *data, size_t size, off_t offset, struct xsr_finding *error)
{
	while (size) {
		ssize_t n = pread(fd, data, size, offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return io_fail(error, F_IO_TEMPORARY, (uint64_t)offset, errno);
		/* Behind the end of the image is memory that never had a page. */
		if (n == 0) {
			memset(data, 0, size);
			return XSR_OK;
		}
		data += n;
		offset += n;
		size -= (size_t)n;
	}
	return XSR_OK;
}

static enum xsr_status put(int fd, const uint8_t *data, size_t size, off_t offset, struct xsr_finding *error)
{
	while (size) {
		ssize_t n = pwrite(fd, data, size, offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return io_fail(error, F_IO_TEMPORARY, (uint64_t)offset, errno);
		data += n;
		offset += n;
		size -= (size_t)n;
	}
	return XSR_OK;
}

enum xsr_status image_load(const struct convert_image *image, uint32_t pfn, uint8_t *page, struct xsr_finding *error)
{
	return get(image->fd, page, XSR_PAGE_SIZE, (off_t)pfn * XSR_PAGE_SIZE, error);
}

enum xsr_status image_store(const struct convert_image *image, uint32_t pfn, const uint8_t *page,
    struct xsr_finding *error)
{
	return put(image->fd, page, XSR_PAGE_SIZE, (off_t)pfn * XSR_PAGE_SIZE, error);
}

/* Reads more; false at the end or on failure. */
static bool refill(struct pass_over *p, enum xsr_status *status)
{
	ssize_t n;

	do
		n = pread(p->from, p->buffer, sizeof(p->buffer), p->offset);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		*status = io_fail(p->error, F_IO_TEMPORARY, (uint64_t)p->offset, errno);
	if (n <= 0)
		return false;
	p->offset += n;
	p->begin = 0;
	p->end = (size_t)n;
	return true;
}

/* Copies the pages of the batch, which begin at `at` in the file, or notes where the wanted one is. */
static enum xsr_status take_pages(struct pass_over *p, off_t at)
{
	uint8_t page[XSR_PAGE_SIZE];

	for (uint32_t i = 0; p->to < 0 && i < p->count; i++)
		if (p->entries[i] == p->wanted)
			p->seen = at + (off_t)i * XSR_PAGE_SIZE;
	if (p->to < 0)
		return XSR_OK;
	for (uint32_t i = 0; i < p->count; i++) {
		off_t from = at + (off_t)i * XSR_PAGE_SIZE, to = (off_t)p->entries[i] * XSR_PAGE_SIZE;
		enum xsr_status status = get(p->from, page, sizeof(page), from, p->error);

		if (status == XSR_OK)
			status = put(p->to, page, sizeof(page), to, p->error);
		if (status != XSR_OK)
			return status;
	}
	return XSR_OK;
}

/* Where the decoder stands in the file, and going on behind page data. */
static off_t here(const struct pass_over *p)
{
	return p->offset - (off_t)(p->end - p->begin);
}

static void jump(struct pass_over *p, uint64_t size)
{
	p->offset = here(p) + (off_t)size;
	p->begin = 0;
	p->end = 0;
}

static void keep_entry(struct pass_over *p, uint64_t pfn, unsigned type)
{
	if (xsr_page_has_data(type) && p->count < 1024)
		p->entries[p->count++] = pfn;
}

/* True when what follows is compressed. */
static bool legacy_batch(struct pass_over *p, const struct xsr_legacy_event *e)
{
	p->count = 0;
	for (uint32_t i = 0; i < e->u.batch.count; i++)
		keep_entry(p, e->u.batch.entries[i] & XSR_LEGACY_PFN_MASK, XSR_LEGACY_TYPE(e->u.batch.entries[i]));
	return e->u.batch.compressed;
}

static enum xsr_status from_legacy(struct pass_over *p, off_t base, const struct xsr_legacy_demand *demand)
{
	struct legacy_file *f = legacy_file_open(p->from, base, demand);
	enum xsr_status status = f ? XSR_OK : io_fail(p->error, F_IO_MEMORY, 0, ENOMEM);
	const struct xsr_legacy_event *e;

	while (status == XSR_OK && (e = legacy_file_next(f)) != NULL) {
		if (e->type == XSR_LEGACY_ENTRIES && legacy_batch(p, e))
			break;
		if (e->type == XSR_LEGACY_TAIL_END)
			p->found = p->seen;
		if (e->type == XSR_LEGACY_PAYLOAD && e->chunk->id > 0)
			status = take_pages(p, base + (off_t)e->offset);
	}
	if (f && status == XSR_OK && legacy_file_errno(f))
		status = io_fail(p->error, F_IO_TEMPORARY, 0, legacy_file_errno(f));
	legacy_file_close(f);
	return status;
}

static enum xsr_status from_stream(struct pass_over *p)
{
	struct xsr_decoder *d = xsr_decoder_new(XSR_FORMAT_UNKNOWN);
	enum xsr_status status = d ? XSR_OK : io_fail(p->error, F_IO_MEMORY, 0, ENOMEM);
	const struct xsr_event *e = NULL;
	size_t used;

	while (status == XSR_OK) {
		status = xsr_decoder_feed(d, p->buffer + p->begin, p->end - p->begin, &used, &e);
		if (status != XSR_OK)
			break;
		p->begin += used;
		if (!e && !refill(p, &status))
			break;
		if (e && e->type == XSR_EVENT_BATCH)
			p->count = 0;
		for (size_t i = 0; e && e->type == XSR_EVENT_PFNS && i < e->u.pfns.count; i++)
			keep_entry(p, e->u.pfns.entries[i] & XSR_PFN_MASK,
			    (unsigned)(e->u.pfns.entries[i] >> XSR_PFN_TYPE_SHIFT));
		if (!e || e->type != XSR_EVENT_PAYLOAD)
			continue;
		status = take_pages(p, here(p));
		jump(p, xsr_decoder_skippable(d));
		(void)xsr_decoder_skip(d, xsr_decoder_skippable(d));
	}
	xsr_decoder_free(d);
	return status;
}

/* A file that can be read where the output stands. */
static bool readable_sink(const struct convert_output *o)
{
	struct stat st;
	int flags = o->sink ? fcntl(o->sink->fd, F_GETFL) : -1;

	return flags >= 0 && (flags & O_ACCMODE) == O_RDWR && fstat(o->sink->fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    lseek(o->sink->fd, 0, SEEK_CUR) == (off_t)o->position;
}

bool source_readable(const struct xsr_source *source, off_t base)
{
	return source->kind == IO_SEEKABLE && !source->unpacker && base >= 0;
}

bool image_repeatable(const struct xsr_source *source, off_t base, const struct convert_output *output)
{
	return source_readable(source, base) || readable_sink(output);
}

void image_keep(struct convert_image *image, const char *tmpdir)
{
	image->fd = spool_file(tmpdir);
	image->failed = image->fd < 0 ? errno : 0;
	image->keeping = image->fd >= 0;
}

void image_drop(struct convert_image *image)
{
	if (image->fd >= 0)
		close(image->fd);
	image->fd = -1;
	image->keeping = false;
}

/* The next entry whose page comes; false if none does. */
static bool next_page(struct keeping *k)
{
	while (k->next < k->count && !xsr_page_has_data((unsigned)(k->entries[k->next] >> XSR_PFN_TYPE_SHIFT)))
		k->next++;
	return k->next < k->count;
}

/* Bytes up to where pfns with data stop following each other. */
static size_t run_length(const struct keeping *k, size_t most)
{
	size_t n = XSR_PAGE_SIZE - k->within;
	uint64_t pfn = k->entries[k->next] & XSR_PFN_MASK;

	for (uint32_t i = k->next + 1; n < most && i < k->count; i++) {
		if ((k->entries[i] & XSR_PFN_MASK) != ++pfn ||
		    !xsr_page_has_data((unsigned)(k->entries[i] >> XSR_PFN_TYPE_SHIFT)))
			break;
		n += XSR_PAGE_SIZE;
	}
	return n < most ? n : most;
}

void image_pass(struct convert_image *image, struct keeping *k, const uint8_t *data, size_t size)
{
	struct xsr_finding error;

	while (image->keeping && size && next_page(k)) {
		size_t n = run_length(k, size);
		off_t to = (off_t)(k->entries[k->next] & XSR_PFN_MASK) * XSR_PAGE_SIZE + k->within;

		if (put(image->fd, data, n, to, &error) != XSR_OK) {
			image_drop(image);
			image->failed = error.sys_errno;
			return;
		}
		k->next += (uint32_t)((k->within + n) / XSR_PAGE_SIZE);
		k->within = (uint32_t)((k->within + n) % XSR_PAGE_SIZE);
		data += n;
		size -= n;
	}
}

bool image_find(const struct xsr_source *source, off_t base, const struct xsr_legacy_demand *demand,
    const struct convert_output *output, uint64_t pfn, struct page_place *place)
{
	struct pass_over *p = calloc(1, sizeof(*p));
	struct xsr_finding error;

	if (!p)
		return false;
	place->input = source_readable(source, base);
	*p = (struct pass_over){.to = -1, .wanted = pfn, .seen = -1, .found = -1, .error = &error};
	if (place->input) {
		p->from = source->fd;
		(void)from_legacy(p, base, demand);
	} else if (readable_sink(output)) {
		p->from = output->sink->fd;
		(void)from_stream(p);
		p->found = p->seen;
	}
	place->fd = p->from;
	place->offset = p->found;
	free(p);
	return place->offset >= 0;
}

enum xsr_status image_start(struct convert_image *image, const struct xsr_source *source, off_t base,
    const struct xsr_legacy_demand *demand, struct convert_output *output, const char *tmpdir,
    struct xsr_finding *error)
{
	bool from_input = source_readable(source, base);
	enum xsr_status status;
	struct pass_over *p;

	if (image->failed)
		return io_fail(error, F_IO_TEMPORARY, 0, image->failed);
	if (!from_input && !readable_sink(output)) {
		finding_make(error, F_LEGACY_COMPRESSED_SEEK, XSR_LAYER_LEGACY, 0, "");
		finding_found(error, "an input and an output that cannot be read again");
		finding_allowed(error, "a file for one of them");
		return error->status;
	}
	p = calloc(1, sizeof(*p));
	image->fd = spool_file(tmpdir);
	if (!p || image->fd < 0) {
		free(p);
		return io_fail(error, image->fd < 0 ? F_IO_TEMPORARY : F_IO_MEMORY, 0, errno);
	}
	p->from = from_input ? source->fd : output->sink->fd;
	p->to = image->fd;
	p->offset = from_input ? base : 0;
	p->error = error;
	status = from_input ? from_legacy(p, base, demand) : from_stream(p);
	free(p);
	return status;
}
