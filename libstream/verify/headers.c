/* SPDX-License-Identifier: MIT */
/* The fields of the four headers, and what stands behind END. */
#include "verify/state.h"

#include <inttypes.h>
#include <string.h>

/* Byte offsets of the fields in their headers. */
#define XL_AT_MANDATORY    36u
#define XL_AT_OPTIONAL     40u
#define XL_AT_LENGTH       44u
#define XL_AT_CONFIG       48u
#define LIBXL_AT_OPTIONS   12u
#define IMAGE_AT_OPTIONS   16u
#define IMAGE_AT_RESERVED  18u
#define DOMAIN_AT_RESERVED 6u
#define DOMAIN_AT_MAJOR    8u

/* Optional data is a configuration of some kilobytes; nobody allocates more than this for it. */
#define XL_OPTIONAL_MAX (16u << 20)

static void xl_sizes(struct xsr_verifier *v, const struct xsr_event *e)
{
	const struct xsr_xl_header *h = &e->u.xl;

	if ((h->optional_data_length && !h->has_config) || h->optional_data_length > XL_OPTIONAL_MAX)
		verify_report(v, F_XL_OPTIONAL_LENGTH, XSR_LAYER_XL, XL_AT_LENGTH, "optional_data_length",
		    "0, or 4 to 16777216", "%" PRIu32, h->optional_data_length);
	if (h->has_config && h->config_length > h->optional_data_length - 4)
		verify_report(v, F_XL_CONFIG_LENGTH, XSR_LAYER_XL, XL_AT_CONFIG, "config_length",
		    "what the optional data holds", "%" PRIu32 " of %" PRIu32 " bytes", h->config_length,
		    h->optional_data_length - 4);
}

static void xl_fields(struct xsr_verifier *v, const struct xsr_event *e)
{
	const struct xsr_xl_header *h = &e->u.xl;

	if (h->optional_flags)
		verify_report(v, F_XL_OPTIONAL_FLAGS, XSR_LAYER_XL, XL_AT_OPTIONAL, "optional_flags", "0",
		    "0x%" PRIx32, h->optional_flags);
	if (!h->has_config || !h->config_length)
		verify_report(v, F_XL_NO_CONFIG, XSR_LAYER_XL, XL_AT_LENGTH, "optional_data_length",
		    "a configuration", "none");
	else if (h->mandatory_flags & XSR_XL_FLAG_STREAMV2 && !(h->mandatory_flags & XSR_XL_FLAG_JSON))
		verify_report(v, F_XL_TEXT_CONFIG, XSR_LAYER_XL, XL_AT_MANDATORY, "mandatory_flags",
		    "bit 0 set: JSON", "0x%" PRIx32, h->mandatory_flags);
	if (h->has_config && h->config_length < h->optional_data_length - 4)
		verify_report(v, F_XL_TAIL, XSR_LAYER_XL, XL_AT_LENGTH, "optional_data_length", "",
		    "%" PRIu32 " bytes behind the configuration",
		    h->optional_data_length - 4 - h->config_length);
}

void headers_xl(struct xsr_verifier *v, const struct xsr_event *e)
{
	const struct xsr_xl_header *h = &e->u.xl;
	const uint32_t known = XSR_XL_FLAG_JSON | XSR_XL_FLAG_STREAMV2;

	v->summary.has_xl = true;
	v->summary.xl = *h;
	if (h->big_endian)
		verify_report(v, F_XL_BIG_ENDIAN, XSR_LAYER_XL, XSR_XL_MAGIC_SIZE, "byteorder",
		    "bytes 04 03 02 01", "bytes 01 02 03 04");
	if (h->mandatory_flags & ~known)
		verify_report(v, F_XL_MANDATORY_FLAGS, XSR_LAYER_XL, XL_AT_MANDATORY, "mandatory_flags",
		    "bits 0 and 1", "0x%" PRIx32, h->mandatory_flags);
	xl_sizes(v, e);
	if (v->depth >= XSR_DEPTH_RECORD)
		xl_fields(v, e);
}

void headers_libxl(struct xsr_verifier *v, const struct xsr_event *e)
{
	uint32_t options = e->u.libxl.options;

	v->summary.has_libxl = true;
	v->summary.libxl = e->u.libxl;
	if (options & XSR_LIBXL_OPTION_BIG_ENDIAN)
		verify_report(v, F_LIBXL_BIG_ENDIAN, XSR_LAYER_LIBXL, e->offset + LIBXL_AT_OPTIONS, "options",
		    "", "0x%" PRIx32, options);
	if (v->depth < XSR_DEPTH_RECORD)
		return;
	if (options & ~(XSR_LIBXL_OPTION_BIG_ENDIAN | XSR_LIBXL_OPTION_LEGACY))
		verify_report(v, F_LIBXL_OPTIONS, XSR_LAYER_LIBXL, e->offset + LIBXL_AT_OPTIONS, "options",
		    "bits 0 and 1", "0x%" PRIx32, options);
	if (options & XSR_LIBXL_OPTION_LEGACY)
		verify_report(v, F_LIBXL_CONVERTED, XSR_LAYER_LIBXL, e->offset + LIBXL_AT_OPTIONS, "options",
		    "", "0x%" PRIx32, options);
}

