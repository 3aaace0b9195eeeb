/* SPDX-License-Identifier: MIT */
/* Containers around an image: specs/legacy-stream.md §2. */
#include "legacy/machine.h"

#include <inttypes.h>
#include <string.h>

#include "wire/cursor.h"
#include "xl/header.h"

#define XEND_HEADER    20u
#define LIBVIRT_HEADER 64u
#define XAPI_MAGIC     15u
#define CONFIG_MAX     0x01000000u

/* Types of xapi's records. */
#define XAPI_XENOPS    0x000fu
#define XAPI_LIBXC     0x00f0u
#define XAPI_LIBXL     0x00f1u
#define XAPI_LEGACY    0x00f2u
#define XAPI_QEMU_TRAD 0x0f00u
#define XAPI_QEMU_XEN  0x0f01u
#define XAPI_END       0xffffu

/* xend's relocation protocol has one of these in front of the image. */
static const char *const greetings[] = {"receive\n", "sslreceive\n"};

/* Gives back what was collected but belongs to the image: it is looked at next. */
static void image_start(struct xsr_legacy *d, const uint8_t *rest, size_t n)
{
	memcpy(d->look, rest, n);
	d->look_length = n;
	d->look_used = 0;
	d->offset -= n;
	d->state = LS_GUESS;
}

static struct xsr_legacy_event *container_event(struct xsr_legacy *d, enum xsr_format format, size_t size,
    uint32_t config_length)
{
	struct xsr_legacy_event *e = legacy_event(d, XSR_LEGACY_CONTAINER, d->offset - size);

	d->contained = true;
	memset(&e->u.container, 0, sizeof(e->u.container));
	e->u.container.format = format;
	e->u.container.config_length = config_length;
	return e;
}

static enum legacy_step modern(struct xsr_legacy *d, uint64_t offset, const char *what)
{
	finding_found(legacy_fail(d, F_LEGACY_MODERN, offset, ""), "%s", what);
	finding_allowed(&d->error, "an image of Xen 4.5 or older");
	return STEP_FAILED;
}

static enum legacy_step xapi(struct xsr_legacy *d)
{
	d->structured = memcmp(d->hold, "XenSavedDomv2-\n", XAPI_MAGIC) == 0;
	if (!d->structured && memcmp(d->hold, "XenSavedDomain\n", XAPI_MAGIC) != 0) {
		finding_found(legacy_fail(d, F_LEGACY_CONTAINER, d->offset - XSR_DETECT_SIZE, "magic"), "%.15s",
		    (const char *)d->hold);
		finding_allowed(&d->error, "XenSavedDomain or XenSavedDomv2-");
		return STEP_FAILED;
	}
	d->xapi = true;
	container_event(d, XSR_FORMAT_XAPI, XSR_DETECT_SIZE, 0)->u.container.structured = d->structured;
	if (!d->structured) {
		image_start(d, d->hold + XAPI_MAGIC, XSR_DETECT_SIZE - XAPI_MAGIC);
		return STEP_EVENT;
	}
	d->hold[0] = d->hold[XAPI_MAGIC];
	d->held = XSR_DETECT_SIZE - XAPI_MAGIC;
	d->state = LS_XAPI_RECORD;
	return STEP_EVENT;
}

/* Takes away a greeting, so that as many bytes are to be collected again. */
static bool greeting(struct xsr_legacy *d)
{
	for (size_t i = 0; i < sizeof(greetings) / sizeof(greetings[0]); i++) {
		size_t n = strlen(greetings[i]);

		if (d->offset != XSR_DETECT_SIZE || memcmp(d->hold, greetings[i], n) != 0)
			continue;
		memmove(d->hold, d->hold + n, XSR_DETECT_SIZE - n);
		d->held = XSR_DETECT_SIZE - n;
		return true;
	}
	return false;
}

enum legacy_step legacy_step_container(struct xsr_legacy *d, struct legacy_input *in)
{
	enum xsr_format format;

