/* SPDX-License-Identifier: MIT */
/*
 * libstream: the verifier. It takes the decoder's events and reports findings; at the end it gives a verdict
 * and a summary. It keeps bounded state: a fixed part, plus two bits for each pfn described at depth
 * XSR_DEPTH_STREAM, and for PV guests a byte more at depth XSR_DEPTH_PAGES.
 */
#ifndef LIBSTREAM_VERIFY_H
#define LIBSTREAM_VERIFY_H

#include <libstream/decoder.h>
#include <libstream/records.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How deep to look. Each depth does all that the ones before it do. */
enum xsr_depth {
	XSR_DEPTH_FRAME,  /* headers, sizes, padding */
	XSR_DEPTH_RECORD, /* the fields of each record by itself */
	XSR_DEPTH_STREAM, /* order, presence, page accounting, what is inside of blobs, agreement between records */
	XSR_DEPTH_PAGES,  /* contents of pages; the caller must feed page data instead of skipping it */
};

/* "frame", "record", "stream", "pages"; for an unknown name false. */
XSR_API const char *xsr_depth_name(enum xsr_depth depth);
XSR_API bool xsr_depth_parse(const char *name, enum xsr_depth *depth);

/* Called for each finding, in stream order as far as possible. The finding belongs to the library. */
typedef void xsr_finding_fn(void *context, const struct xsr_finding *finding);

/* Record types counted by themselves in a summary; others are counted as unknown. */
#define XSR_LIBXL_TYPES 6u
#define XSR_LIBXC_TYPES 19u

/* What the verifier learned about a stream. Grows at its end only. */
struct xsr_summary {
	enum xsr_format format;               /* outermost layer, XSR_FORMAT_UNKNOWN if none was recognised */
	bool has_xl, has_libxl, has_image;    /* headers seen */
	struct xsr_xl_header xl;              /* valid with has_xl */
	struct xsr_libxl_header libxl;        /* valid with has_libxl */
	struct xsr_image_header image;        /* valid with has_image */
	bool has_domain;                      /* domain header seen */
	struct xsr_domain_header domain;      /* valid with has_domain */
	bool converted;                       /* made by the converter from a legacy image (xen_major 0) */
	bool pvh;                             /* HVM container without the devices of an HVM guest; valid at the end */
	unsigned guest_width;                 /* 4 or 8 from X86_PV_INFO, 0 if unknown */
	unsigned guest_levels;                /* 3 or 4 from X86_PV_INFO, 0 if unknown */
	uint64_t bytes;                       /* of the stream, up to the end of the outermost END */
	uint64_t trailer;                     /* bytes behind it */
	uint64_t records;                     /* of all layers */
	uint64_t libxl_records[XSR_LIBXL_TYPES]; /* by type */
	uint64_t libxc_records[XSR_LIBXC_TYPES]; /* by type */
	uint64_t unknown_records;             /* of other types */
	uint64_t p2m_size;                    /* highest pfn described + 1 */
	uint64_t entries;                     /* in all PAGE_DATA records */
	uint64_t entries_by_type[16];         /* by enum xsr_page_type */
	uint64_t data_pages;                  /* entries with data */
	uint64_t distinct_pfns;               /* pfns that occur at all; depth stream */
	uint64_t populated_pfns;              /* pfns whose latest entry means RAM; depth stream */
	uint64_t passes;                      /* times the pfns began again from below, 1 for a plain save */
	uint32_t vcpus;                       /* distinct vCPUs with state */
	uint64_t checkpoints;                 /* complete checkpoints */
	bool ended;                           /* the outermost END was seen */
	/* The rest is of depth pages, of pages as they were sent: one that came twice counts twice. */
	bool has_contents;                    /* all page data came to the verifier and belongs to an entry */
	uint64_t bytes_by_type[16];           /* of page data, by enum xsr_page_type */
	uint64_t zero_pages;                  /* pages that are all zero */
	uint64_t distinct_pages;              /* different contents among all pages */
	bool distinct_estimated;              /* they are too many to count: good to about one percent */
	bool has_digest;                      /* digest is valid: the image is complete, and nothing of it unknown */
	uint8_t digest[16];                   /* of the guest's memory; see xsr_verifier_set_store() */
	/* What of a damaged or truncated stream can be relied on. */
	uint64_t intact_records;              /* records that came to their end; `bytes` is where the last one did */
	uint64_t intact_data_pages;           /* pages of data that are there, as far as known */
	uint64_t checkpoint_end;              /* end of the last complete checkpoint, or 0 */
	uint64_t announced_pfns;              /* PV: pfns that the P2M frames cover; else 0 */
};

