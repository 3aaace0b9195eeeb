/* SPDX-License-Identifier: MIT */
#include "legacy_image.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

void put_u32(struct feed_blob *b, uint32_t value)
{
	uint8_t bytes[4];

	for (unsigned i = 0; i < 4; i++)
		bytes[i] = (uint8_t)(value >> 8 * i);
	feed_blob_add(b, bytes, sizeof(bytes));
}

void put_u64(struct feed_blob *b, uint64_t value)
{
	put_u32(b, (uint32_t)value);
	put_u32(b, (uint32_t)(value >> 32));
}

void put_ulong(struct feed_blob *b, unsigned width, uint64_t value)
{
	put_u32(b, (uint32_t)value);
	if (width == 8)
		put_u32(b, (uint32_t)(value >> 32));
}

void put_text(struct feed_blob *b, const char *text)
{
	feed_blob_add(b, text, strlen(text));
}

void put_zeros(struct feed_blob *b, size_t n)
{
	static const uint8_t zeros[8192];

	feed_blob_add(b, zeros, n);
}

void put_page(struct feed_blob *b, unsigned pfn, unsigned version)
{
	uint8_t page[XSR_PAGE_SIZE];

	for (size_t i = 0; i < sizeof(page); i++)
		page[i] = (uint8_t)(pfn * 7 + version * 31 + i / 16);
	feed_blob_add(b, page, sizeof(page));
}

void put_batch(struct feed_blob *b, unsigned width, unsigned first, unsigned count, unsigned version)
{
	put_u32(b, count);
	for (unsigned i = 0; i < count; i++)
		put_ulong(b, width, first + i);
	for (unsigned i = 0; i < count; i++)
		put_page(b, first + i, version);
}

void put_param(struct feed_blob *b, int32_t id, uint64_t value)
{
	put_u32(b, (uint32_t)id);
	put_u32(b, 0);
	put_u64(b, value);
}

static size_t context_size(unsigned guest_width)
{
	return guest_width == 8 ? 5168 : 2800;
}

void put_pv_head(struct feed_blob *b, unsigned width, unsigned guest_width, unsigned info)
{
	size_t context = context_size(guest_width);
	unsigned frames = (IMAGE_P2M + 4096 / guest_width - 1) / (4096 / guest_width);

	put_ulong(b, width, IMAGE_P2M);
	put_ulong(b, width, UINT64_MAX);
	put_u32(b, (uint32_t)(8 + context + (info & INFO_EXTV ? 8 : 0) + (info & INFO_XCNT ? 12 : 0)));
	put_text(b, "vcpu");
	put_u32(b, (uint32_t)context);
	put_zeros(b, context);
	if (info & INFO_EXTV) {
		put_text(b, "extv");
		put_u32(b, 0);
	}
	if (info & INFO_XCNT) {
		put_text(b, "xcnt");
		put_u32(b, 4);
		put_u32(b, 16 + XSAVE_SIZE);
	}
	for (unsigned i = 0; i < frames; i++)
		put_ulong(b, width, 5 + i);
}

/* Just enough for a verifier: start_info in pfn 1, the top page table in pfn 2. */
static void put_context(struct feed_blob *b, unsigned guest_width, unsigned vcpu)
{
	uint8_t context[5168] = {0};

	context[512] = 0x20;
	if (guest_width == 8) {
		context[616] = vcpu ? 0 : 1;
		context[5009] = 0x20;
	} else {
		context[524] = vcpu ? 0 : 1;
		context[2729] = 0x20;
	}
	feed_blob_add(b, context, context_size(guest_width));
}

/* What a vCPU that used x87, SSE and AVX has. */
static void put_xsave(struct feed_blob *b)
{
	put_u64(b, 7);
	put_u64(b, XSAVE_SIZE);
	put_u64(b, 7);
	put_u64(b, 7);
	put_zeros(b, 24);
	put_u32(b, 0x1f80);
	put_u32(b, 0xffff);
	put_zeros(b, 832 - 32);
}

void put_pv_tail(struct feed_blob *b, unsigned width, unsigned guest_width, unsigned info, unsigned vcpus)
{
	put_u32(b, 2);
	put_ulong(b, width, 60);
	put_ulong(b, width, 61);
	for (unsigned vcpu = 0; vcpu < vcpus; vcpu++) {
		put_context(b, guest_width, vcpu);
		if (info & INFO_EXTV) {
			put_u32(b, vcpu);
			put_u32(b, 56);
			put_zeros(b, 120);
		}
		if (info & INFO_XCNT)
			put_xsave(b);
	}
	put_zeros(b, XSR_PAGE_SIZE);
}

void put_hvm_tail(struct feed_blob *b)
{
	put_u64(b, 40);
	put_u64(b, 41);
	put_u64(b, 42);
	put_u32(b, 40);
	put_u32(b, 1);
	put_u32(b, 24);
	put_u32(b, 0x54381286);
	put_u32(b, 1);
	put_zeros(b, 16);
	put_zeros(b, 8);
}

void put_qemu(struct feed_blob *b, const char *signature)
{
	static const uint8_t state[] = {'Q', 'E', 'V', 'M', 0, 0, 0, 3, 0};

	put_text(b, signature);
	if (strcmp(signature, "QemuDeviceModelRecord\n") == 0)
		feed_blob_add(b, "\0\0\0\11", 4);
	else if (strcmp(signature, "QemuDeviceModelRecord") != 0)
		put_u32(b, sizeof(state));
	feed_blob_add(b, state, sizeof(state));
}

