/* SPDX-License-Identifier: MIT */
/*
 * libstream: sources and sinks, the only part that touches descriptors, and the pump that moves a stream from
 * a source through a decoder and, if asked, on to a sink by the cheapest way the descriptors allow.
 *
 * Conventions: `error` may be NULL where the details are of no interest. A call that a signal interrupts is
 * made again; a non-blocking descriptor is waited for. Offsets in findings made here are those of the stored
 * input or of the output, not of the stream.
 */
#ifndef LIBSTREAM_IO_H
#define LIBSTREAM_IO_H

#include <libstream/decoder.h>

#ifdef __cplusplus
extern "C" {
#endif

struct xsr_source;
struct xsr_sink;

/*
 * A source over an open descriptor: regular file (from its current offset), pipe, socket, device. gzip, and zstd if
 * the library was built with it, are recognised by their first bytes and undone; zstd with windows of up to 8 MiB.
 * own: xsr_source_free() closes fd. On failure NULL and *error is filled (XSR_E_NOMEM or XSR_E_IO); fd is then not
 * closed.
 */
XSR_API struct xsr_source *xsr_source_from_fd(int fd, bool own, struct xsr_finding *error);

/* A source over memory of the caller, which must outlive it; compression is undone too. NULL if memory is short. */
XSR_API struct xsr_source *xsr_source_from_memory(const void *data, size_t size);

/* Frees a source; NULL is allowed. */
XSR_API void xsr_source_free(struct xsr_source *source);

/* What is a good limit for input from strangers: no image of a guest that has run unpacks to as much. */
#define XSR_EXPANSION_USUAL 2048u

/*
 * Lets a pump refuse (XSR_E_LIMIT) compressed input that unpacks to more than 512 MiB and so many times its size; 0, as
 * at first, is no limit. What is not page data is more work: of that, 10 MiB and a 1024th as many times the size pass,
 * a record counting as 80 bytes and an entry of a batch as one. So the size of an input bounds the time it takes.
 */
XSR_API void xsr_source_limit_expansion(struct xsr_source *source, uint64_t times);

/*
 * Reads at most size bytes to data and sets *got; 0 means the end. Waits for at least one byte. A short read
 * is normal. XSR_E_IO with *error on failure; XSR_E_CORRUPT if a compressed input is damaged, XSR_E_TRUNCATED
 * if it ends inside its compression, XSR_E_LIMIT if it wants more memory to be undone than is given.
 */
XSR_API enum xsr_status xsr_source_read(struct xsr_source *source, void *data, size_t size, size_t *got,
    struct xsr_finding *error);

/* Most bytes that can be looked at ahead. */
#define XSR_PEEK_MAX 64u

/*
 * Looks at the next bytes without consuming them: at most size, which is at most XSR_PEEK_MAX; *got is less only at
 * the end of the input. The same errors as xsr_source_read(), and XSR_E_MISUSE for a size that is too large.
 */
XSR_API enum xsr_status xsr_source_peek(struct xsr_source *source, void *data, size_t size, size_t *got,
    struct xsr_finding *error);

/*
 * Passes over size bytes without delivering them: by seeking in a regular file or block device (never past
 * its end), by splicing a pipe away, else by reading. *skipped is less than size only at the end of the input
 * or on failure.
 */
XSR_API enum xsr_status xsr_source_skip(struct xsr_source *source, uint64_t size, uint64_t *skipped,
    struct xsr_finding *error);

/*
 * Reads size bytes at an offset, counted from where the source began, and changes nothing: threads may call it while
 * the source is in use. False if the source has no such bytes or is none to be read like this: only files and memory
 * are, if they are not compressed. Has the shape of xsr_fetch_fn with the source as its context.
 */
XSR_API bool xsr_source_read_at(void *source, uint64_t offset, void *data, size_t size);

/*
 * Bytes of the input as stored (compressed, if it is), counted from where the source began; false if unknown.
 * And how many of them are consumed.
 */
XSR_API bool xsr_source_size(const struct xsr_source *source, uint64_t *size);
XSR_API uint64_t xsr_source_position(const struct xsr_source *source);

/* True if the input turned out to be compressed, and as what: "gzip", "zstd" or NULL; known after the first read. */
XSR_API bool xsr_source_compressed(const struct xsr_source *source);
XSR_API const char *xsr_source_compression(const struct xsr_source *source);

/* A sink over an open descriptor. own: xsr_sink_free() closes fd without a check. NULL if memory is short. */
XSR_API struct xsr_sink *xsr_sink_to_fd(int fd, bool own);
XSR_API void xsr_sink_free(struct xsr_sink *sink);

/* Writes all size bytes. XSR_E_IO with *error on failure (EPIPE included; the caller minds SIGPIPE). */
XSR_API enum xsr_status xsr_sink_write(struct xsr_sink *sink, const void *data, size_t size,
    struct xsr_finding *error);

/* Bytes written so far. */
XSR_API uint64_t xsr_sink_position(const struct xsr_sink *sink);

/* What to do with an event; false ends the pump early with XSR_OK. */
typedef bool xsr_event_fn(void *context, const struct xsr_event *event);

/* Called between events, at most once every MiB of stream or so, for progress; may be NULL. */
typedef void xsr_tick_fn(void *context, uint64_t stream_offset);

/*
 * Page data is ahead that the pump would deliver, as want_pages says; the event is its PAYLOAD, which was handed on
 * already. True: somebody took it by other ways, and it goes by unseen.
 */
typedef bool xsr_payload_fn(void *context, const struct xsr_event *payload);

/* The data of the latest event will be overwritten: whoever still works on it ends that. */
typedef void xsr_settle_fn(void *context);

/* What a pump is to do. Members that are not used are zero. */
struct xsr_pump {
	struct xsr_source *source;   /* read until its end */
	struct xsr_decoder *decoder; /* gets every byte or skip */
	struct xsr_sink *sink;       /* NULL, or gets every byte unchanged */
	bool want_pages;             /* deliver page data as PAGES events; else it goes by unseen */
	bool exact;                  /* no read-ahead, stop behind the outermost END; not with compression */
	xsr_event_fn *event;         /* consumer, NULL for none */
	xsr_tick_fn *tick;           /* progress, NULL for none */
	xsr_tick_fn *passed;         /* before each read: all up to here was passed on; NULL for none */
	void *context;               /* for all of these functions */
	xsr_settle_fn *settle;       /* NULL, or a consumer that works on page data until the next event or this */
	xsr_payload_fn *payload;     /* NULL, or asked about page data */
	struct xsr_sink *pages;      /* NULL, or gets page data for which payload() said true; may be set by it */
	uint64_t reserved[1];        /* must be zero, else XSR_E_MISUSE */
};

/*
 * Runs until the source ends, a fault of the decoder, or the consumer ends it. Bytes go to the sink after the
 * consumer saw their events, and all that it saw do, also when it ends the pump. Does not call
 * xsr_decoder_finish(), so that several sources can feed one decoder. Returns XSR_OK or the class of the
 * failure, with *error filled. A fault of the decoder ends decoding but not the copying: with a sink, the
 * rest of the source is still passed on (verifying must not change what a pipeline delivers), and the
 * decoder's status is returned at the end.
 */
XSR_API enum xsr_status xsr_pump_run(struct xsr_pump *pump, struct xsr_finding *error);

#ifdef __cplusplus
}
#endif

#endif
