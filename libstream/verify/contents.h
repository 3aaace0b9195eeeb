/* SPDX-License-Identifier: MIT */
/*
 * Depth pages: the contents of pages. They are gathered, counted, put into the digest, and handed to the
 * rules.
 */
#ifndef XSR_VERIFY_CONTENTS_H
#define XSR_VERIFY_CONTENTS_H

#include <libstream/verify.h>

#include "verify/distinct.h"
#include "verify/hashers.h"
#include "verify/memory_digest.h"
#include "verify/start_info.h"
#include "verify/tables.h"

/* Pages with data that a record of legal length can have. */
#define CONTENTS_MAX (XSR_LIBXC_RECORD_MAX / XSR_PAGE_SIZE)

/* Fewer pages than this are not worth reading out of order. */
#define FETCH_MIN 64u

struct contents {
	uint64_t entries[CONTENTS_MAX]; /* of the record: those with data */
	uint32_t count;                 /* how many */
	uint32_t listed;                /* entries of any kind that the record has */
	uint32_t done;                  /* pages of the record that came whole */
	uint64_t next;                  /* position of the byte of page data that is expected */
	bool unsound;                /* the record's size does not fit its entries: its pages are nobody's */
	bool incomplete;             /* some content did not come or was passed over */
	struct hash128 zero;         /* hash of a page of zeros */
	uint8_t page[XSR_PAGE_SIZE]; /* a page that came in pieces */
	uint8_t *fetched;            /* room for two jobs of pages, once any were fetched */
	struct hashers *hashers;     /* work out hashes */
	bool background;             /* they may go on after an event */
	const uint8_t *job;          /* the caller's pages whose hashes are being worked out; NULL: none */
	uint32_t job_first;          /* number of the first of them in the record */
	uint32_t job_count;          /* how many they are */
	struct xsr_record job_record; /* that they are in */
	struct distinct distinct;    /* different contents */
	struct memory_digest digest; /* of the guest's memory */
	xsr_page_fn *page_fn;           /* the caller's, or NULL */
	void *page_context;             /* its first argument */
	struct tables tables;        /* rules on page tables */
	struct start_infos start_infos; /* rules on start_info */
};

/* NULL if memory is short. */
struct contents *contents_new(void);
void contents_free(struct contents *c);

/* Takes what contents_pages() left to be worked out. Before each event; nothing happens if there is nothing. */
void contents_settle(struct xsr_verifier *v);

/* The events of PAGE_DATA, after pages.c had them. Each does nothing below depth pages. */
void contents_batch(struct xsr_verifier *v, const struct xsr_event *e);
void contents_pfns(struct xsr_verifier *v, const struct xsr_event *e);
void contents_payload(struct xsr_verifier *v, const struct xsr_event *e);
/* xsr_verifier_fetch(). */
bool contents_fetch(struct xsr_verifier *v, const struct xsr_event *e, hashers_fetch_fn *fetch, void *context);
void contents_pages(struct xsr_verifier *v, const struct xsr_event *e);
void contents_record_end(struct xsr_verifier *v);

/* After order_finish(). */
void contents_finish(struct xsr_verifier *v);

#endif
