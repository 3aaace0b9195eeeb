/* SPDX-License-Identifier: MIT */
#include "convert-legacy-stream/rows.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/messages.h"
#include "common/text.h"

const char *rows_qemu_name(enum xsr_legacy_qemu framing)
{
	static const char *const names[] = {"QemuDeviceModelRecord", "DeviceModelRecord0002", "RemusDeviceModelState",
	    "QemuDeviceModelRecord (xapi)", "record of xapi's"};

	return names[framing];
}

/* Name of the row, or NULL for a piece of something that has a row already. */
static const char *row_name(const struct xsr_legacy_event *e)
{
	switch (e->type) {
	case XSR_LEGACY_CONTAINER:
		return "CONTAINER";
	case XSR_LEGACY_BLOB:
		return "XAPI_RECORD";
	case XSR_LEGACY_HEAD:
		return "HEAD";
	case XSR_LEGACY_CHUNK:
		return e->chunk->id > 0 ? NULL : e->chunk->name;
	case XSR_LEGACY_ENTRIES:
		return e->chunk->name;
	case XSR_LEGACY_BODY_END:
		return "END";
	case XSR_LEGACY_HVM_TAIL:
		return "HVM_TAIL";
	case XSR_LEGACY_UNMAPPED:
		return e->u.list.first ? NULL : "UNMAPPED";
	case XSR_LEGACY_VCPU:
		return "VCPU";
	case XSR_LEGACY_VCPU_EXTENDED:
		return "VCPU_EXTENDED";
	case XSR_LEGACY_VCPU_XSAVE:
		return "VCPU_XSAVE";
	case XSR_LEGACY_SHARED_INFO:
		return "SHARED_INFO";
	case XSR_LEGACY_QEMU:
		return "QEMU";
	case XSR_LEGACY_ROUND:
		return "ROUND";
	case XSR_LEGACY_TRAILER:
		return e->u.bytes.position ? NULL : "TRAILER";
	default:
		return NULL;
	}
}

static void decimal(const struct xsr_visitor *v, const char *key, uint64_t value)
{
	v->number(v->context, key, value, XSR_DECIMAL);
}

static void hexadecimal(const struct xsr_visitor *v, const char *key, uint64_t value)
{
	v->number(v->context, key, value, XSR_HEXADECIMAL);
}

static void visit_head(const struct xsr_visitor *v, const struct xsr_legacy_head *h)
{
	v->text(v->context, "guest", h->hvm ? "hvm" : "pv");
	decimal(v, "width", h->width * 8);
	hexadecimal(v, "p2m_size", h->p2m_size);
	if (h->hvm)
		return;
	decimal(v, "guest_width", h->guest_width * 8);
	v->boolean(v->context, "extended_info", h->has_info);
	v->boolean(v->context, "extended_contexts", h->extended);
	decimal(v, "xcnt", h->xcnt);
	decimal(v, "p2m_frames", h->frames);
}

static void visit_chunk(const struct xsr_visitor *v, const struct xsr_legacy_chunk *c)
{
	if (xsr_legacy_chunk_param(c->id)) {
		hexadecimal(v, "value", c->value);
	} else if (c->id == XSR_LEGACY_VCPU_INFO) {
		decimal(v, "max_id", c->max_vcpu);
	} else if (c->id == XSR_LEGACY_TSC_INFO) {
		decimal(v, "mode", c->tsc.mode);
		decimal(v, "nsec", c->tsc.nsec);
		decimal(v, "khz", c->tsc.khz);
		decimal(v, "incarnation", c->tsc.incarnation);
	} else if (c->length) {
		decimal(v, "length", c->length);
	}
}

