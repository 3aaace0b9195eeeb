/* SPDX-License-Identifier: MIT */
/* What follows a body: vCPUs or HVM context, the device model, another round: specs/legacy-stream.md §5 and §6. */
#include "legacy/machine.h"

#include <inttypes.h>
#include <string.h>

#include "wire/cursor.h"

#define HVM_TAIL_SIZE 28u
#define CONTEXT_MIN   40u
#define CONTEXT_MAX   0x01000000u
#define CONTEXT_32    2800u
#define CONTEXT_64    5168u
#define EXTENDED_SIZE 128u
#define XSAVE_EMPTY   16u
#define XSAVE_MIN     592u
#define XSAVE_MAX     (16u + 16384u)
#define QEMU_MAX      0x10000000u
#define SIGNATURE     21u

/* The first entry of an HVM context: type 1, instance (any), length 24, magic. */
static const uint8_t context_head[12] = {1, 0, 0, 0, 24, 0, 0, 0, 0x86, 0x12, 0x38, 0x54};

static const struct {
	const char *text;
	enum xsr_legacy_qemu framing;
} signatures[] = {
    {"QemuDeviceModelRecord", XSR_LEGACY_QEMU_EOF},
    {"DeviceModelRecord0002", XSR_LEGACY_QEMU_LIBXL},
    {"RemusDeviceModelState", XSR_LEGACY_QEMU_REMUS},
};

#define SIGNATURES (sizeof(signatures) / sizeof(signatures[0]))

bool legacy_qemu_prefix(const uint8_t *p, size_t length)
{
	for (size_t i = 0; i < SIGNATURES; i++)
		if (memcmp(p, signatures[i].text, length < SIGNATURE ? length : SIGNATURE) == 0)
			return true;
	return false;
}

void legacy_tail_start(struct xsr_legacy *d)
{
	/* A PV image has vCPU 0 in any case. */
	d->vcpu = 0;
	d->gathered = 0;
	d->state = d->head.hvm ? LS_HVM_TAIL : LS_UNMAPPED_COUNT;
}

/* A page that only Xen and the device model use; old restorers cleared it whatever its number. */
static void check_magic(struct xsr_legacy *d, size_t back, uint64_t pfn, const char *field)
{
	if (pfn >= d->head.p2m_size)
		legacy_report(d, F_LEGACY_MAGIC_PFN, d->offset - back, field, "0 or a pfn below p2m_size", "0x%" PRIx64,
		    pfn);
}

enum legacy_step legacy_step_hvm_tail(struct xsr_legacy *d, struct legacy_input *in)
{
	struct xsr_legacy_event *e;
	uint32_t length;

	if (!legacy_collect(d, in, HVM_TAIL_SIZE))
		return STEP_MORE;
	length = load_u32(d->hold + 24, false);
	if (length < CONTEXT_MIN || length > CONTEXT_MAX) {
		finding_found(legacy_fail(d, F_LEGACY_HVM_CONTEXT, d->offset - 4, "length"), "%" PRIu32, length);
		finding_allowed(&d->error, "%u to %u", CONTEXT_MIN, CONTEXT_MAX);
		return STEP_FAILED;
	}
	e = legacy_event(d, XSR_LEGACY_HVM_TAIL, d->offset - HVM_TAIL_SIZE);
	e->u.hvm.ioreq = load_u64(d->hold, false);
	e->u.hvm.bufioreq = load_u64(d->hold + 8, false);
	e->u.hvm.store = load_u64(d->hold + 16, false);
	e->u.hvm.length = length;
	check_magic(d, HVM_TAIL_SIZE, e->u.hvm.ioreq, "ioreq");
	check_magic(d, HVM_TAIL_SIZE - 8, e->u.hvm.bufioreq, "bufioreq");
	check_magic(d, HVM_TAIL_SIZE - 16, e->u.hvm.store, "store");
	legacy_run(d, LS_HVM_CONTEXT, XSR_LEGACY_HVM_CONTEXT, length, LS_TAIL_END);
	d->whole = false;
	return STEP_EVENT;
}

enum legacy_step legacy_step_hvm_context(struct xsr_legacy *d, struct legacy_input *in)
{
	uint64_t first = d->position;
	enum legacy_step step = legacy_step_run(d, in);

