/* SPDX-License-Identifier: MIT */
/* The machine itself: what steps share, the table of steps, and the functions of <libstream/legacy.h>. */
#include "legacy/machine.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/cursor.h"

static void report_nothing(void *context, const struct xsr_finding *finding)
{
	(void)context;
	(void)finding;
}

static bool demand_valid(const struct xsr_legacy_demand *demand)
{
	for (size_t i = 0; i < sizeof(demand->reserved) / sizeof(demand->reserved[0]); i++)
		if (demand->reserved[i])
			return false;
	return (!demand->width || demand->width == 4 || demand->width == 8) && demand->guest <= XSR_DOMAIN_X86_HVM &&
	    (!demand->tmem_oid || demand->tmem_oid == 8 || demand->tmem_oid == 24);
}

struct xsr_legacy *xsr_legacy_new(const struct xsr_legacy_demand *demand, xsr_finding_fn *report, void *context)
{
	struct xsr_legacy *d;

	if (demand && !demand_valid(demand))
		return NULL;
	d = calloc(1, sizeof(*d));
	if (!d)
		return NULL;
	if (demand)
		d->demand = *demand;
	if (!d->demand.tmem_oid)
		d->demand.tmem_oid = 24;
	d->report = report ? report : report_nothing;
	d->report_context = context;
	d->chunk.vcpu_map = d->vcpu_map;
	legacy_since(d, 3, 0);
	return d;
}

void xsr_legacy_free(struct xsr_legacy *d)
{
	free(d);
}

struct xsr_legacy_event *legacy_event(struct xsr_legacy *d, enum xsr_legacy_event_type type, uint64_t offset)
{
	d->event.type = type;
	d->event.offset = offset;
	d->event.round = d->round;
	d->event.chunk = d->in_body ? &d->chunk : NULL;
	return &d->event;
}

void legacy_in_chunk(const struct xsr_legacy *d, struct xsr_finding *f)
{
	if (!d->in_body)
		return;
	f->record = d->chunk.index;
	f->record_type = (uint32_t)d->chunk.id;
	f->type_name = d->chunk.name ? d->chunk.name : "";
}

struct xsr_finding *legacy_fail(struct xsr_legacy *d, enum finding_id id, uint64_t offset, const char *field)
{
	finding_make(&d->error, id, XSR_LAYER_LEGACY, offset, field);
	legacy_in_chunk(d, &d->error);
	d->state = LS_FAILED;
	return &d->error;
}

void legacy_report(struct xsr_legacy *d, enum finding_id id, uint64_t offset, const char *field,
    const char *allowed, const char *found, ...)
{
	char text[sizeof(((struct xsr_finding *)0)->found)];
	struct xsr_finding f;
	va_list args;

	va_start(args, found);
	vsnprintf(text, sizeof(text), found, args);
	va_end(args);
	finding_make(&f, id, XSR_LAYER_LEGACY, offset, field);
	legacy_in_chunk(d, &f);
	finding_found(&f, "%s", text);
	finding_allowed(&f, "%s", allowed);
	d->report(d->report_context, &f);
}

void legacy_since(struct xsr_legacy *d, unsigned major, unsigned minor)
{
	if (d->release < major * 100 + minor)
		d->release = major * 100 + minor;
}

const uint8_t *legacy_take(struct xsr_legacy *d, struct legacy_input *in, size_t n)
{
	const uint8_t *p = in->data;

	in->data += n;
	in->left -= n;
	d->offset += n;
	return p;
}

bool legacy_collect(struct xsr_legacy *d, struct legacy_input *in, size_t want)
{
	size_t n = want - d->held;

	if (n > in->left)
		n = in->left;
	if (n)
		memcpy(d->hold + d->held, legacy_take(d, in, n), n);
	d->held += n;
	if (d->held < want)
		return false;
	d->held = 0;
	return true;
}