static void visit_fields(const struct xsr_visitor *v, const struct xsr_legacy_event *e)
{
	switch (e->type) {
	case XSR_LEGACY_CONTAINER:
		v->text(v->context, "format", xsr_format_name(e->u.container.format));
		decimal(v, "config_length", e->u.container.config_length);
		break;
	case XSR_LEGACY_BLOB:
		hexadecimal(v, "xapi_type", e->u.blob.type);
		decimal(v, "length", e->u.blob.length);
		break;
	case XSR_LEGACY_HEAD:
		visit_head(v, &e->u.head);
		break;
	case XSR_LEGACY_CHUNK:
		visit_chunk(v, e->chunk);
		break;
	case XSR_LEGACY_ENTRIES:
		decimal(v, "entries", e->u.batch.count);
		decimal(v, "pages", e->u.batch.pages);
		hexadecimal(v, "first", e->u.batch.entries[0] & XSR_LEGACY_PFN_MASK);
		break;
	case XSR_LEGACY_HVM_TAIL:
		hexadecimal(v, "ioreq", e->u.hvm.ioreq);
		hexadecimal(v, "bufioreq", e->u.hvm.bufioreq);
		hexadecimal(v, "store", e->u.hvm.store);
		decimal(v, "length", e->u.hvm.length);
		break;
	case XSR_LEGACY_UNMAPPED:
		decimal(v, "entries", e->u.list.total);
		break;
	case XSR_LEGACY_VCPU:
	case XSR_LEGACY_VCPU_EXTENDED:
	case XSR_LEGACY_VCPU_XSAVE:
		decimal(v, "vcpu", e->u.vcpu.id);
		decimal(v, "length", e->u.vcpu.length);
		break;
	case XSR_LEGACY_QEMU:
		v->text(v->context, "framing", rows_qemu_name(e->u.qemu.framing));
		if (e->u.qemu.length != UINT64_MAX)
			decimal(v, "length", e->u.qemu.length);
		break;
	default:
		break;
	}
}

void rows_event(const struct xsr_visitor *v, const struct xsr_legacy_event *e)
{
	const char *name = row_name(e);

	if (!name)
		return;
	v->begin(v->context, NULL, false);
	v->text(v->context, "layer", "legacy");
	v->text(v->context, "name", name);
	decimal(v, "offset", e->offset);
	if (e->chunk)
		decimal(v, "record", e->chunk->index);
	if (e->round || e->type == XSR_LEGACY_ROUND)
		decimal(v, "round", e->round);
	visit_fields(v, e);
	v->end(v->context);
}

static const char *container_name(const struct xsr_convert_result *r)
{
	return r->container == XSR_FORMAT_LEGACY ? "none" : xsr_format_name(r->container);
}

void rows_summary(const struct xsr_visitor *v, const struct xsr_convert_result *r, const char *verdict)
{
	v->begin(v->context, NULL, false);
	v->text(v->context, "verdict", verdict);
	v->text(v->context, "container", container_name(r));
	if (r->head.width)
		visit_head(v, &r->head);
	v->text(v->context, "format", xsr_format_name(r->format));
	decimal(v, "rounds", r->rounds);
	v->boolean(v->context, "torn", r->torn);
	v->boolean(v->context, "compressed", r->compressed);
	v->boolean(v->context, "device_model", r->has_qemu);
	decimal(v, "vcpus", r->vcpus);
	decimal(v, "batches", r->batches);
	decimal(v, "entries", r->entries);
	decimal(v, "pages", r->pages);
	decimal(v, "chunks", r->chunks);
	if (r->release)
		v->text(v->context, "release", r->release);
	decimal(v, "bytes_in", r->bytes_in);
	decimal(v, "bytes_out", r->bytes_out);
	v->end(v->context);
}

void rows_print_summary(const struct xsr_convert_result *r)
{
	const struct xsr_legacy_head *h = &r->head;
	char in[32], out[32];

	if (!h->width)
		return;
	message_line("  container   %s%s", container_name(r), r->structured ? " (records)" : "");
	if (h->hvm)
		message_line("  guest       x86 HVM, toolstack of %u bits", h->width * 8);
	else
		message_line("  guest       x86 PV of %u bits, toolstack of %u bits", h->guest_width * 8, h->width * 8);
	if (r->release)
		message_line("  saved by    Xen %s or later (estimated)", r->release);
	message_line("  memory      p2m_size 0x%" PRIx64 ", %" PRIu64 " pages in %" PRIu64 " batches", h->p2m_size,
	    r->pages, r->batches);
	if (r->rounds != 1 || r->torn)
		message_line("  rounds      %" PRIu64 "%s%s", r->rounds, r->compressed ? ", compressed" : "",
		    r->torn ? ", and a torn one" : "");
	if (!h->hvm)
		message_line("  vCPUs       %" PRIu32, r->vcpus);
	else
		message_line("  emulator    %s", r->has_qemu ? rows_qemu_name(r->qemu) : "none");
	message_line("  bytes       %s in, %s out (%s)", text_bytes(r->bytes_in, in, sizeof(in)),
	    text_bytes(r->bytes_out, out, sizeof(out)), xsr_format_name(r->format));
}
