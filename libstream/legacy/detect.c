/* SPDX-License-Identifier: MIT */
/*
 * Width and guest type from the first bytes: specs/legacy-stream.md §8. PV images with extended info are
 * unmistakable. An HVM image begins with a chunk, a PV image of Xen 3.0.0 to 3.0.2 with pfns: there every entry of
 * what would be the first batch must make sense for the image to be HVM.
 */
#include "legacy/machine.h"

#include <inttypes.h>
#include <string.h>

#include "wire/cursor.h"

/* What the bytes looked at say. */
struct view {
	const uint8_t *p; /* they */
	size_t length;    /* how many */
	unsigned width;   /* of the toolstack */
	uint64_t p2m;     /* p2m_size */
	size_t need;      /* bytes that would settle more; 0: none */
};

static uint64_t word(const struct view *v, size_t at)
{
	return v->width == 4 ? load_u32(v->p + at, false) : load_u64(v->p + at, false);
}

/* True if there are bytes up to end; otherwise asks for them, unless that is too far away. */
static bool have(struct view *v, size_t end)
{
	if (end <= v->length)
		return true;
	if (end <= XSR_LEGACY_LOOK)
		v->need = end;
	return false;
}

/* No chunk and no pfn is all ones. */
static bool extended_info(const struct view *v)
{
	uint64_t ones = v->width == 4 ? UINT32_MAX : UINT64_MAX;

	return word(v, v->width) == ones;
}

/* An entry of a batch of an HVM guest. */
static bool hvm_entry(const struct view *v, uint64_t entry)
{
	unsigned type = XSR_LEGACY_TYPE(entry);

	if (entry > UINT32_MAX)
		return false;
	return type == XSR_PAGE_XTAB || ((type == XSR_PAGE_NOTAB || type == XSR_PAGE_XALLOC ||
	    type == XSR_PAGE_BROKEN) && (entry & XSR_LEGACY_PFN_MASK) < v->p2m);
}

/* How much speaks for an HVM image: nothing, its first batch, or also what follows that. */
enum likely { NOT_LIKELY, LIKELY, SURE };

static enum likely looks_hvm(struct view *v)
{
	int32_t id = (int32_t)load_u32(v->p + v->width, false);
	size_t at = v->width + 4, data = 0;

	if (id == XSR_LEGACY_VCPU_INFO || id == XSR_LEGACY_TMEM || id == XSR_LEGACY_TSC_INFO)
		return SURE;
	if (id < 1 || id > (int32_t)LEGACY_ENTRIES)
		return NOT_LIKELY;
	if (!have(v, at + (size_t)id * v->width))
		return LIKELY;
	for (int32_t i = 0; i < id; i++, at += v->width) {
		if (!hvm_entry(v, word(v, at)))
			return NOT_LIKELY;
		data += xsr_page_has_data(XSR_LEGACY_TYPE(word(v, at))) ? XSR_PAGE_SIZE : 0;
	}
	/* Behind a small batch even its end can be seen. */
	if (!have(v, at + data + 4))
		return SURE;
	id = (int32_t)load_u32(v->p + at + data, false);
	return id && legacy_chunk_known(id) ? SURE : LIKELY;
}

/* Frame numbers of the p2m, then the id of a chunk; as far as can be looked. */
static bool looks_bare_pv(struct view *v)
{
	uint64_t frames = (v->p2m + XSR_PAGE_SIZE / v->width - 1) / (XSR_PAGE_SIZE / v->width);
	size_t at = v->width;

	if (!have(v, at + frames * v->width) && v->need)
		return true;
	for (uint64_t i = 0; i < frames && at + v->width <= v->length; i++, at += v->width) {
		if (word(v, at) >= v->p2m)
			return false;
	}
	if (!have(v, at + 4))
		return true;
	return load_u32(v->p + at, false) - 1 < LEGACY_ENTRIES;
}