	if (!legacy_collect(d, in, XSR_DETECT_SIZE))
		return STEP_MORE;
	if (greeting(d))
		return STEP_AGAIN;
	format = xsr_detect(d->hold, XSR_DETECT_SIZE);
	if (d->demand.xl && format != XSR_FORMAT_XL) {
		finding_found(legacy_fail(d, F_LEGACY_CONTAINER, 0, "magic"), "%s", xsr_format_name(format));
		finding_allowed(&d->error, "an xl header, as demanded");
		return STEP_FAILED;
	}
	d->held = XSR_DETECT_SIZE;
	switch (format) {
	case XSR_FORMAT_LIBXC:
		return modern(d, 0, "a libxc image");
	case XSR_FORMAT_LIBXL:
		return modern(d, 0, "a libxl stream");
	case XSR_FORMAT_XL:
		d->state = LS_XL_HEADER;
		break;
	case XSR_FORMAT_XEND:
		d->state = LS_XEND_LENGTH;
		break;
	case XSR_FORMAT_LIBVIRT:
		d->state = LS_LIBVIRT_HEADER;
		break;
	case XSR_FORMAT_XAPI:
		d->held = 0;
		return xapi(d);
	default:
		d->held = 0;
		image_start(d, d->hold, XSR_DETECT_SIZE);
		break;
	}
	return STEP_AGAIN;
}

static enum legacy_step xl_done(struct xsr_legacy *d, uint32_t config)
{
	struct xsr_legacy_event *e = container_event(d, XSR_FORMAT_XL, 0, config);

	e->u.container.xl = d->xl;
	e->offset = 0;
	d->config_end = XSR_XL_HEADER_SIZE + (uint64_t)d->xl.optional_data_length;
	legacy_run(d, LS_CONFIG, XSR_LEGACY_CONFIG, config, LS_XL_TAIL);
	return STEP_EVENT;
}

/* A header that an old xl would have refused. */
static enum legacy_step xl_fault(struct xsr_legacy *d, enum finding_id id, uint64_t offset, const char *field,
    uint32_t found, const char *allowed)
{
	legacy_fail(d, id, offset, field)->layer = XSR_LAYER_XL;
	finding_found(&d->error, "0x%" PRIx32, found);
	finding_allowed(&d->error, "%s", allowed);
	return STEP_FAILED;
}

enum legacy_step legacy_step_xl_header(struct xsr_legacy *d, struct legacy_input *in)
{
	enum finding_id id;
	size_t field;

	if (!legacy_collect(d, in, XSR_XL_HEADER_SIZE))
		return STEP_MORE;
	id = xl_header_decode(d->hold, &d->xl, &field);
	if (id != F_COUNT)
		return xl_fault(d, id, field, field ? "byteorder" : "magic", load_u32(d->hold + field, false),
		    field ? "0x01020304" : "\"Xen saved domain, xl format\"");
	if (d->xl.big_endian)
		return xl_fault(d, F_XL_BIG_ENDIAN, field, "byteorder", load_u32(d->hold + field, false), "0x01020304");
	if (d->xl.mandatory_flags & XSR_XL_FLAG_STREAMV2)
		return modern(d, 0, "an xl image with a stream of version 2");
	if (d->xl.mandatory_flags & ~XSR_XL_FLAG_JSON)
		return xl_fault(d, F_XL_MANDATORY_FLAGS, 36, "mandatory_flags", d->xl.mandatory_flags, "0 or 1");
	if (d->xl.optional_data_length > CONFIG_MAX)
		return xl_fault(d, F_XL_OPTIONAL_LENGTH, 44, "optional_data_length", d->xl.optional_data_length,
		    "at most 16 MiB");
	d->xl.has_config = d->xl.optional_data_length >= 4;
	if (!d->xl.has_config)
		return xl_done(d, 0);
	d->state = LS_XL_LENGTH;
	return STEP_AGAIN;
}

enum legacy_step legacy_step_xl_length(struct xsr_legacy *d, struct legacy_input *in)
{
	uint32_t rest = d->xl.optional_data_length - 4;

	if (!legacy_collect(d, in, 4))
		return STEP_MORE;
	d->xl.config_length = load_u32(d->hold, false);
	if (d->xl.config_length > rest)
		return xl_fault(d, F_XL_CONFIG_LENGTH, XSR_XL_HEADER_SIZE, "config_length", d->xl.config_length,
		    "no more than the optional data");
	return xl_done(d, d->xl.config_length);
}

enum legacy_step legacy_step_xl_tail(struct xsr_legacy *d, struct legacy_input *in)
{
	if (d->bytes_event != XSR_LEGACY_CONFIG_TAIL)
		legacy_run(d, LS_XL_TAIL, XSR_LEGACY_CONFIG_TAIL, d->config_end - d->offset, LS_GUESS);
	return d->state == LS_XL_TAIL ? legacy_step_run(d, in) : STEP_AGAIN;
}

