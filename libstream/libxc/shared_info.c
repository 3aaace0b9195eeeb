/* SPDX-License-Identifier: MIT */
/* SHARED_INFO: specs/libxc-stream.md §5.9 and §8.6. */
#include "libxc/shared_info.h"

#include <inttypes.h>
#include <string.h>

#include <libstream/records.h>

#include "pass.h"

#define NSEC_PER_SEC 1000000000u

/* Offsets in the page that findings point at, by width. */
struct offsets {
	uint16_t wc_version;     /* of the wall clock's version */
	uint16_t p2m_generation; /* of the P2M's */
	uint16_t tail;           /* behind the defined fields */
};

static const struct offsets offsets_32 = {.wc_version = 0x900, .p2m_generation = 0x920, .tail = 0x928};
static const struct offsets offsets_64 = {.wc_version = 0xc00, .p2m_generation = 0xc38, .tail = 0xc40};

static const struct offsets *offsets_of(unsigned width)
{
	return width == 4 ? &offsets_32 : &offsets_64;
}

static void walk_time(struct pass *p, struct xsr_vcpu_time *t)
{
	pass_begin(p, "time", false);
	pass_u32(p, "version", &t->version);
	pass_u32(p, NULL, &t->padding0);
	pass_u64(p, "tsc_timestamp", &t->tsc_timestamp);
	pass_u64(p, "system_time", &t->system_time);
	pass_u32(p, "tsc_to_system_mul", &t->tsc_to_system_mul);
	pass_u8(p, "tsc_shift", &t->tsc_shift);
	pass_u8(p, "flags", &t->flags);
	pass_bytes(p, t->padding1, sizeof(t->padding1));
	pass_end(p);
}

static void walk_vcpu(struct pass *p, struct xsr_shared_vcpu *vcpu)
{
	pass_u8(p, "upcall_pending", &vcpu->upcall_pending);
	pass_u8(p, "upcall_mask", &vcpu->upcall_mask);
	pass_bytes(p, vcpu->padding0, p->width - 2);
	pass_ulong(p, "pending_sel", &vcpu->pending_sel);
	pass_ulong(p, "cr2", &vcpu->cr2);
	pass_bytes(p, vcpu->padding1, p->width == 4 ? 20 : 8);
	walk_time(p, &vcpu->time);
}

static void walk_arch(struct pass *p, struct xsr_shared_info *info)
{
	pass_ulong(p, "max_pfn", &info->max_pfn);
	pass_ulong(p, "pfn_to_mfn_frame_list_list", &info->pfn_to_mfn_frame_list_list);
	pass_ulong(p, "nmi_reason", &info->nmi_reason);
	pass_ulong(p, "p2m_cr3", &info->p2m_cr3);
	pass_ulong(p, "p2m_vaddr", &info->p2m_vaddr);
	pass_ulong(p, "p2m_generation", &info->p2m_generation);
}

/* From the wall clock on. Its youngest word came late: 32-bit guests have it behind all else. */
static void walk_rest(struct pass *p, struct xsr_shared_info *info)
{
	pass_u32(p, "wc_version", &info->wc_version);
	pass_u32(p, "wc_sec", &info->wc_sec);
	pass_u32(p, "wc_nsec", &info->wc_nsec);
	if (p->width == 8)
		pass_u32(p, "wc_sec_hi", &info->wc_sec_hi);
	walk_arch(p, info);
	if (p->width == 4)
		pass_u32(p, "wc_sec_hi", &info->wc_sec_hi);
	pass_bytes(p, info->tail, XSR_SHARED_INFO_SIZE - offsets_of(p->width)->tail);
}

/* For reading and writing only: what is shown of vCPUs and channels is a choice, below. */
static void walk(struct pass *p, struct xsr_shared_info *info)
{
	size_t bitmap = (size_t)p->width * p->width * 8;

	for (unsigned i = 0; i < XSR_SHARED_INFO_VCPUS; i++)
		walk_vcpu(p, &info->vcpus[i]);
	pass_bytes(p, info->evtchn_pending, bitmap);
	pass_bytes(p, info->evtchn_mask, bitmap);
	walk_rest(p, info);
}

enum xsr_status xsr_shared_info_decode(const void *body, size_t length, unsigned width, struct xsr_shared_info *info)
{
	struct pass p = pass_read(body, length, false, width);

	if (length != XSR_SHARED_INFO_SIZE || (width != 4 && width != 8))
		return XSR_E_CORRUPT;
	memset(info, 0, sizeof(*info));
	info->width = width;
	walk(&p, info);
	return pass_failed(&p) ? XSR_E_CORRUPT : XSR_OK;
}

enum xsr_status xsr_shared_info_encode(struct xsr_buffer *out, const struct xsr_shared_info *info)
{
	struct xsr_shared_info copy = *info;
	struct pass p;