void legacy_run(struct xsr_legacy *d, enum legacy_state state, enum xsr_legacy_event_type event, uint64_t length,
    enum legacy_state next)
{
	d->bytes_event = event;
	d->bytes_next = next;
	d->left = length;
	d->position = 0;
	d->gathered = 0;
	d->whole = length <= XSR_WHOLE_MAX;
	d->state = length ? state : next;
}

enum legacy_step legacy_step_run(struct xsr_legacy *d, struct legacy_input *in)
{
	size_t n = in->left < d->left ? in->left : (size_t)d->left;
	struct xsr_legacy_event *e;
	const uint8_t *data;

	if (!n)
		return STEP_MORE;
	data = legacy_take(d, in, n);
	d->left -= n;
	if (d->whole && (d->gathered || d->left)) {
		memcpy(d->body + d->gathered, data, n);
		d->gathered += n;
		if (d->left)
			return STEP_MORE;
		data = d->body;
		n = d->gathered;
	}
	e = legacy_event(d, d->bytes_event, d->offset - n);
	e->u.bytes.data = data;
	e->u.bytes.length = n;
	e->u.bytes.position = d->position;
	e->u.bytes.last = d->left == 0;
	d->position += n;
	if (!d->left)
		d->state = d->bytes_next;
	return STEP_EVENT;
}

size_t legacy_take_list(struct xsr_legacy *d, struct legacy_input *in, size_t at, uint64_t *offset)
{
	unsigned width = d->head.width;
	size_t n = LEGACY_ENTRIES - at;
	const uint8_t *p = d->hold;

	if (n > d->list_count - d->list_seen)
		n = (size_t)(d->list_count - d->list_seen);
	if (d->held || in->left < width) {
		if (!legacy_collect(d, in, width))
			return 0;
		n = 1;
	} else {
		if (n > in->left / width)
			n = in->left / width;
		p = legacy_take(d, in, n * width);
	}
	*offset = d->offset - n * width;
	for (size_t i = 0; i < n; i++)
		d->entries[at + i] = width == 4 ? load_u32(p + 4 * i, false) : load_u64(p + 8 * i, false);
	d->list_seen += n;
	return n;
}

static enum legacy_step step_failed(struct xsr_legacy *d, struct legacy_input *in)
{
	(void)d;
	(void)in;
	return STEP_FAILED;
}

static legacy_step_fn *const steps[LS_COUNT] = {
    [LS_CONTAINER] = legacy_step_container,
    [LS_XL_HEADER] = legacy_step_xl_header,
    [LS_XL_LENGTH] = legacy_step_xl_length,
    [LS_XL_TAIL] = legacy_step_xl_tail,
    [LS_XEND_LENGTH] = legacy_step_xend,
    [LS_LIBVIRT_HEADER] = legacy_step_libvirt,
    [LS_XAPI_RECORD] = legacy_step_xapi_record,
    [LS_CONFIG] = legacy_step_config,
    [LS_BLOB] = legacy_step_run,
    [LS_GUESS] = legacy_step_guess,
    [LS_P2M_SIZE] = legacy_step_p2m_size,
    [LS_INFO_TOTAL] = legacy_step_info_total,
    [LS_INFO_BLOCK] = legacy_step_info_block,
    [LS_INFO_XCNT] = legacy_step_xcnt,
    [LS_INFO_SKIP] = legacy_step_info_skip,
    [LS_HEAD] = legacy_step_head,
    [LS_FRAMES] = legacy_step_frames,
    [LS_CHUNK] = legacy_step_chunk,
    [LS_CHUNK_FIXED] = legacy_step_fixed,
    [LS_VCPU_MAP] = legacy_step_vcpu_map,
    [LS_ENTRIES] = legacy_step_entries,
    [LS_PAYLOAD] = legacy_step_payload,
    [LS_PAGES] = legacy_step_run,
    [LS_CHUNK_DATA] = legacy_step_run,
    [LS_TMEM_HEAD] = legacy_step_tmem_head,
    [LS_TMEM_POOL] = legacy_step_tmem_pool,
    [LS_TMEM_POOL_INFO] = legacy_step_tmem_pool_info,
    [LS_TMEM_OID] = legacy_step_tmem_oid,
    [LS_TMEM_INDEX] = legacy_step_tmem_index,
    [LS_TMEM_EXTRA] = legacy_step_tmem_extra,
    [LS_HVM_TAIL] = legacy_step_hvm_tail,
    [LS_HVM_CONTEXT] = legacy_step_hvm_context,
    [LS_UNMAPPED_COUNT] = legacy_step_unmapped_count,
    [LS_UNMAPPED] = legacy_step_unmapped,
    [LS_VCPU] = legacy_step_vcpu,
    [LS_VCPU_EXTENDED] = legacy_step_vcpu_extended,
    [LS_XSAVE_HEAD] = legacy_step_xsave_head,
    [LS_XSAVE] = legacy_step_xsave,
    [LS_SHARED_INFO] = legacy_step_run,
    [LS_TAIL_END] = legacy_step_tail_end,
    [LS_AFTER] = legacy_step_after,
    [LS_QEMU_SIGNATURE] = legacy_step_qemu_signature,
    [LS_QEMU_LENGTH] = legacy_step_qemu_length,
    [LS_QEMU_NEWLINE] = legacy_step_qemu_newline,
    [LS_QEMU] = legacy_step_qemu,
    [LS_ROUND] = legacy_step_round,
    [LS_TRAILER] = legacy_step_run,
    [LS_FAILED] = step_failed,
};