/* The verdict. */
struct xsr_verdict {
	enum xsr_status status; /* XSR_OK, or the class of the first error */
	uint64_t errors;        /* findings by severity */
	uint64_t warnings;
	uint64_t notes;
	bool complete;          /* ends with END, or with a complete checkpoint */
};

struct xsr_verifier;

/*
 * A place outside of memory where the verifier may keep what is too much to hold: bytes by offset, zero where
 * nothing was written. A file without a name is just that. Each function returns false if it fails.
 */
struct xsr_store {
	void *context; /* first argument of both */
	bool (*read)(void *context, uint64_t offset, void *data, size_t size);
	bool (*write)(void *context, uint64_t offset, const void *data, size_t size);
};

/*
 * Makes a verifier; report may be NULL. NULL if memory is short. Free with xsr_verifier_free() (NULL
 * allowed).
 */
XSR_API struct xsr_verifier *xsr_verifier_new(enum xsr_depth depth, xsr_finding_fn *report, void *context);
XSR_API void xsr_verifier_free(struct xsr_verifier *verifier);

/*
 * Gives a verifier of depth pages a store for the digest, before its first event; the structure is copied,
 * its context must outlive the verifier's use. At other depths there is no effect.
 *
 * The digest stands for the pfns that have content in the end, the kind of page that each of them is, and the
 * contents; neither for the order they came in, nor for how often. Pages that the image allocates without
 * content are zeros; holes do not count. To take back what is sent again the verifier keeps 16 bytes a pfn,
 * at 16 times the pfn. Without a store, or when the store fails, an image that sends a pfn twice has no
 * digest. Equal digests mean equal memory unless somebody took pains to make them equal: it is no
 * cryptographic hash.
 */
XSR_API void xsr_verifier_set_store(struct xsr_verifier *verifier, const struct xsr_store *store);

/* A page, as a PAGE_DATA record sends it or names it. Grows at its end only. */
struct xsr_page {
	uint64_t pfn;        /* of the page */
	unsigned type;       /* enum xsr_page_type */
	bool zero;           /* it came and is all zero */
	uint8_t content[16]; /* hash of what came; zeros for types without data */
	uint64_t pass;       /* the pass that it is in, from 1 */
};

/* Called for each page. The structure is the verifier's. */
typedef void xsr_page_fn(void *context, const struct xsr_page *page);

/*
 * Has a verifier of depth pages call a function for each page whose content it saw, and for each entry without
 * content; in the order of the stream but for the latter, which come first in their record. Pfns that the verifier
 * does not account for are left out (page_data.scattered). Before the first event; at other depths there is no effect.
 */
XSR_API void xsr_verifier_set_page_fn(struct xsr_verifier *verifier, xsr_page_fn *page, void *context);

/*
 * Lets a verifier of depth pages look at page contents with so many threads besides the caller's, before its first
 * event; they are started when there is something to do, and end with the verifier. What comes of it is the same with
 * any number. With threads, a PAGES event is worked on in the background: its data must stay as it is until the next
 * event was taken or xsr_verifier_settle() has returned; findings, page functions and numbers of it come by then, from
 * the caller's thread. False if memory is short, and then nothing changes; threads that cannot be had are done without.
 */