static enum legacy_step config_start(struct xsr_legacy *d, enum xsr_format format, size_t header, uint32_t length)
{
	if (!length || length > CONFIG_MAX) {
		finding_found(legacy_fail(d, F_LEGACY_CONTAINER, d->offset - header, "length"), "%" PRIu32, length);
		finding_allowed(&d->error, "1 byte to 16 MiB");
		return STEP_FAILED;
	}
	container_event(d, format, header, length);
	legacy_run(d, LS_CONFIG, XSR_LEGACY_CONFIG, length, LS_GUESS);
	return STEP_EVENT;
}

enum legacy_step legacy_step_xend(struct xsr_legacy *d, struct legacy_input *in)
{
	if (!legacy_collect(d, in, XEND_HEADER))
		return STEP_MORE;
	return config_start(d, XSR_FORMAT_XEND, XEND_HEADER, load_u32(d->hold + 16, true));
}

enum legacy_step legacy_step_libvirt(struct xsr_legacy *d, struct legacy_input *in)
{
	uint32_t version;

	if (!legacy_collect(d, in, LIBVIRT_HEADER))
		return STEP_MORE;
	version = load_u32(d->hold + 16, false);
	if (version == 2)
		return modern(d, 16, "libvirt's wrapper around a stream of version 2");
	if (version != 1) {
		finding_found(legacy_fail(d, F_LEGACY_CONTAINER, 16, "version"), "%" PRIu32, version);
		finding_allowed(&d->error, "1");
		return STEP_FAILED;
	}
	return config_start(d, XSR_FORMAT_LIBVIRT, LIBVIRT_HEADER, load_u32(d->hold + 20, false));
}

/* A piece of a configuration, looked at for the guest type in passing. */
enum legacy_step legacy_step_config(struct xsr_legacy *d, struct legacy_input *in)
{
	enum legacy_step step = legacy_step_run(d, in);

	if (step == STEP_EVENT)
		hint_feed(&d->hint, d->event.u.bytes.data, d->event.u.bytes.length);
	return step;
}

static enum legacy_step blob_start(struct xsr_legacy *d, uint64_t type, uint64_t length)
{
	bool qemu = (type == XAPI_QEMU_TRAD || type == XAPI_QEMU_XEN) && d->image_done && !d->had_qemu;
	struct xsr_legacy_event *e;

	if (length > 0x10000000u) {
		finding_found(legacy_fail(d, F_LEGACY_CONTAINER, d->offset - 8, "length"), "%" PRIu64, length);
		finding_allowed(&d->error, "at most 256 MiB");
		return STEP_FAILED;
	}
	e = legacy_event(d, qemu ? XSR_LEGACY_QEMU : XSR_LEGACY_BLOB, d->offset - 16);
	if (qemu) {
		e->u.qemu.framing = XSR_LEGACY_QEMU_BLOB;
		e->u.qemu.length = length;
		d->had_qemu = true;
		d->qemu = XSR_LEGACY_QEMU_BLOB;
		legacy_run(d, LS_QEMU, XSR_LEGACY_QEMU_DATA, length, LS_XAPI_RECORD);
		return STEP_EVENT;
	}
	e->u.blob.type = type;
	e->u.blob.length = length;
	legacy_run(d, LS_BLOB, XSR_LEGACY_BLOB_DATA, length, LS_XAPI_RECORD);
	d->whole = false;
	return STEP_EVENT;
}

enum legacy_step legacy_step_xapi_record(struct xsr_legacy *d, struct legacy_input *in)
{
	uint64_t type, length;

	if (!legacy_collect(d, in, 16))
		return STEP_MORE;
	type = load_u64(d->hold, false);
	length = load_u64(d->hold + 8, false);
	switch (type) {
	case XAPI_LIBXC:
	case XAPI_LIBXL:
		return modern(d, d->offset - 16, type == XAPI_LIBXC ? "a libxc image" : "a libxl stream");
	case XAPI_LEGACY:
		if (d->image_done)
			break;
		d->state = LS_GUESS;
		return STEP_AGAIN;
	case XAPI_END:
		if (!d->image_done)
			break;
		legacy_run(d, LS_TRAILER, XSR_LEGACY_TRAILER, UINT64_MAX, LS_TRAILER);
		return STEP_AGAIN;
	case XAPI_XENOPS:
	case XAPI_QEMU_TRAD:
	case XAPI_QEMU_XEN:
	case 0x0f10:
	case 0x0f11:
	case 0x0f12:
	case 0x0f13:
		return blob_start(d, type, length);
	default:
		break;
	}
	finding_found(legacy_fail(d, F_LEGACY_CONTAINER, d->offset - 16, "type"), "0x%" PRIx64, type);
	finding_allowed(&d->error, "a type of xapi's records, one image, then the end");
	return STEP_FAILED;
}