	for (size_t i = 0; step == STEP_EVENT && first + i < sizeof(context_head) && i < d->event.u.bytes.length; i++) {
		uint8_t byte = d->event.u.bytes.data[i];

		if (byte == context_head[first + i] || first + i == 2 || first + i == 3)
			continue;
		finding_found(legacy_fail(d, F_LEGACY_HVM_CONTEXT, d->event.offset + i, "header"), "0x%02x", byte);
		finding_allowed(&d->error, "0x%02x: the header entry of an HVM context", context_head[first + i]);
		return STEP_FAILED;
	}
	return step;
}

enum legacy_step legacy_step_unmapped_count(struct xsr_legacy *d, struct legacy_input *in)
{
	if (!legacy_collect(d, in, 4))
		return STEP_MORE;
	d->list_count = load_u32(d->hold, false);
	d->list_seen = 0;
	if (d->list_count > d->head.p2m_size) {
		finding_found(legacy_fail(d, F_LEGACY_UNMAPPED, d->offset - 4, "nr_unmapped"), "%" PRIu64, d->list_count);
		finding_allowed(&d->error, "at most p2m_size %" PRIu64, d->head.p2m_size);
		return STEP_FAILED;
	}
	d->state = d->list_count ? LS_UNMAPPED : LS_VCPU;
	return STEP_AGAIN;
}

enum legacy_step legacy_step_unmapped(struct xsr_legacy *d, struct legacy_input *in)
{
	uint32_t first = (uint32_t)d->list_seen;
	struct xsr_legacy_event *e;
	uint64_t at;
	size_t n = legacy_take_list(d, in, 0, &at);

	if (!n)
		return STEP_MORE;
	for (size_t i = 0; i < n; i++) {
		if (d->entries[i] < d->head.p2m_size)
			continue;
		finding_found(legacy_fail(d, F_LEGACY_UNMAPPED, at + i * d->head.width, "pfn"), "0x%" PRIx64,
		    d->entries[i]);
		finding_allowed(&d->error, "a pfn below p2m_size 0x%" PRIx64, d->head.p2m_size);
		return STEP_FAILED;
	}
	e = legacy_event(d, XSR_LEGACY_UNMAPPED, at);
	e->u.list.entries = d->entries;
	e->u.list.count = n;
	e->u.list.first = first;
	e->u.list.total = (uint32_t)d->list_count;
	if (d->list_seen == d->list_count)
		d->state = LS_VCPU;
	return STEP_EVENT;
}

/* Goes to the next vCPU of the map from d->vcpu on, or behind the last one. */
static void next_vcpu(struct xsr_legacy *d)
{
	while (d->vcpu <= d->chunk.max_vcpu) {
		if (d->vcpu_map[d->vcpu / 64] >> (d->vcpu % 64) & 1) {
			d->state = LS_VCPU;
			return;
		}
		d->vcpu++;
	}
	legacy_run(d, LS_SHARED_INFO, XSR_LEGACY_SHARED_INFO, XSR_PAGE_SIZE, LS_TAIL_END);
}

/* Takes `size` bytes whole and makes them an event about the current vCPU. False: the input is used up. */
static bool take_state(struct xsr_legacy *d, struct legacy_input *in, enum xsr_legacy_event_type type, size_t size)
{
	size_t n = size - d->gathered;
	struct xsr_legacy_event *e;

	if (n > in->left)
		n = in->left;
	if (n)
		memcpy(d->body + d->gathered, legacy_take(d, in, n), n);
	d->gathered += n;
	if (d->gathered < size)
		return false;
	d->gathered = 0;
	e = legacy_event(d, type, d->offset - size);
	e->u.vcpu.id = d->vcpu;
	e->u.vcpu.data = d->body;
	e->u.vcpu.length = size;
	e->u.vcpu.mask = d->xsave_mask;
	return true;
}

/* What comes behind a context or extended context. */
static void after_context(struct xsr_legacy *d)
{
	if (d->head.xcnt) {
		d->state = LS_XSAVE_HEAD;
		return;
	}
	d->vcpu++;
	d->gathered = 0;
	next_vcpu(d);
}

enum legacy_step legacy_step_vcpu(struct xsr_legacy *d, struct legacy_input *in)
{
	if (!take_state(d, in, XSR_LEGACY_VCPU, d->head.guest_width == 8 ? CONTEXT_64 : CONTEXT_32))
		return STEP_MORE;
	if (d->head.extended)
		d->state = LS_VCPU_EXTENDED;
	else
		after_context(d);
	return STEP_EVENT;
}