void put_vcpu_info(struct feed_blob *b, uint32_t max, uint64_t map)
{
	put_u32(b, (uint32_t)XSR_LEGACY_VCPU_INFO);
	put_u32(b, max);
	put_u64(b, map);
	for (uint32_t i = 1; i <= max / 64 && i < 64; i++)
		put_u64(b, 0);
}

struct feed_blob hvm_image(unsigned width)
{
	struct feed_blob b = {0};

	put_ulong(&b, width, IMAGE_P2M);
	put_batch(&b, width, 0, 20, 0);
	put_batch(&b, width, 20, 23, 0);
	put_vcpu_info(&b, 0, 1);
	put_param(&b, XSR_LEGACY_IDENT_PT, 0x2000);
	put_param(&b, XSR_LEGACY_X87_FIP_WIDTH, 8);
	put_u32(&b, (uint32_t)XSR_LEGACY_LAST_CHECKPOINT);
	put_u32(&b, XSR_LEGACY_END);
	put_hvm_tail(&b);
	put_qemu(&b, "DeviceModelRecord0002");
	return b;
}

struct feed_blob pv_image(unsigned width, unsigned guest_width, unsigned info)
{
	struct feed_blob b = {0};

	put_pv_head(&b, width, guest_width, info);
	put_batch(&b, width, 0, 30, 0);
	put_u32(&b, (uint32_t)XSR_LEGACY_TSC_INFO);
	put_u32(&b, 0);
	put_u64(&b, 123456789);
	put_u32(&b, 2400000);
	put_u32(&b, 1);
	put_vcpu_info(&b, 1, 3);
	put_u32(&b, (uint32_t)XSR_LEGACY_LAST_CHECKPOINT);
	put_u32(&b, XSR_LEGACY_END);
	put_pv_tail(&b, width, guest_width, info, 2);
	return b;
}

/* An event without what depends on how it was fed: pieces are counted together by the next line. */
static void print_event(FILE *out, const struct xsr_legacy_event *e)
{
	fprintf(out, "%d %" PRIu64 " %" PRIu64, (int)e->type, e->offset, e->round);
	if (e->chunk)
		fprintf(out, " %s %" PRIu64 " %" PRIu64 " 0x%" PRIx64, e->chunk->name, e->chunk->index,
		    e->chunk->length, e->chunk->value);
	if (e->type == XSR_LEGACY_ENTRIES)
		fprintf(out, " %u/%u", e->u.batch.pages, e->u.batch.count);
	if (e->type == XSR_LEGACY_VCPU || e->type == XSR_LEGACY_VCPU_EXTENDED || e->type == XSR_LEGACY_VCPU_XSAVE)
		fprintf(out, " vcpu %u: %zu", e->u.vcpu.id, e->u.vcpu.length);
	fputc('\n', out);
}

static bool in_pieces(enum xsr_legacy_event_type type)
{
	return type == XSR_LEGACY_CONFIG || type == XSR_LEGACY_PAGES || type == XSR_LEGACY_CHUNK_DATA ||
	    type == XSR_LEGACY_HVM_CONTEXT || type == XSR_LEGACY_QEMU_DATA || type == XSR_LEGACY_TRAILER ||
	    type == XSR_LEGACY_FRAMES || type == XSR_LEGACY_UNMAPPED || type == XSR_LEGACY_BLOB_DATA;
}

static void print_finding(void *context, const struct xsr_finding *f)
{
	fprintf(context, "%s %" PRIu64 "\n", f->id, f->offset);
}

char *legacy_text(const struct xsr_legacy_demand *demand, const struct feed_blob *image, size_t chunk, bool skip)
{
	const struct xsr_legacy_event *e;
	enum xsr_status status = XSR_OK;
	size_t length, at = 0, used;
	struct xsr_legacy *d;
	char *text;
	FILE *out = open_memstream(&text, &length);

	require(out, "out of memory");
	d = xsr_legacy_new(demand, print_finding, out);
	require(d, "no decoder");
	while (at < image->size && status == XSR_OK) {
		size_t n = chunk && chunk < image->size - at ? chunk : image->size - at;

		if (skip && xsr_legacy_skippable(d)) {
			uint64_t s = xsr_legacy_skippable(d);

			s = s < image->size - at ? s : image->size - at;
			require(xsr_legacy_skip(d, s) == XSR_OK, "cannot skip what is skippable");
			at += s;
			continue;
		}
		status = xsr_legacy_feed(d, image->data + at, n, &used, &e);
		at += used;
		require(status != XSR_OK || e || used == n, "input is left without an event");
		if (status == XSR_OK && e && !in_pieces(e->type))
			print_event(out, e);
	}
	/* An event may need no more bytes. */
	while (status == XSR_OK) {
		status = xsr_legacy_feed(d, "", 0, &used, &e);
		if (status != XSR_OK || !e)
			break;
		if (!in_pieces(e->type))
			print_event(out, e);
	}
	if (status == XSR_OK)
		status = xsr_legacy_finish(d);
	fprintf(out, "%s", xsr_status_name(status));
	if (xsr_legacy_error(d))
		fprintf(out, " %s %" PRIu64, xsr_legacy_error(d)->id, xsr_legacy_error(d)->offset);
	fprintf(out, "%s %" PRIu64 "\n", xsr_legacy_torn(d) ? " torn" : "", xsr_legacy_rounds(d));
	xsr_legacy_free(d);
	fclose(out);
	return text;
}