/* One step, on the bytes that were looked at before they were asked for as long as there are any. */
static enum legacy_step step(struct xsr_legacy *d, struct legacy_input *outer)
{
	size_t ahead = d->look_length - d->look_used;
	struct legacy_input in = {.data = d->look + d->look_used, .left = ahead};
	enum legacy_step result;

	if (d->state == LS_GUESS || !ahead)
		return steps[d->state](d, outer);
	result = steps[d->state](d, &in);
	d->look_used += ahead - in.left;
	return result == STEP_MORE ? STEP_AGAIN : result;
}

enum xsr_status xsr_legacy_feed(struct xsr_legacy *d, const void *data, size_t size, size_t *used,
    const struct xsr_legacy_event **event)
{
	struct legacy_input in = {.data = data, .left = size};
	enum legacy_step result = STEP_AGAIN;

	*event = NULL;
	*used = 0;
	if (d->state == LS_FINISHED)
		return XSR_E_MISUSE;
	while (result == STEP_AGAIN)
		result = step(d, &in);
	*used = size - in.left;
	if (result == STEP_FAILED)
		return d->error.status;
	if (result == STEP_EVENT)
		*event = &d->event;
	return XSR_OK;
}

uint64_t xsr_legacy_skippable(const struct xsr_legacy *d)
{
	return d->state == LS_PAGES && d->look_used == d->look_length ? d->left : 0;
}

enum xsr_status xsr_legacy_skip(struct xsr_legacy *d, uint64_t size)
{
	if (size > xsr_legacy_skippable(d))
		return XSR_E_MISUSE;
	d->left -= size;
	d->position += size;
	d->offset += size;
	if (d->state == LS_PAGES && !d->left)
		d->state = d->bytes_next;
	return XSR_OK;
}

/* What the input was in the middle of. */
static const char *thing(const struct xsr_legacy *d)
{
	switch (d->state) {
	case LS_FRAMES:
		return "P2M frame list";
	case LS_ENTRIES:
		return "entries";
	case LS_PAYLOAD:
	case LS_PAGES:
		return "page data";
	case LS_CHUNK:
		return "chunk id";
	case LS_QEMU_SIGNATURE:
	case LS_QEMU_LENGTH:
	case LS_QEMU_NEWLINE:
	case LS_QEMU:
	case LS_AFTER:
		return "device model record";
	default:
		break;
	}
	if (d->state < LS_GUESS)
		return "container";
	if (d->state < LS_FRAMES)
		return "head";
	return d->state < LS_HVM_TAIL ? "chunk" : "tail";
}

