/* SPDX-License-Identifier: MIT */
/* Parameters, vCPUs and HVM context: specs/legacy-stream.md §4.3, §5 and §7. */
#include "legacy/convert.h"

#include <inttypes.h>
#include <string.h>

#include "libxc/xstate.h"
#include "wire/cursor.h"

#define PARAM_STORE    1u
#define PARAM_IOREQ    5u
#define PARAM_BUFIOREQ 6u
#define PARAM_VIRIDIAN 9u
#define PARAM_IOREQ_SERVER 32u /* place and number of the pages of ioreq servers */
#define PARAM_IOREQ_PAGES  33u
#define FLAGS_AT       512u /* of a vCPU context, for both widths */
#define ONLINE         0x20u
#define START_INFO_32  524u  /* edx */
#define START_INFO_64  616u  /* rdx */
#define VM_ASSIST_32   2796u
#define PAE_EXTENDED_CR3 8u
#define EXTENDED_MIN   32u
#define MASKS          16u  /* xcr0 and xcr0_accum in front of an xsave area */

/* Place of a parameter, param_count if it is not there. */
static size_t find_param(const struct convert *c, uint32_t index)
{
	size_t i = 0;

	while (i < c->param_count && c->params[i].index != index)
		i++;
	return i;
}

/* The value of a parameter, 0 if it is not there. */
static uint64_t param(const struct convert *c, uint32_t index)
{
	size_t i = find_param(c, index);

	return i < c->param_count ? c->params[i].value : 0;
}

/* Sets a parameter; one that was there keeps its place. */
static void set_param(struct convert *c, uint32_t index, uint64_t value, const struct xsr_legacy_chunk *chunk)
{
	size_t i = find_param(c, index);

	if (i == CONVERT_PARAMS)
		return;
	c->param_count += i == c->param_count;
	c->params[i] = (struct xsr_hvm_param){.index = index, .value = value};
	c->param_chunks[i] = *chunk;
}

bool convert_param(struct convert *c, const struct xsr_legacy_chunk *chunk)
{
	set_param(c, xsr_legacy_chunk_param(chunk->id), chunk->value, chunk);
	return true;
}

/* Zeros are left out: savers never send them, and restorers of some versions clear page 0 for them. */
static bool write_params(struct convert *c, const struct xsr_hvm_param *params,
    const struct xsr_legacy_chunk *chunks, size_t count, bool zeros)
{
	uint8_t bytes[8 + 16 * CONVERT_PARAMS];
	struct xsr_buffer b = {.data = bytes, .size = sizeof(bytes)};
	struct xsr_hvm_param chosen[CONVERT_PARAMS];
	uint64_t from[CONVERT_PARAMS];
	uint32_t n = 0;

	for (size_t i = 0; i < count; i++)
		if (params[i].value || zeros) {
			from[n] = chunks[i].offset;
			chosen[n++] = params[i];
		}
	if (!n)
		return true;
	if (xsr_hvm_params_encode_head(&b, false, n, 0) != XSR_OK ||
	    xsr_hvm_params_encode(&b, false, chosen, n) != XSR_OK ||
	    !convert_record_header(c, XSR_LIBXC_HVM_PARAMS, (uint32_t)b.length))
		return false;
	for (uint32_t i = 0; i < n; i++)
		c->port->mark(c->port->context, 8 + 16 * (uint64_t)i, from[i], false);
	return c->port->write(c->port->context, b.data, b.length);
}

/* Where the pages of the ioreq server are means nothing without how many, and the number without the place is harm. */
static void drop_half_pair(struct convert *c)
{
	for (size_t i = 0; i < c->param_count; i++) {
		uint64_t index = c->params[i].index;
		bool place = index == PARAM_IOREQ_SERVER;
		struct xsr_legacy_event e = {.chunk = &c->param_chunks[i], .offset = c->param_chunks[i].offset};

		if (!c->params[i].value || (!place && index != PARAM_IOREQ_PAGES) ||
		    param(c, place ? PARAM_IOREQ_PAGES : PARAM_IOREQ_SERVER))
			continue;
		convert_report(c, F_LEGACY_IOREQ_PAIR, &e, "value",
		    place ? "with the number of these pages" : "with the place of these pages", "0x%" PRIx64 " alone",
		    c->params[i].value);
		c->params[i].value = 0;
	}
}

bool convert_params(struct convert *c)
{
	const struct xsr_legacy_chunk here = {.offset = c->here};
	bool zeros = c->options->like_xen && !c->options->set_viridian;

	if (!c->head.hvm)
		return true;
	if (c->options->set_viridian)
		set_param(c, PARAM_VIRIDIAN, c->options->viridian, &here);
	else if (c->head.viridian && !param(c, PARAM_VIRIDIAN))
		convert_report(c, F_LEGACY_VIRIDIAN, NULL, "", "--viridian=3, if the guest had it", "no parameter");
	if (!c->options->like_xen)
		drop_half_pair(c);
	return write_params(c, c->params, c->param_chunks, c->param_count, zeros);
}