XSR_API bool xsr_verifier_set_threads(struct xsr_verifier *verifier, unsigned threads);

/*
 * Reads size bytes of the stream from an offset on, without regard to what else is read; called from several threads
 * at once. True if all of them were read.
 */
typedef bool xsr_fetch_fn(void *context, uint64_t offset, void *data, size_t size);

/*
 * For a verifier of depth pages, behind a PAYLOAD event that it took: has it fetch the page data by itself, all threads
 * at once, which is the fastest way where a stream can be read anywhere. True: it has all of it, and the caller skips
 * page data as at other depths. False: it is to be fed as if this had not been called; few pages are not worth it, and
 * if the data cannot be read then who feeds it will meet the reason.
 */
XSR_API bool xsr_verifier_fetch(struct xsr_verifier *verifier, const struct xsr_event *payload, xsr_fetch_fn *fetch,
    void *context);

/* Ends what is worked on in the background, if anything. */
XSR_API void xsr_verifier_settle(struct xsr_verifier *verifier);

/*
 * Judges by the release that shall restore the stream, before the first event: "4.6" to "4.22", or "4.17.3" for a
 * certain patch level. What that release refuses is an error, what only others mind is not told at all. False, and
 * nothing changes, for other texts.
 */
XSR_API bool xsr_verifier_against_xen(struct xsr_verifier *verifier, const char *release);
XSR_API bool xsr_xen_release_known(const char *release);

/* The CPU that a host can give to a guest of one kind at most: what Xen's policy for it says. */
struct xsr_host_cpu {
	const struct xsr_cpuid_leaf *leaves; /* CPUID */
	size_t leaf_count;                   /* how many */
	const struct xsr_msr_entry *msrs;    /* MSRs; flags are not looked at */
	size_t msr_count;                    /* how many */
};

/* A host that shall restore a stream: specs/host-policy.md. */
struct xsr_host {
	const char *xen;            /* its release: "4.17", "4.17.3", or any other number */
	uint64_t total_kib;         /* memory */
	uint64_t free_kib;          /* memory that no domain has */
	bool pv, hvm;               /* guests that it runs */
	bool hap, shadow;           /* HVM: ways to page that it has */
	struct xsr_host_cpu pv_max; /* most that a PV guest can have; no leaves: it runs none */
	struct xsr_host_cpu hvm_max; /* the same of HVM */
};

/*
 * Judges by the host that shall restore the stream, before the first event: what it lacks is a finding whose ID begins
 * with "host.". Unless xsr_verifier_against_xen() was called, its release judges too. The host is not copied.
 */
XSR_API void xsr_verifier_against_host(struct xsr_verifier *verifier, const struct xsr_host *host);

/*
 * Takes one event of a decoder. XSR_OK whatever is wrong with the stream; XSR_E_NOMEM if state for page
 * accounting could not be had (accounting then stops, and says so in a finding), XSR_E_MISUSE behind
 * xsr_verifier_finish().
 */
XSR_API enum xsr_status xsr_verifier_event(struct xsr_verifier *verifier, const struct xsr_event *event);

/*
 * The input has ended: call after xsr_decoder_finish() (or after a fault of the decoder) with that decoder.
 * Reports the decoder's fault as a finding and whatever is missing. Returns the verdict's status.
 */
XSR_API enum xsr_status xsr_verifier_finish(struct xsr_verifier *verifier, const struct xsr_decoder *decoder);

/* Verdict and summary so far; final after xsr_verifier_finish(). Owned by the verifier. */
XSR_API const struct xsr_verdict *xsr_verifier_verdict(const struct xsr_verifier *verifier);
XSR_API const struct xsr_summary *xsr_verifier_summary(const struct xsr_verifier *verifier);

#ifdef __cplusplus
}
#endif

#endif
