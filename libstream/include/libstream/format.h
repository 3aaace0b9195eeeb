/* SPDX-License-Identifier: MIT */
/*
 * libstream: the constants of the formats and their fixed headers.
 * The values are those of specs/libxc-stream.md, specs/libxl-stream.md and specs/xl-image.md.
 */
#ifndef LIBSTREAM_FORMAT_H
#define LIBSTREAM_FORMAT_H

#include <libstream/base.h>

#ifdef __cplusplus
extern "C" {
#endif

#define XSR_PAGE_SIZE 4096u

/* xl image: specs/xl-image.md §2. */
#define XSR_XL_HEADER_SIZE   48u
#define XSR_XL_MAGIC_SIZE    32u
#define XSR_XL_FLAG_JSON     0x1u /* the configuration is JSON, else xl.cfg text */
#define XSR_XL_FLAG_STREAMV2 0x2u /* a libxl stream follows, else a legacy libxc image */

/* libxl stream: specs/libxl-stream.md §2. */
#define XSR_LIBXL_HEADER_SIZE       16u
#define XSR_LIBXL_IDENT             UINT64_C(0x4c6962786c466d74)
#define XSR_LIBXL_VERSION           2u
#define XSR_LIBXL_OPTION_BIG_ENDIAN 0x1u
#define XSR_LIBXL_OPTION_LEGACY     0x2u /* written by the converter from the legacy format */

/* libxc image: specs/libxc-stream.md §2 and §3. */
#define XSR_IMAGE_HEADER_SIZE       24u
#define XSR_IMAGE_MARKER            UINT64_MAX
#define XSR_IMAGE_ID                0x58454e46u
#define XSR_IMAGE_OPTION_BIG_ENDIAN 0x1u
#define XSR_DOMAIN_HEADER_SIZE      16u
#define XSR_DOMAIN_X86_PV           1u
#define XSR_DOMAIN_X86_HVM          2u /* HVM and PVH */

/* Records of both streams: specs/libxc-stream.md §4. */
#define XSR_RECORD_HEADER_SIZE  8u
#define XSR_RECORD_OPTIONAL     0x80000000u /* type bit: a reader that does not know it skips it */
#define XSR_LIBXC_RECORD_MAX    0x8000000u  /* longest body a reader of Xen 4.10 and later takes */
#define XSR_LIBXC_RECORD_MAX_46 0x800000u   /* the same for Xen 4.6 to 4.9 */
#define XSR_BATCH_MAX           1024u       /* pages in a record as Xen's savers write them */

enum xsr_libxl_record {
	XSR_LIBXL_END = 0,
	XSR_LIBXL_LIBXC_CONTEXT = 1,
	XSR_LIBXL_EMULATOR_XENSTORE_DATA = 2,
	XSR_LIBXL_EMULATOR_CONTEXT = 3,
	XSR_LIBXL_CHECKPOINT_END = 4,
	XSR_LIBXL_CHECKPOINT_STATE = 5,
};

enum xsr_libxc_record {
	XSR_LIBXC_END = 0x00,
	XSR_LIBXC_PAGE_DATA = 0x01,
	XSR_LIBXC_X86_PV_INFO = 0x02,
	XSR_LIBXC_X86_PV_P2M_FRAMES = 0x03,
	XSR_LIBXC_X86_PV_VCPU_BASIC = 0x04,
	XSR_LIBXC_X86_PV_VCPU_EXTENDED = 0x05,
	XSR_LIBXC_X86_PV_VCPU_XSAVE = 0x06,
	XSR_LIBXC_SHARED_INFO = 0x07,
	XSR_LIBXC_X86_TSC_INFO = 0x08,
	XSR_LIBXC_HVM_CONTEXT = 0x09,
	XSR_LIBXC_HVM_PARAMS = 0x0a,
	XSR_LIBXC_TOOLSTACK = 0x0b,
	XSR_LIBXC_X86_PV_VCPU_MSRS = 0x0c,
	XSR_LIBXC_VERIFY = 0x0d,
	XSR_LIBXC_CHECKPOINT = 0x0e,
	XSR_LIBXC_CHECKPOINT_DIRTY_PFN_LIST = 0x0f,
	XSR_LIBXC_STATIC_DATA_END = 0x10,
	XSR_LIBXC_X86_CPUID_POLICY = 0x11,
	XSR_LIBXC_X86_MSR_POLICY = 0x12,
};

/* An entry of PAGE_DATA: specs/libxc-stream.md §5.2. */
#define XSR_PFN_MASK          UINT64_C(0x000fffffffffffff)
#define XSR_PFN_RESERVED_MASK UINT64_C(0x0ff0000000000000)
#define XSR_PFN_TYPE_SHIFT    60

enum xsr_page_type {
	XSR_PAGE_NOTAB = 0,
	XSR_PAGE_L1TAB = 1,
	XSR_PAGE_L2TAB = 2,
	XSR_PAGE_L3TAB = 3,
	XSR_PAGE_L4TAB = 4,
	XSR_PAGE_PINNED = 8, /* bit: added to L1TAB…L4TAB */
	XSR_PAGE_BROKEN = 13,
	XSR_PAGE_XALLOC = 14,
	XSR_PAGE_XTAB = 15,
};

/* True if an entry with this four-bit type is followed by a page of data. Types 5–8 count as having data. */
static inline bool xsr_page_has_data(unsigned type)
{
	return type < XSR_PAGE_BROKEN;
}

/* What the first bytes of a file say it is. */
enum xsr_format {
	XSR_FORMAT_UNKNOWN,
	XSR_FORMAT_LIBXC,   /* libxc image, version 2 or 3 */
	XSR_FORMAT_LIBXL,   /* libxl stream */
	XSR_FORMAT_XL,      /* xl image (what follows the header may still be legacy) */
	XSR_FORMAT_LEGACY,  /* plausibly a headerless libxc image */
	XSR_FORMAT_XEND,    /* xend's wrapper around a legacy image */
	XSR_FORMAT_XAPI,    /* xapi's or xenopsd's wrapper */
	XSR_FORMAT_LIBVIRT, /* libvirt's wrapper */
};

/* Bytes that xsr_detect() wants to see; with fewer it may answer XSR_FORMAT_UNKNOWN. */
#define XSR_DETECT_SIZE 16u

/*
 * Tells the format from the first bytes: specs/xl-image.md §6.
 * size is the number of bytes at data; never reads more than XSR_DETECT_SIZE.
 */
XSR_API enum xsr_format xsr_detect(const void *data, size_t size);

/* "libxc", "libxl", "xl", "legacy", "xend", "xapi", "libvirt", "unknown". Static. */
XSR_API const char *xsr_format_name(enum xsr_format format);

/* Name of a record type in its layer as the specs write it, e.g. "PAGE_DATA"; NULL if there is none. Static. */
XSR_API const char *xsr_record_name(enum xsr_layer layer, uint32_t type);

/* The xl header, fields in host order. */
struct xsr_xl_header {
	bool big_endian;               /* byte order of the saver, told from the byte order word */
	uint32_t mandatory_flags;      /* XSR_XL_FLAG_* */
	uint32_t optional_flags;       /* no bit is defined */
	uint32_t optional_data_length; /* bytes between the 48-byte header and the stream */
	bool has_config;               /* the optional data is long enough to begin with a configuration length */
	uint32_t config_length;        /* that length as found; may be more than there is */
};

/* The libxl header, fields in host order. */
struct xsr_libxl_header {
	uint32_t version; /* XSR_LIBXL_VERSION */
	uint32_t options; /* XSR_LIBXL_OPTION_* */
};

/* The libxc image header, fields in host order. */
struct xsr_image_header {
	uint32_t version;   /* 2 or 3 */
	uint16_t options;   /* XSR_IMAGE_OPTION_* */
	uint16_t reserved1; /* 0 */
	uint32_t reserved2; /* 0 */
};

/* The libxc domain header, fields in host order. */
struct xsr_domain_header {
	uint32_t type;       /* XSR_DOMAIN_* */
	uint16_t page_shift; /* 12 */
	uint16_t reserved;   /* 0 */
	uint32_t xen_major;  /* 0: written by the converter from the legacy format */
	uint32_t xen_minor;  /* with xen_major 0 the converter's version */
};

#ifdef __cplusplus
}
#endif

#endif