/* The guest type; 0: more bytes are needed, or none fits. */
static uint32_t guess(const struct xsr_legacy *d, struct view *v)
{
	uint32_t wish = d->demand.guest ? d->demand.guest : d->hint.guest;
	enum likely hvm;
	bool pv;

	if (extended_info(v))
		return XSR_DOMAIN_X86_PV;
	hvm = looks_hvm(v);
	if (v->need)
		return 0;
	/* An image of few pages may be shorter than what there is to look at for the other kind. */
	if (hvm == SURE && wish != XSR_DOMAIN_X86_PV)
		return XSR_DOMAIN_X86_HVM;
	pv = looks_bare_pv(v);
	if (v->need)
		return 0;
	if (pv && (wish == XSR_DOMAIN_X86_PV || hvm != SURE))
		return XSR_DOMAIN_X86_PV;
	return hvm != NOT_LIKELY ? XSR_DOMAIN_X86_HVM : 0;
}

/* Fills the look-ahead; false: the input is used up. */
static bool gather(struct xsr_legacy *d, struct legacy_input *in, size_t want)
{
	size_t n = want - d->look_length;

	if (want <= d->look_length)
		return true;
	if (n > in->left)
		n = in->left;
	if (n)
		memcpy(d->look + d->look_length, in->data, n);
	in->data += n;
	in->left -= n;
	d->look_length += n;
	return d->look_length == want;
}

static enum legacy_step no_image(struct xsr_legacy *d)
{
	const uint8_t *p = d->look;

	finding_found(legacy_fail(d, F_LEGACY_DETECT, d->offset, ""), "%02x%02x%02x%02x%02x%02x%02x%02x%02x%02x%02x%02x",
	    p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7], p[8], p[9], p[10], p[11]);
	finding_allowed(&d->error, "p2m_size, then extended info or P2M frames (PV), or a chunk (HVM)");
	return STEP_FAILED;
}

/* What the user or the container said against what was seen. */
static enum legacy_step settle(struct xsr_legacy *d, const struct view *v, uint32_t guest)
{
	const char *type = guest == XSR_DOMAIN_X86_HVM ? "hvm" : "pv";

	d->head.hvm = guest == XSR_DOMAIN_X86_HVM;
	d->head.has_info = extended_info(v);
	if (d->demand.guest && d->demand.guest != guest) {
		finding_found(legacy_fail(d, F_LEGACY_GUEST, d->offset, ""), "%s", type);
		finding_allowed(&d->error, "%s, as demanded", guest == XSR_DOMAIN_X86_HVM ? "pv" : "hvm");
		return STEP_FAILED;
	}
	if (d->hint.guest && d->hint.guest != guest)
		legacy_report(d, F_LEGACY_GUEST_HINT, d->offset, "", "what the container's configuration says", "%s",
		    type);
	d->state = LS_P2M_SIZE;
	return STEP_AGAIN;
}

enum legacy_step legacy_step_guess(struct xsr_legacy *d, struct legacy_input *in)
{
	struct view v = {.p = d->look, .need = d->look_length < LEGACY_FIRST_LOOK ? LEGACY_FIRST_LOOK : d->look_length};
	uint32_t guest;

	do {
		if (!gather(d, in, v.need))
			return STEP_MORE;
		v.length = d->look_length;
		v.need = 0;
		v.width = load_u32(v.p + 4, false) ? 4 : 8;
		v.p2m = word(&v, 0);
		if (load_u64(v.p, false) == UINT64_MAX) {
			finding_found(legacy_fail(d, F_LEGACY_MODERN, d->offset, ""), "a libxc image");
			finding_allowed(&d->error, "an image of Xen 4.5 or older");
			return STEP_FAILED;
		}
		if (d->demand.width && d->demand.width != v.width) {
			finding_found(legacy_fail(d, F_LEGACY_WIDTH, d->offset, ""), "%u", v.width * 8);
			finding_allowed(&d->error, "%u, as demanded", d->demand.width * 8);
			return STEP_FAILED;
		}
		d->head.width = v.width;
		if (!v.p2m || v.p2m > XSR_LEGACY_P2M_MAX)
			return settle(d, &v, d->demand.guest ? d->demand.guest : XSR_DOMAIN_X86_PV);
		guest = guess(d, &v);
		/* Something to read more for is only there while the next look will see more. */
	} while (!guest && v.need > v.length);
	return guest ? settle(d, &v, guest) : no_image(d);
}
