/* SPDX-License-Identifier: MIT */
/*
 * libstream: the encoder, the decoder's mirror. It turns headers and records into the bytes of a stream and keeps
 * to the nesting; bodies come from the typed encoders of <libstream/records.h>, or from the caller.
 *
 * Every function appends to a buffer of the caller and never writes past it. Nothing is allocated.
 */
#ifndef LIBSTREAM_ENCODER_H
#define LIBSTREAM_ENCODER_H

#include <libstream/decoder.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A place for encoded bytes, owned by the caller. length <= size always. */
struct xsr_buffer {
	uint8_t *data; /* the bytes */
	size_t size;   /* room at data */
	size_t length; /* bytes written so far; the next ones go behind them */
};

/*
 * The fixed headers. Each appends its header and returns XSR_OK, or appends nothing and returns XSR_E_LIMIT (no
 * room) or XSR_E_MISUSE (a field with a value that this layer cannot carry at all).
 * xl: specs/xl-image.md §2; libxl: specs/libxl-stream.md §2; image and domain: specs/libxc-stream.md §2 and §3.
 */
XSR_API enum xsr_status xsr_encode_xl_header(struct xsr_buffer *out, const struct xsr_xl_header *header);
XSR_API enum xsr_status xsr_encode_libxl_header(struct xsr_buffer *out, const struct xsr_libxl_header *header);
XSR_API enum xsr_status xsr_encode_image_header(struct xsr_buffer *out, const struct xsr_image_header *header);
XSR_API enum xsr_status xsr_encode_domain_header(struct xsr_buffer *out, const struct xsr_domain_header *header,
    bool big_endian);

/* A record header; the caller writes `length` bytes of body and xsr_padding(length) zero bytes behind it. */
XSR_API enum xsr_status xsr_encode_record_header(struct xsr_buffer *out, uint32_t type, uint32_t length,
    bool big_endian);

/* A whole record with its padding: header, body, zeros. body may be NULL if length is 0. */
XSR_API enum xsr_status xsr_encode_record(struct xsr_buffer *out, uint32_t type, const void *body, uint32_t length,
    bool big_endian);

/* Zero bytes that follow a body of this length: 0 to 7. */
XSR_API unsigned xsr_padding(uint32_t length);

/*
 * The head and entries of a PAGE_DATA body (specs/libxc-stream.md §5.2). Entries are in host order. For
 * xsr_encode_batch, count is what the head says; the entries may follow in several calls.
 */
XSR_API enum xsr_status xsr_encode_batch(struct xsr_buffer *out, uint32_t count, uint32_t reserved,
    bool big_endian);
XSR_API enum xsr_status xsr_encode_pfns(struct xsr_buffer *out, const uint64_t *entries, size_t count,
    bool big_endian);

struct xsr_encoder;

/* An encoder for events; NULL if memory is short. Free with xsr_encoder_free() (NULL allowed). */
XSR_API struct xsr_encoder *xsr_encoder_new(void);
XSR_API void xsr_encoder_free(struct xsr_encoder *encoder);

/*
 * Appends the bytes that an event of a decoder stands for, so that decoding and encoding a stream gives the same
 * bytes. PAYLOAD appends nothing: page data comes as PAGES events, or the caller moves it by itself.
 * XSR_E_LIMIT if they do not fit: then nothing was appended. No event needs more than XSR_WHOLE_MAX bytes except
 * those that carry bytes of the caller's own input (u.bytes), which need u.bytes.length.
 */
XSR_API enum xsr_status xsr_encoder_event(struct xsr_encoder *encoder, const struct xsr_event *event,
    struct xsr_buffer *out);

#ifdef __cplusplus
}
#endif

#endif
