/* SPDX-License-Identifier: MIT */
/*
 * libstream: the decoder, a state machine over bytes.
 *
 * The caller feeds bytes in pieces of any size; the decoder yields one event at a time. It follows the nesting
 * xl → libxl → libxc → libxl, bare layers, and checkpointed (Remus, COLO) streams. It holds no more than one small
 * record body (XSR_WHOLE_MAX) and never a page, whatever the input; it allocates only in xsr_decoder_new().
 *
 * It stops only where framing is lost: not this format, unsupported version, a record over the limit, end of input.
 * Everything else that is wrong is left to the verifier (<libstream/verify.h>), which takes the same events.
 */
#ifndef LIBSTREAM_DECODER_H
#define LIBSTREAM_DECODER_H

#include <libstream/format.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A record body of at most this many bytes arrives in one BODY event, whatever the feed size. */
#define XSR_WHOLE_MAX 65536u

enum xsr_event_type {
	XSR_EVENT_XL_HEADER,     /* u.xl */
	XSR_EVENT_XL_CONFIG,     /* u.bytes: the configuration, in pieces if longer than XSR_WHOLE_MAX */
	XSR_EVENT_XL_TAIL,       /* u.bytes: the rest of the optional data, to be ignored */
	XSR_EVENT_LIBXL_HEADER,  /* u.libxl */
	XSR_EVENT_IMAGE_HEADER,  /* u.image */
	XSR_EVENT_DOMAIN_HEADER, /* u.domain */
	XSR_EVENT_RECORD,        /* a record begins: see event.record */
	XSR_EVENT_BODY,          /* u.bytes: its body (any record but PAGE_DATA; see BATCH) */
	XSR_EVENT_BATCH,         /* u.batch: the head of PAGE_DATA */
	XSR_EVENT_PFNS,          /* u.pfns: entries of PAGE_DATA, in pieces */
	XSR_EVENT_PAYLOAD,       /* u.payload: page data is next; the caller may xsr_decoder_skip() it */
	XSR_EVENT_PAGES,         /* u.bytes: page data that was fed instead of skipped */
	XSR_EVENT_RECORD_END,    /* u.padding: the record and its padding are complete */
	XSR_EVENT_END,           /* the END record of the outermost layer is complete */
	XSR_EVENT_TRAILER,       /* u.bytes: bytes behind it */
};

/* A record, as framed. */
struct xsr_record {
	enum xsr_layer layer; /* XSR_LAYER_LIBXL or XSR_LAYER_LIBXC */
	uint32_t type;        /* enum xsr_libxl_record or enum xsr_libxc_record, or unknown */
	uint32_t length;      /* of the body, without padding */
	uint64_t index;       /* counted from 0 over all layers */
	uint64_t offset;      /* of the record header in the stream */
	bool big_endian;      /* byte order of the record's layer */
};

/*
 * One event. The decoder owns it and all it points to; valid until the next call on the decoder.
 * Within XL_CONFIG, XL_TAIL, BODY, PAGES and TRAILER, `position` counts from the first byte of that thing,
 * and `whole` says that this piece is all of it.
 */
struct xsr_event {
	enum xsr_event_type type;
	enum xsr_layer layer;            /* layer that the bytes belong to */
	uint64_t offset;                 /* of the first byte this event stands for */
	const struct xsr_record *record; /* the current record; NULL outside of records */
	union {
		struct xsr_xl_header xl;
		struct xsr_libxl_header libxl;
		struct xsr_image_header image;
		struct xsr_domain_header domain;
		struct {
			const uint8_t *data; /* the bytes, in stream order */
			size_t length;       /* how many, at least 1: an empty body has no event */
			uint64_t position;   /* of the first one */
			bool whole;          /* nothing before and nothing after this piece */
			bool last;           /* nothing after this piece */
		} bytes;
		struct {
			uint32_t count;    /* entries as the record says */
			uint32_t reserved; /* must be 0 */
			bool fits;         /* the entries fit into the record; if not, BODY events follow for the rest */
		} batch;
		struct {
			const uint64_t *entries; /* in host order: type, reserved bits, pfn */
			size_t count;            /* how many in this piece, at least 1 */
			uint32_t first;          /* number of the first one in its record */
		} pfns;
		struct {
			uint64_t length; /* bytes of page data in this record as framed */
			uint64_t expected; /* 4096 for each entry that has data; differs only in a damaged record */
		} payload;
		struct {
			unsigned length;  /* 0 to 7 */
			uint8_t bytes[8]; /* as found; must be 0 */
		} padding;
	} u;
};

struct xsr_decoder;

/*
 * Makes a decoder. format: XSR_FORMAT_UNKNOWN to detect, or XSR_FORMAT_LIBXC, _LIBXL, _XL to demand one.
 * NULL if memory is short or format is none of these. Free with xsr_decoder_free().
 */
XSR_API struct xsr_decoder *xsr_decoder_new(enum xsr_format format);

/* Frees a decoder; NULL is allowed. */
XSR_API void xsr_decoder_free(struct xsr_decoder *decoder);

/*
 * Takes some of the size bytes at data, sets *used to how many, and *event to the next event or to NULL when it
 * needs more input (then all bytes were used). Call again with the rest until *event is NULL. An event may use no
 * bytes. size may be 0.
 * Returns XSR_OK, or the class of the fault that ended decoding: then *event is NULL, xsr_decoder_error() has the
 * details and every later call gives the same answer. XSR_E_MISUSE after xsr_decoder_finish().
 */
XSR_API enum xsr_status xsr_decoder_feed(struct xsr_decoder *decoder, const void *data, size_t size, size_t *used,
    const struct xsr_event **event);

/* Bytes of page data that xsr_decoder_skip() would take now; 0 outside of page data. */
XSR_API uint64_t xsr_decoder_skippable(const struct xsr_decoder *decoder);

/*
 * Tells the decoder that size bytes of page data went past it (seeked over, spliced). size must not be more than
 * xsr_decoder_skippable(), else XSR_E_MISUSE and nothing changes.
 */
XSR_API enum xsr_status xsr_decoder_skip(struct xsr_decoder *decoder, uint64_t size);

/*
 * How many bytes the decoder certainly needs before it is between two records again or at page data: a reader
 * that must not read past the end of the stream reads no more than this at a time. At least 1; UINT64_MAX behind
 * the END record.
 */
XSR_API uint64_t xsr_decoder_wanted(const struct xsr_decoder *decoder);

/*
 * The input has ended. XSR_OK if the outermost END was seen. XSR_E_TRUNCATED otherwise, with details in
 * xsr_decoder_error(); a checkpointed stream that ends after a checkpoint gets this too, and the caller decides
 * (the verifier does). Any earlier fault is returned again.
 */
XSR_API enum xsr_status xsr_decoder_finish(struct xsr_decoder *decoder);

/* The fault that ended decoding, or NULL. Owned by the decoder. */
XSR_API const struct xsr_finding *xsr_decoder_error(const struct xsr_decoder *decoder);

/* Offset in the stream of the next byte the decoder will take. */
XSR_API uint64_t xsr_decoder_offset(const struct xsr_decoder *decoder);

/* What the stream turned out to be; XSR_FORMAT_UNKNOWN until its first bytes were seen. */
XSR_API enum xsr_format xsr_decoder_format(const struct xsr_decoder *decoder);

#ifdef __cplusplus
}
#endif

#endif
