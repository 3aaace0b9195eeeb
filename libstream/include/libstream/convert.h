/* SPDX-License-Identifier: MIT */
/*
 * libstream: turning a legacy image (<libstream/legacy.h>) into a stream of version 2 or 3.
 *
 * Page data goes from the source to the sink unseen, inside the kernel where it can. All that is written goes
 * through a decoder and a verifier of this library first: the result is good only if they say so.
 */
#ifndef LIBSTREAM_CONVERT_H
#define LIBSTREAM_CONVERT_H

#include <libstream/io.h>
#include <libstream/legacy.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What to make of an image. Members that are not used are zero. */
struct xsr_convert_options {
	struct xsr_legacy_demand demand; /* what the input must be */
	enum xsr_format format;  /* XSR_FORMAT_LIBXC, _LIBXL or _XL; _UNKNOWN: xl for xl images, else libxl */
	unsigned version;        /* of the libxc image: 2 or 3; 0 means 3 */
	bool keep_checkpoints;   /* several rounds become a checkpointed stream instead of one image */
	bool skip_qemu;          /* leave out the state of the device model */
	bool like_xen;           /* write what Xen's converter writes where that restores as well */
	bool set_viridian;       /* set the next one whatever the image says */
	uint64_t viridian;       /* HVM: value of parameter VIRIDIAN, 0 for none */
	const void *config;      /* xl: configuration to put in place of the image's, or NULL */
	size_t config_length;    /* of it, a final NUL included if it is JSON */
	bool config_json;        /* it is JSON */
	const char *tmpdir;      /* for temporary files; NULL means /tmp */
	uint64_t reserved[8];    /* must be zero */
};

/* What an image was, and what became of it. Grows at its end only. */
struct xsr_convert_result {
	enum xsr_format container;     /* XSR_FORMAT_LEGACY: none */
	bool structured;               /* xapi: a container of records */
	bool has_config;               /* the container has a configuration */
	struct xsr_legacy_head head;   /* guest type and widths */
	enum xsr_format format;        /* of the output */
	uint64_t rounds;               /* complete ones */
	bool torn;                     /* part of another one was dropped */
	bool compressed;               /* some of them were compressed */
	bool has_qemu;                 /* there was a device model */
	enum xsr_legacy_qemu qemu;     /* how it was framed */
	uint32_t vcpus;                /* PV: in the last round */
	uint64_t batches;              /* in all rounds */
	uint64_t entries;              /* of them */
	uint64_t pages;                /* with data */
	uint64_t chunks;               /* other chunks */
	const char *release;           /* oldest that can have written it; an estimate */
	uint64_t bytes_in, bytes_out;  /* lengths of both */
	struct xsr_verdict verdict;    /* of the verifier on what was written */
};

/* One conversion. Members that are not used are zero. */
struct xsr_convert {
	struct xsr_source *source; /* read up to its end */
	struct xsr_sink *sink;     /* gets the stream; NULL: all is done but writing */
	struct xsr_convert_options options;
	xsr_finding_fn *input;     /* findings about the input; NULL for none. Those that end the work come in *error */
	xsr_finding_fn *output;    /* what the verifier finds in the output, or NULL */
	void (*event)(void *context, const struct xsr_legacy_event *event); /* looks at all events, or NULL */
	xsr_tick_fn *tick;         /* progress through the input, or NULL */
	void *context;             /* for these */
	struct xsr_convert_result result; /* filled as far as things went */
	uint64_t reserved[4];      /* must be zero */
};

/*
 * Converts. XSR_OK if all was written and is good. Otherwise *error (may be NULL) says why, and what the sink got is
 * to be thrown away. A finding of layer XSR_LAYER_LEGACY, or of class XSR_E_IO and id "io.read", is about the input,
 * any other one about the output.
 */
XSR_API enum xsr_status xsr_convert_run(struct xsr_convert *convert, struct xsr_finding *error);

/* A change of the layers around a libxc image of version 2 or 3. Members that are not used are zero. */
struct xsr_rewrap {
	struct xsr_source *source; /* read up to its end */
	struct xsr_sink *sink;     /* gets the stream; NULL: all is done but writing */
	enum xsr_format format;    /* XSR_FORMAT_LIBXC, _LIBXL or _XL */
	const void *config;        /* xl: configuration to put in place of the image's, or NULL */
	size_t config_length;      /* of it, a final NUL included if it is JSON */
	bool config_json;          /* it is JSON */
	xsr_finding_fn *input;     /* what the output has no place for, or NULL */
	xsr_finding_fn *output;    /* what the verifier finds in the output, or NULL */
	xsr_tick_fn *tick;         /* progress through the input, or NULL */
	void *context;             /* for these */
	enum xsr_format found;     /* set: what the input is */
	uint64_t bytes_in, bytes_out; /* set: lengths of both */
	struct xsr_verdict verdict;   /* set: of the verifier on what was written */
	uint64_t reserved[4];      /* must be zero */
};

/* Writes the same image in other layers. The same results as xsr_convert_run(). */
XSR_API enum xsr_status xsr_rewrap_run(struct xsr_rewrap *rewrap, struct xsr_finding *error);

#ifdef __cplusplus
}
#endif

#endif