bool convert_hvm_tail(struct convert *c, const struct xsr_legacy_event *e)
{
	const struct xsr_hvm_param params[] = {
	    {PARAM_IOREQ, e->u.hvm.ioreq},
	    {PARAM_BUFIOREQ, e->u.hvm.bufioreq},
	    {PARAM_STORE, e->u.hvm.store},
	};

	const struct xsr_legacy_chunk at[] = {
	    {.offset = e->offset}, {.offset = e->offset + 8}, {.offset = e->offset + 16}};

	return write_params(c, params, at, 3, c->options->like_xen) &&
	    convert_record_header(c, XSR_LIBXC_HVM_CONTEXT, e->u.hvm.length);
}

static bool vcpu_record(struct convert *c, uint32_t type, const struct xsr_legacy_event *e, size_t length)
{
	uint8_t bytes[XSR_VCPU_HEAD_SIZE];
	struct writer w = writer_make(bytes, sizeof(bytes), false);

	writer_u32(&w, e->u.vcpu.id);
	writer_u32(&w, 0);
	return convert_verbatim(c, type, bytes, sizeof(bytes), e->u.vcpu.data, length);
}

/* Which page is start_info; and whether Xen has to put the tables of a 32-bit guest where old ones had to be. */
static void look_at_first(struct convert *c, const struct xsr_legacy_event *e)
{
	bool narrow = c->head.guest_width == 4;
	size_t at = narrow ? START_INFO_32 : START_INFO_64;
	uint32_t assist = load_u32(e->u.vcpu.data + VM_ASSIST_32, false);

	c->telling.start_info = narrow ? load_u32(e->u.vcpu.data + at, false) : load_u64(e->u.vcpu.data + at, false);
	c->telling.start_info_at = e->offset + at;
	if (narrow && !(assist & PAE_EXTENDED_CR3)) {
		struct xsr_legacy_event there = {.offset = e->offset + VM_ASSIST_32};

		convert_report(c, F_LEGACY_PAE, &there, "vm_assist", "bit 3 set", "0x%" PRIx32, assist);
	}
}

/* Up to 3.0.4 there is neither a list of vCPUs nor the flag that one is online: the one there is has to be. */
bool convert_vcpu(struct convert *c, const struct xsr_legacy_event *e)
{
	struct xsr_legacy_event online = *e;
	uint8_t context[5168];

	if (!e->u.vcpu.id)
		look_at_first(c, e);
	if (c->has_vcpu_info || e->u.vcpu.length > sizeof(context))
		return vcpu_record(c, XSR_LIBXC_X86_PV_VCPU_BASIC, e, e->u.vcpu.length);
	memcpy(context, e->u.vcpu.data, e->u.vcpu.length);
	context[FLAGS_AT] |= ONLINE;
	online.u.vcpu.data = context;
	c->result->vcpus = 1;
	return vcpu_record(c, XSR_LIBXC_X86_PV_VCPU_BASIC, &online, online.u.vcpu.length);
}

/* What is behind its own size was the saver's memory. */
bool convert_vcpu_extended(struct convert *c, const struct xsr_legacy_event *e)
{
	size_t size = load_u32(e->u.vcpu.data + 4, false);

	if (size < EXTENDED_MIN || size > e->u.vcpu.length || c->options->like_xen)
		size = e->u.vcpu.length;
	return vcpu_record(c, XSR_LIBXC_X86_PV_VCPU_EXTENDED, e, size);
}

/* Xen 4.7.1 and later take an area only with the exact size of the states that the vCPU ever used. */
bool convert_vcpu_xsave(struct convert *c, const struct xsr_legacy_event *e)
{
	const struct xstate_layout none = {.known = false};
	uint64_t accum = load_u64(e->u.vcpu.data + 8, false);
	uint64_t area = e->u.vcpu.length - MASKS, need = xstate_area_size(&none, accum, 0);

	if (c->options->like_xen)
		return vcpu_record(c, XSR_LIBXC_X86_PV_VCPU_XSAVE, e, e->u.vcpu.length);
	if (!need)
		need = xstate_area_size(&none, accum, 1);
	if (!accum)
		return true;
	if (!need || need > area) {
		finding_found(convert_fault(c, F_LEGACY_XSAVE, e, e->offset, "area"),
		    "%" PRIu64 " bytes for states 0x%" PRIx64 " of vCPU %" PRIu32, area, accum, e->u.vcpu.id);
		finding_allowed(&c->error, "at least what these states take, %" PRIu64 " bytes", need);
		return false;
	}
	return vcpu_record(c, XSR_LIBXC_X86_PV_VCPU_XSAVE, e, MASKS + (size_t)need);
}