void headers_image(struct xsr_verifier *v, const struct xsr_event *e)
{
	const struct xsr_image_header *h = &e->u.image;

	v->order.second_image = v->summary.has_image;
	v->summary.has_image = true;
	v->summary.image = *h;
	v->facts.image_version = h->version;
	if (h->options & XSR_IMAGE_OPTION_BIG_ENDIAN)
		verify_report(v, F_IMAGE_BIG_ENDIAN, XSR_LAYER_LIBXC, e->offset + IMAGE_AT_OPTIONS, "options",
		    "", "0x%04x", h->options);
	if (v->depth < XSR_DEPTH_RECORD)
		return;
	if (h->options & ~XSR_IMAGE_OPTION_BIG_ENDIAN)
		verify_report(v, F_IMAGE_OPTIONS, XSR_LAYER_LIBXC, e->offset + IMAGE_AT_OPTIONS, "options",
		    "bit 0", "0x%04x", h->options);
	if (h->reserved1 || h->reserved2)
		verify_report(v, F_IMAGE_RESERVED, XSR_LAYER_LIBXC, e->offset + IMAGE_AT_RESERVED, "reserved",
		    "0", "0x%04x and 0x%08" PRIx32, h->reserved1, h->reserved2);
}

/*
 * Version 3 came with Xen 4.14; earlier savers write version 2 only, later ones version 3 only. A major version of
 * three digits is not a Xen of the future but damage.
 */
static void domain_version(struct xsr_verifier *v, const struct xsr_event *e)
{
	const struct xsr_domain_header *h = &e->u.domain;
	bool has_v3 = (h->xen_major > 4 && h->xen_major < 100) || (h->xen_major == 4 && h->xen_minor >= 14);
	bool has_v2 = h->xen_major == 4 && h->xen_minor >= 6 && h->xen_minor <= 13;

	if (!h->xen_major || (v->facts.image_version == 3 ? has_v3 : has_v2))
		return;
	verify_report(v, F_DOMAIN_VERSION, XSR_LAYER_LIBXC, e->offset + DOMAIN_AT_MAJOR, "xen_major",
	    v->facts.image_version == 3 ? "4.14 and later in a version 3 image"
	                                : "4.6 to 4.13 in a version 2 image",
	    "%" PRIu32 ".%" PRIu32, h->xen_major, h->xen_minor);
}

/* Told as a note: nothing is wrong with it, but rules of its own may be unknown here. */
static void check_future(struct xsr_verifier *v, const struct xsr_event *e)
{
	const struct xsr_domain_header *h = &e->u.domain;

	if (h->xen_major > 4 || (h->xen_major == 4 && h->xen_minor > RELEASE_LAST))
		verify_report(v, F_DOMAIN_NEWER, XSR_LAYER_LIBXC, e->offset + 8, "xen_major", "up to 4.22",
		    "%" PRIu32 ".%" PRIu32, h->xen_major, h->xen_minor);
}

void headers_domain(struct xsr_verifier *v, const struct xsr_event *e)
{
	const struct xsr_domain_header *h = &e->u.domain;

	v->summary.has_domain = true;
	v->summary.domain = *h;
	v->summary.converted = h->xen_major == 0;
	v->facts.has_domain = true;
	v->facts.domain_type = h->type;
	v->facts.xen_major = h->xen_major;
	v->facts.xen_minor = h->xen_minor;
	if (v->depth < XSR_DEPTH_RECORD)
		return;
	check_future(v, e);
	if (h->type != XSR_DOMAIN_X86_PV && h->type != XSR_DOMAIN_X86_HVM)
		verify_report(v, F_DOMAIN_TYPE, XSR_LAYER_LIBXC, e->offset, "type",
		    "1 (x86 PV) or 2 (x86 HVM)", "%" PRIu32, h->type);
	if (h->reserved)
		verify_report(v, F_DOMAIN_RESERVED, XSR_LAYER_LIBXC, e->offset + DOMAIN_AT_RESERVED,
		    "reserved", "0", "0x%04x", h->reserved);
	if (!h->xen_major)
		verify_report(v, F_DOMAIN_CONVERTED, XSR_LAYER_LIBXC, e->offset + DOMAIN_AT_MAJOR,
		    "xen_major", "", "0, converter version %" PRIu32, h->xen_minor);
	if (v->depth >= XSR_DEPTH_STREAM)
		domain_version(v, e);
}

/* A captured migration ends with the sender's word that the receiver may go on; all else is unexplained. */
void headers_trailer(struct xsr_verifier *v)
{
	static const char go[] = "domain is yours, you are cleared to unpause";
	const struct xsr_summary *s = &v->summary;

	if (!s->trailer)
		return;
	if (s->trailer == sizeof(go) && memcmp(v->trailer, go, sizeof(go)) == 0)
		verify_report(v, F_STREAM_GO_MESSAGE, XSR_LAYER_NONE, s->bytes, "", "", "%zu bytes",
		    sizeof(go));
	else
		verify_report(v, F_STREAM_TRAILING, XSR_LAYER_NONE, s->bytes, "", "end of input",
		    "%" PRIu64 " more bytes, the first is 0x%02x", s->trailer, v->trailer[0]);
}
