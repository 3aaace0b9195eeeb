/* SPDX-License-Identifier: MIT */
/* X86_PV_VCPU_EXTENDED: specs/libxc-stream.md §5.6 and §8.3. */
#include "libxc/vcpu_extended.h"

#include <inttypes.h>
#include <string.h>

#include "libxc/vcpu_head.h"
#include "pass.h"

#define AT_VCPU     (XSR_VCPU_HEAD_SIZE + 0u)
#define AT_SIZE     (XSR_VCPU_HEAD_SIZE + 4u)
#define AT_SYSCALL  (XSR_VCPU_HEAD_SIZE + 8u)
#define AT_SYSENTER (XSR_VCPU_HEAD_SIZE + 16u)

static bool blob_length_legal(size_t length)
{
	return length == 0 || (length >= XSR_VCPU_EXTENDED_MIN && length <= XSR_VCPU_EXTENDED_MAX);
}

/* Over 128 bytes, as if every release's structure were as long as the converter's. */
static void walk(struct pass *p, struct xsr_vcpu_extended *vcpu)
{
	pass_u32(p, NULL, &vcpu->vcpu);
	pass_u32(p, NULL, &vcpu->size);
	pass_u64(p, "syscall32_callback_eip", &vcpu->syscall32_callback_eip);
	pass_u64(p, "sysenter_callback_eip", &vcpu->sysenter_callback_eip);
	pass_u16(p, "syscall32_callback_cs", &vcpu->syscall32_callback_cs);
	pass_u16(p, "sysenter_callback_cs", &vcpu->sysenter_callback_cs);
	pass_u8(p, "syscall32_disables_events", &vcpu->syscall32_disables_events);
	pass_u8(p, "sysenter_disables_events", &vcpu->sysenter_disables_events);
	pass_bytes(p, vcpu->padding, sizeof(vcpu->padding));
	pass_u64(p, "mcg_cap", &vcpu->mcg_cap);
	pass_u64(p, "mci_ctl2_bank0", &vcpu->mci_ctl2[0]);
	pass_u64(p, "mci_ctl2_bank1", &vcpu->mci_ctl2[1]);
	pass_u64(p, "mcg_ext_ctl", &vcpu->mcg_ext_ctl);
	pass_bytes(p, vcpu->rest, sizeof(vcpu->rest));
}

enum xsr_status xsr_vcpu_extended_decode(const void *body, size_t length, bool big_endian,
    struct xsr_vcpu_extended *vcpu)
{
	uint8_t blob[XSR_VCPU_EXTENDED_MAX] = {0};
	struct pass p = pass_read(blob, sizeof(blob), false, 8);

	if (length < XSR_VCPU_HEAD_SIZE || !blob_length_legal(length - XSR_VCPU_HEAD_SIZE))
		return XSR_E_CORRUPT;
	memset(vcpu, 0, sizeof(*vcpu));
	vcpu->head = vcpu_head_read(body, length, big_endian);
	vcpu->blob_length = (uint32_t)(length - XSR_VCPU_HEAD_SIZE);
	memcpy(blob, (const uint8_t *)body + XSR_VCPU_HEAD_SIZE, vcpu->blob_length);
	walk(&p, vcpu);
	return XSR_OK;
}

enum xsr_status xsr_vcpu_extended_encode(struct xsr_buffer *out, bool big_endian,
    const struct xsr_vcpu_extended *vcpu)
{
	struct xsr_vcpu_extended copy = *vcpu;
	uint8_t blob[XSR_VCPU_EXTENDED_MAX] = {0};
	struct pass p = pass_write(blob, sizeof(blob), false, 8);
	enum xsr_status status;

	if (!blob_length_legal(vcpu->blob_length))
		return XSR_E_MISUSE;
	walk(&p, &copy);
	for (size_t i = vcpu->blob_length; i < sizeof(blob); i++)
		if (blob[i])
			return XSR_E_MISUSE;
	status = vcpu_head_write(out, &vcpu->head, vcpu->blob_length, big_endian);
	if (status != XSR_OK)
		return status;
	memcpy(out->data + out->length, blob, vcpu->blob_length);
	out->length += vcpu->blob_length;
	return XSR_OK;
}

