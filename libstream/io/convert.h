/* SPDX-License-Identifier: MIT */
/* The parts of a conversion that touch descriptors: where output goes, and the guest's memory. */
#ifndef XSR_IO_CONVERT_H
#define XSR_IO_CONVERT_H

#include "io/spool.h"
#include "legacy/convert.h"
#include "verify/pfn_map.h"

/* Where in the input a part of the output comes from. */
struct origin {
	uint64_t at;    /* offset in its place */
	uint64_t input; /* offset in the input */
	bool verbatim;  /* what follows is what follows there */
};

/* Those of a place, in order; more than ORIGINS_MAX are not kept. */
#define ORIGINS_MAX 65536u

struct origins {
	struct origin *list; /* they */
	size_t count;        /* how many */
	size_t size;         /* room */
};

/* The output: through a decoder and a verifier to the sink, or aside. */
struct convert_output {
	struct xsr_sink *sink;           /* NULL: nowhere */
	struct xsr_decoder *decoder;     /* reads what is written */
	struct xsr_verifier *verifier;   /* judges it */
	enum convert_place place;        /* where output goes */
	struct spool spools[PLACE_COUNT]; /* by place; PLACE_OUT's is not used */
	struct origins origins[PLACE_COUNT]; /* by place */
	uint64_t position;               /* bytes that went to the sink, or would have */
	size_t length;                   /* of buffer */
	uint8_t buffer[IO_CHUNK];        /* metadata for the sink */
};

/* False if memory is short. report gets what the verifier finds. */
bool output_start(struct convert_output *o, struct xsr_sink *sink, const char *tmpdir, xsr_finding_fn *report,
    void *context);
void output_end(struct convert_output *o);

/* Adds bytes at the current place; pages that are in memory, which the decoder skips. */
enum xsr_status output_write(struct convert_output *o, const void *data, size_t size, struct xsr_finding *error);
enum xsr_status output_page_bytes(struct convert_output *o, const void *data, size_t size,
    struct xsr_finding *error);

/* Adds page data of a source; *moved is less than size only at its end. */
enum xsr_status output_pages(struct convert_output *o, struct xsr_source *source, uint64_t size, uint64_t *moved,
    struct xsr_finding *error);

/* Sends on what is in the buffer. */
enum xsr_status output_flush(struct convert_output *o, struct xsr_finding *error);

/* Notes where what comes `ahead` bytes from here stems from. */
void output_mark(struct convert_output *o, uint64_t ahead, uint64_t input, bool verbatim);

/* The offset in the input of a byte of the output; false if it is not known. */
bool output_origin(const struct convert_output *o, uint64_t offset, uint64_t *input);

/* Forgets what is aside. */
enum xsr_status output_clear(struct convert_output *o, enum convert_place place, struct xsr_finding *error);

/* Appends what is aside at `from`, and clears it. */
enum xsr_status output_replay(struct convert_output *o, enum convert_place from, struct xsr_finding *error);

/*
 * The guest's memory as earlier rounds left it, in a temporary file without a name. Where one end of the conversion
 * is a file it is filled from there when the first compressed page asks for it. Between two pipes the pages of the
 * first round are kept as they pass, for as long as a compressed round can follow.
 */
struct convert_image {
	int fd;       /* the file, or -1 */
	bool keeping; /* pages that pass go into it */
	int failed;   /* errno of what ended keeping; 0: nothing did */
};

/* True if the first round can be read again when it is needed: from the input, or from the output that will be. */
bool image_repeatable(const struct xsr_source *source, off_t base, const struct convert_output *output);

/* Begins keeping pages. A failure matters only if they are asked for. */
void image_keep(struct convert_image *image, const char *tmpdir);

/* True if the input is a file that can be read once more. */
bool source_readable(const struct xsr_source *source, off_t base);

/*
 * Where the latest content of a pfn is, of those rounds that are complete: in the input, where that is a file, or
 * else in the output. False: it is in neither, or neither can be read.
 */
struct page_place {
	int fd;       /* the file */
	off_t offset; /* of the page in it */
	bool input;   /* it is the input */
};

bool image_find(const struct xsr_source *source, off_t base, const struct xsr_legacy_demand *demand,
    const struct convert_output *output, uint64_t pfn, struct page_place *place);

/* Pages of a batch on their way to the output. */
struct keeping {
	const uint64_t *entries; /* of the output's form, those with data or not */
	uint32_t count;          /* how many */
	uint32_t next;           /* the entry whose page is passing */
	uint32_t within;         /* bytes of it that have passed */
};

/* Takes over the next bytes of a batch. */
void image_pass(struct convert_image *image, struct keeping *k, const uint8_t *data, size_t size);

/* No compressed round can follow. */
void image_drop(struct convert_image *image);

/*
 * Fills the image from what there is: the input read again from offset `base`, where it is a file, or else the
 * output, where that is one. For an image that is not there.
 */
enum xsr_status image_start(struct convert_image *image, const struct xsr_source *source, off_t base,
    const struct xsr_legacy_demand *demand, struct convert_output *output, const char *tmpdir,
    struct xsr_finding *error);

enum xsr_status image_load(const struct convert_image *image, uint32_t pfn, uint8_t *page, struct xsr_finding *error);
enum xsr_status image_store(const struct convert_image *image, uint32_t pfn, const uint8_t *page,
    struct xsr_finding *error);

/* What a first reading of a file tells of its end, before anything is written. */
struct survey {
	bool good;           /* the image can be decoded to its end */
	struct pfn_map gone; /* PV: pfns without memory at the end of the last complete round */
};

/* Fills *survey, which is all zero; no failure matters. */
void survey_run(struct survey *survey, int fd, off_t base, const struct xsr_legacy_demand *demand);
void survey_free(struct survey *survey);

/* PV: what the start_info page says against the size of the guest. A page that cannot be had is passed over. */
enum xsr_status start_info_check(const struct xsr_source *source, off_t base, const struct xsr_legacy_demand *demand,
    struct convert_output *output, const struct convert_image *image, const struct convert *convert,
    struct xsr_finding *error);

#endif