/* How much of a thing of known length is missing; 0: that is not known. */
static uint64_t missing(const struct xsr_legacy *d)
{
	switch (d->state) {
	case LS_FRAMES:
	case LS_ENTRIES:
	case LS_UNMAPPED:
		return (d->list_count - d->list_seen) * d->head.width - d->held;
	case LS_CONFIG:
	case LS_BLOB:
	case LS_PAGES:
	case LS_CHUNK_DATA:
	case LS_HVM_CONTEXT:
	case LS_SHARED_INFO:
	case LS_QEMU:
		return d->left > UINT64_MAX / 2 ? 0 : d->left;
	default:
		return 0;
	}
}

/* Ended before it was seen what it is: perhaps no image at all, so the bytes themselves are shown. */
static enum xsr_status too_short(struct xsr_legacy *d)
{
	bool guess = d->state == LS_GUESS;
	const uint8_t *p = guess ? d->look : d->hold;
	size_t n = guess ? d->look_length : d->held;
	struct xsr_finding *f = legacy_fail(d, F_LEGACY_TRUNCATED, d->offset + (guess ? n : 0), "first bytes");

	finding_found_bytes(f, p, n);
	finding_allowed(f, "a container, or an image, which has more than %u bytes", LEGACY_FIRST_LOOK);
	return d->error.status;
}

/* Behind a round: nothing, the state of a device model up to here, or what is no part of the image. */
static bool at_an_end(const struct xsr_legacy *d)
{
	if (d->state == LS_AFTER)
		return !d->held || !legacy_qemu_prefix(d->hold, d->held);
	if (d->state == LS_XAPI_RECORD)
		return d->image_done && !d->held;
	return d->state == LS_TRAILER || (d->state == LS_QEMU && d->left > UINT64_MAX / 2 && d->position >= 4);
}

enum xsr_status xsr_legacy_finish(struct xsr_legacy *d)
{
	uint64_t more = missing(d);
	struct xsr_finding *f;

	if (d->state == LS_FINISHED)
		return XSR_OK;
	if (d->state == LS_FAILED)
		return d->error.status;
	if (d->state == LS_QEMU && at_an_end(d))
		d->complete++;
	if (!d->complete && (d->state == LS_CONTAINER || d->state == LS_GUESS))
		return too_short(d);
	if (!at_an_end(d) && !d->complete) {
		d->in_body = d->in_body && d->state != LS_CHUNK;
		f = legacy_fail(d, F_LEGACY_TRUNCATED, d->offset + (d->look_length - d->look_used), thing(d));
		finding_found(f, "end of input");
		if (more)
			finding_allowed(f, "%" PRIu64 " bytes more of it", more);
		else
			finding_allowed(f, "the rest of it");
		return d->error.status;
	}
	d->torn = !at_an_end(d) || (d->state == LS_AFTER && d->held);
	d->state = LS_FINISHED;
	return XSR_OK;
}

uint64_t xsr_legacy_rounds(const struct xsr_legacy *d)
{
	return d->complete;
}

bool xsr_legacy_torn(const struct xsr_legacy *d)
{
	return d->torn;
}

bool xsr_legacy_last(const struct xsr_legacy *d)
{
	return d->last_checkpoint;
}

const struct xsr_finding *xsr_legacy_error(const struct xsr_legacy *d)
{
	return d->state == LS_FAILED ? &d->error : NULL;
}

uint64_t xsr_legacy_offset(const struct xsr_legacy *d)
{
	return d->offset;
}

const char *xsr_legacy_release(const struct xsr_legacy *d)
{
	static const struct {
		unsigned number;
		const char *name;
	} releases[] = {{405, "4.5"}, {403, "4.3"}, {402, "4.2"}, {401, "4.1"}, {400, "4.0"}, {304, "3.4"},
	    {303, "3.3"}, {302, "3.2"}, {301, "3.1"}};

	for (size_t i = 0; i < sizeof(releases) / sizeof(releases[0]); i++)
		if (d->release >= releases[i].number)
			return releases[i].name;
	return "3.0";
}