static void check_contents(const struct check *c, const struct xsr_vcpu_extended *vcpu)
{
	/* The restorer hands the blob to Xen unread, and Xen changes the vCPU that the blob names. */
	if (vcpu->vcpu != vcpu->head.vcpu_id)
		check_report(c, F_VCPU_EXTENDED_INNER_VCPU, AT_VCPU, "vcpu", "the record's vCPU",
		    "%" PRIu32 " in a record of vCPU %" PRIu32, vcpu->vcpu, vcpu->head.vcpu_id);
	if (vcpu->size < XSR_VCPU_EXTENDED_MIN || vcpu->size > vcpu->blob_length)
		check_report(c, F_VCPU_EXTENDED_INNER_SIZE, AT_SIZE, "size", "32 up to the blob's length",
		    "%" PRIu32 " in a blob of %" PRIu32, vcpu->size, vcpu->blob_length);
	else if (vcpu->size != 32 && vcpu->size != 40 && vcpu->size != 56 && vcpu->size != 64)
		check_report(c, F_VCPU_EXTENDED_ODD_SIZE, AT_SIZE, "size", "32, 40, 56 or 64", "%" PRIu32, vcpu->size);
	if (!canonical(vcpu->syscall32_callback_eip))
		check_report(c, F_VCPU_EXTENDED_CANONICAL, AT_SYSCALL, "syscall32_callback_eip",
		    "a canonical address", "0x%" PRIx64, vcpu->syscall32_callback_eip);
	if (!canonical(vcpu->sysenter_callback_eip))
		check_report(c, F_VCPU_EXTENDED_CANONICAL, AT_SYSENTER, "sysenter_callback_eip",
		    "a canonical address", "0x%" PRIx64, vcpu->sysenter_callback_eip);
}

/* The fixed block of a converted image has zeros behind what it is filled with. */
static void check_tail(const struct check *c, const uint8_t *body, size_t length, const struct xsr_vcpu_extended *vcpu)
{
	if (vcpu->size < XSR_VCPU_EXTENDED_MIN || vcpu->size > vcpu->blob_length)
		return;
	for (size_t i = XSR_VCPU_HEAD_SIZE + vcpu->size; i < length; i++) {
		if (!body[i])
			continue;
		check_report(c, F_VCPU_EXTENDED_TAIL, i, "context", "zeros behind its size", "0x%02x", body[i]);
		return;
	}
}

static void check(const struct check *c, const uint8_t *body, size_t length)
{
	struct xsr_vcpu_head head = vcpu_head_read(body, length, c->record->big_endian);
	struct xsr_vcpu_extended vcpu;

	vcpu_head_check(c, &head, F_VCPU_EXTENDED_RESERVED);
	if (xsr_vcpu_extended_decode(body, length, c->record->big_endian, &vcpu) != XSR_OK)
		check_report(c, F_VCPU_EXTENDED_LENGTH, XSR_VCPU_HEAD_SIZE, "context", "32 to 128 bytes",
		    "%zu bytes", length - XSR_VCPU_HEAD_SIZE);
	else if (!vcpu.blob_length)
		check_report(c, F_VCPU_EXTENDED_EMPTY, XSR_VCPU_HEAD_SIZE, "context", "32 to 128 bytes", "none");
	else if (c->depth >= XSR_DEPTH_STREAM)
		check_contents(c, &vcpu);
	if (c->depth >= XSR_DEPTH_STREAM)
		check_tail(c, body, length, &vcpu);
}

static void describe(const struct xsr_visitor *v, const struct image_facts *facts, bool big_endian,
    const uint8_t *body, size_t length)
{
	struct xsr_vcpu_extended vcpu;
	struct pass p = pass_show(v, 8);

	(void)facts;
	if (xsr_vcpu_extended_decode(body, length, big_endian, &vcpu) != XSR_OK)
		return;
	vcpu_head_describe(v, &vcpu.head);
	if (!vcpu.blob_length)
		return;
	v->number(v->context, "inner_vcpu", vcpu.vcpu, XSR_DECIMAL);
	v->number(v->context, "inner_size", vcpu.size, XSR_DECIMAL);
	walk(&p, &vcpu);
}

static bool recode(const struct image_facts *facts, bool big_endian, const uint8_t *body, size_t length,
    struct xsr_buffer *out)
{
	struct xsr_vcpu_extended vcpu;

	(void)facts;
	return xsr_vcpu_extended_decode(body, length, big_endian, &vcpu) == XSR_OK &&
	    xsr_vcpu_extended_encode(out, big_endian, &vcpu) == XSR_OK;
}

/* Blobs of 1 to 31 bytes are left to check(): an empty one, below them, is a different finding. */
const struct record_family vcpu_extended_family = {
    .layer = XSR_LAYER_LIBXC,
    .type = XSR_LIBXC_X86_PV_VCPU_EXTENDED,
    .guests = GUEST_PV,
    .min_length = XSR_VCPU_HEAD_SIZE,
    .max_length = XSR_VCPU_HEAD_SIZE + XSR_VCPU_EXTENDED_MAX,
    .multiple = 1,
    .bad_length = F_VCPU_EXTENDED_LENGTH,
    .check = check,
    .describe = describe,
    .recode = recode,
};