enum legacy_step legacy_step_vcpu_extended(struct xsr_legacy *d, struct legacy_input *in)
{
	uint32_t id;

	if (!take_state(d, in, XSR_LEGACY_VCPU_EXTENDED, EXTENDED_SIZE))
		return STEP_MORE;
	id = load_u32(d->body, false);
	if (id != d->vcpu) {
		finding_found(legacy_fail(d, F_LEGACY_VCPU_ID, d->offset - EXTENDED_SIZE, "vcpu"), "%" PRIu32, id);
		finding_allowed(&d->error, "%" PRIu32 ", the vCPU of the bitmap whose turn it is", d->vcpu);
		return STEP_FAILED;
	}
	after_context(d);
	return STEP_EVENT;
}

enum legacy_step legacy_step_xsave_head(struct xsr_legacy *d, struct legacy_input *in)
{
	if (!legacy_collect(d, in, 16))
		return STEP_MORE;
	d->xsave_mask = load_u64(d->hold, false);
	d->left = load_u64(d->hold + 8, false);
	if (d->left != XSAVE_EMPTY && (d->left < XSAVE_MIN || d->left > XSAVE_MAX)) {
		finding_found(legacy_fail(d, F_LEGACY_XSAVE, d->offset - 8, "size"), "%" PRIu64, d->left);
		finding_allowed(&d->error, "16, or %u to %u", XSAVE_MIN, XSAVE_MAX);
		return STEP_FAILED;
	}
	if (d->left != d->head.xcnt - 16)
		legacy_report(d, F_LEGACY_XSAVE_SIZE, d->offset - 8, "size", "what xcnt of the extended info announced",
		    "%" PRIu64 " for vCPU %" PRIu32, d->left, d->vcpu);
	d->gathered = 0;
	d->state = LS_XSAVE;
	return STEP_AGAIN;
}

enum legacy_step legacy_step_xsave(struct xsr_legacy *d, struct legacy_input *in)
{
	if (!take_state(d, in, XSR_LEGACY_VCPU_XSAVE, (size_t)d->left))
		return STEP_MORE;
	d->vcpu++;
	next_vcpu(d);
	d->gathered = 0;
	return STEP_EVENT;
}

enum legacy_step legacy_step_tail_end(struct xsr_legacy *d, struct legacy_input *in)
{
	(void)in;
	legacy_event(d, XSR_LEGACY_TAIL_END, d->offset);
	d->complete++;
	d->image_done = true;
	d->state = LS_AFTER;
	return STEP_EVENT;
}

/* Neither device model nor round: the four bytes collected and all that follows. */
static enum legacy_step trailer(struct xsr_legacy *d)
{
	struct xsr_legacy_event *e = legacy_event(d, XSR_LEGACY_TRAILER, d->offset - 4);

	legacy_run(d, LS_TRAILER, XSR_LEGACY_TRAILER, UINT64_MAX, LS_TRAILER);
	e->u.bytes.data = d->hold;
	e->u.bytes.length = 4;
	e->u.bytes.position = 0;
	e->u.bytes.last = false;
	d->position = 4;
	return STEP_EVENT;
}

enum legacy_step legacy_step_after(struct xsr_legacy *d, struct legacy_input *in)
{
	int32_t id;

	if (!legacy_collect(d, in, 4))
		return STEP_MORE;
	id = (int32_t)load_u32(d->hold, false);
	d->held = 4;
	if (d->head.hvm && !d->had_qemu && legacy_qemu_prefix(d->hold, 4)) {
		d->complete--;
		d->state = LS_QEMU_SIGNATURE;
		return STEP_AGAIN;
	}
	if (d->structured) {
		d->state = LS_XAPI_RECORD;
		return STEP_AGAIN;
	}
	if (d->last_checkpoint || d->xapi || !id || !legacy_chunk_known(id)) {
		d->held = 0;
		return trailer(d);
	}
	d->state = LS_ROUND;
	return STEP_AGAIN;
}

enum legacy_step legacy_step_round(struct xsr_legacy *d, struct legacy_input *in)
{
	(void)in;
	d->round++;
	legacy_since(d, 4, 0);
	legacy_event(d, XSR_LEGACY_ROUND, d->offset - 4);
	legacy_round_start(d);
	return STEP_EVENT;
}