	if (info->width != 4 && info->width != 8)
		return XSR_E_MISUSE;
	if (out->size - out->length < XSR_SHARED_INFO_SIZE)
		return XSR_E_LIMIT;
	p = pass_write(out->data + out->length, XSR_SHARED_INFO_SIZE, false, info->width);
	walk(&p, &copy);
	if (pass_failed(&p))
		return XSR_E_MISUSE;
	out->length += XSR_SHARED_INFO_SIZE;
	return XSR_OK;
}

static void check_contents(const struct check *c, const uint8_t *body, const struct xsr_shared_info *info)
{
	const struct offsets *at = offsets_of(info->width);

	if (info->wc_version & 1)
		check_report(c, F_SHARED_INFO_WALLCLOCK, at->wc_version, "wc_version", "an even number",
		    "%" PRIu32, info->wc_version);
	if (info->wc_nsec >= NSEC_PER_SEC)
		check_report(c, F_SHARED_INFO_WALLCLOCK, at->wc_version + 8u, "wc_nsec", "below 1000000000",
		    "%" PRIu32, info->wc_nsec);
	if (info->p2m_generation & 1)
		check_report(c, F_SHARED_INFO_GENERATION, at->p2m_generation, "p2m_generation", "an even number",
		    "%" PRIu64, info->p2m_generation);
	check_zero(c, F_SHARED_INFO_TAIL, body, at->tail, XSR_SHARED_INFO_SIZE - at->tail, "tail");
}

/* The page does not tell its width, so nothing can be said of it without X86_PV_INFO; the verifier misses that. */
static void check(const struct check *c, const uint8_t *body, size_t length)
{
	struct xsr_shared_info info;

	if (c->depth >= XSR_DEPTH_STREAM &&
	    xsr_shared_info_decode(body, length, c->facts->width, &info) == XSR_OK)
		check_contents(c, body, &info);
}

static bool vcpu_used(const struct xsr_shared_vcpu *vcpu)
{
	return vcpu->upcall_pending || vcpu->upcall_mask || vcpu->pending_sel || vcpu->cr2 || vcpu->time.version ||
	    vcpu->time.system_time || vcpu->time.tsc_timestamp;
}

static void describe_vcpus(struct pass *p, struct xsr_shared_info *info)
{
	pass_begin(p, "vcpu_info", true);
	for (unsigned i = 0; i < XSR_SHARED_INFO_VCPUS; i++) {
		if (!vcpu_used(&info->vcpus[i]))
			continue;
		pass_begin(p, NULL, false);
		p->v->number(p->v->context, "vcpu_id", i, XSR_DECIMAL);
		walk_vcpu(p, &info->vcpus[i]);
		pass_end(p);
	}
	pass_end(p);
}

static bool channel_set(const uint8_t *bitmap, unsigned channel)
{
	return bitmap[channel / 8] >> channel % 8 & 1;
}

/* Pending channels are few and worth their numbers; masked ones are mostly all. */
static void describe_channels(const struct xsr_visitor *v, const struct xsr_shared_info *info)
{
	unsigned channels = info->width * info->width * 64, masked = 0;

	v->begin(v->context, "evtchn_pending", true);
	for (unsigned i = 0; i < channels; i++) {
		if (channel_set(info->evtchn_pending, i))
			v->number(v->context, NULL, i, XSR_DECIMAL);
		masked += channel_set(info->evtchn_mask, i);
	}
	v->end(v->context);
	v->number(v->context, "evtchn_masked", masked, XSR_DECIMAL);
}

static void describe(const struct xsr_visitor *v, const struct image_facts *facts, bool big_endian,
    const uint8_t *body, size_t length)
{
	struct xsr_shared_info info;
	struct pass p = pass_show(v, facts->width);

	(void)big_endian;
	if (xsr_shared_info_decode(body, length, facts->width, &info) != XSR_OK)
		return;
	v->number(v->context, "guest_width", info.width, XSR_DECIMAL);
	describe_vcpus(&p, &info);
	describe_channels(v, &info);
	walk_rest(&p, &info);
}

static bool recode(const struct image_facts *facts, bool big_endian, const uint8_t *body, size_t length,
    struct xsr_buffer *out)
{
	struct xsr_shared_info info;

	(void)big_endian;
	/* Without a width either layout will do: each covers the whole page. */
	return xsr_shared_info_decode(body, length, facts->width ? facts->width : 8, &info) == XSR_OK &&
	    xsr_shared_info_encode(out, &info) == XSR_OK;
}

const struct record_family shared_info_family = {
    .layer = XSR_LAYER_LIBXC,
    .type = XSR_LIBXC_SHARED_INFO,
    .guests = GUEST_PV,
    .min_length = XSR_SHARED_INFO_SIZE,
    .max_length = XSR_SHARED_INFO_SIZE,
    .multiple = 1,
    .bad_length = F_SHARED_INFO_LENGTH,
    .check = check,
    .describe = describe,
    .recode = recode,
};