enum legacy_step legacy_step_qemu_signature(struct xsr_legacy *d, struct legacy_input *in)
{
	if (!legacy_collect(d, in, SIGNATURE))
		return STEP_MORE;
	for (size_t i = 0; i < SIGNATURES; i++) {
		if (memcmp(d->hold, signatures[i].text, SIGNATURE) != 0)
			continue;
		d->qemu = signatures[i].framing;
		d->state = i == 0 ? LS_QEMU_NEWLINE : LS_QEMU_LENGTH;
		d->had_qemu = true;
		return STEP_AGAIN;
	}
	finding_found(legacy_fail(d, F_LEGACY_QEMU, d->offset - SIGNATURE, "signature"), "%.21s", (const char *)d->hold);
	finding_allowed(&d->error, "QemuDeviceModelRecord, DeviceModelRecord0002 or RemusDeviceModelState");
	return STEP_FAILED;
}

static enum legacy_step qemu_start(struct xsr_legacy *d, size_t back, uint64_t length)
{
	struct xsr_legacy_event *e;

	if (length != UINT64_MAX && (length < 8 || length > QEMU_MAX)) {
		finding_found(legacy_fail(d, F_LEGACY_QEMU, d->offset - 4, "length"), "%" PRIu64, length);
		finding_allowed(&d->error, "8 to %u", QEMU_MAX);
		return STEP_FAILED;
	}
	if (d->qemu == XSR_LEGACY_QEMU_LIBXL || d->qemu == XSR_LEGACY_QEMU_REMUS)
		legacy_since(d, 4, d->qemu == XSR_LEGACY_QEMU_LIBXL ? 1 : 0);
	e = legacy_event(d, XSR_LEGACY_QEMU, d->offset - back);
	e->u.qemu.framing = d->qemu;
	e->u.qemu.length = length;
	legacy_run(d, LS_QEMU, XSR_LEGACY_QEMU_DATA, length, LS_AFTER);
	d->whole = false;
	return STEP_EVENT;
}

/* One byte tells xapi's framing from xend's: it is looked at, not taken, for it may be the state's first. */
enum legacy_step legacy_step_qemu_newline(struct xsr_legacy *d, struct legacy_input *in)
{
	if (!in->left)
		return STEP_MORE;
	if (*in->data != '\n')
		return qemu_start(d, SIGNATURE, UINT64_MAX);
	legacy_take(d, in, 1);
	d->qemu = XSR_LEGACY_QEMU_XAPI;
	d->state = LS_QEMU_LENGTH;
	return STEP_AGAIN;
}

enum legacy_step legacy_step_qemu_length(struct xsr_legacy *d, struct legacy_input *in)
{
	bool xapi = d->qemu == XSR_LEGACY_QEMU_XAPI;

	if (!legacy_collect(d, in, 4))
		return STEP_MORE;
	return qemu_start(d, SIGNATURE + 4 + xapi, load_u32(d->hold, xapi));
}

enum legacy_step legacy_step_qemu(struct xsr_legacy *d, struct legacy_input *in)
{
	static const uint8_t magic[4] = {'Q', 'E', 'V', 'M'};
	uint64_t first = d->position;
	enum legacy_step step = legacy_step_run(d, in);

	if (step != STEP_EVENT)
		return step;
	for (size_t i = 0; first + i < sizeof(magic) && i < d->event.u.bytes.length; i++) {
		if (d->event.u.bytes.data[i] == magic[first + i])
			continue;
		finding_found(legacy_fail(d, F_LEGACY_QEMU, d->event.offset + i, "magic"), "0x%02x",
		    d->event.u.bytes.data[i]);
		finding_allowed(&d->error, "QEVM");
		return STEP_FAILED;
	}
	if (d->position > QEMU_MAX) {
		finding_found(legacy_fail(d, F_LEGACY_QEMU, d->offset, "length"), "more than %u bytes", QEMU_MAX);
		finding_allowed(&d->error, "at most %u", QEMU_MAX);
		return STEP_FAILED;
	}
	if (!d->left && d->qemu != XSR_LEGACY_QEMU_BLOB)
		d->complete++;
	return STEP_EVENT;
}
