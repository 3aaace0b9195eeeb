/* SPDX-License-Identifier: MIT */
/* The verifier's front: takes events apart and hands them to the rules. */
#include "verify/state.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const depth_names[] = {"frame", "record", "stream", "pages"};

const char *xsr_depth_name(enum xsr_depth depth)
{
	return (size_t)depth < 4 ? depth_names[depth] : "unknown";
}

bool xsr_depth_parse(const char *name, enum xsr_depth *depth)
{
	for (unsigned i = 0; i < 4; i++) {
		if (strcmp(name, depth_names[i]) != 0)
			continue;
		*depth = (enum xsr_depth)i;
		return true;
	}
	return false;
}

struct xsr_verifier *xsr_verifier_new(enum xsr_depth depth, xsr_finding_fn *report, void *context)
{
	struct xsr_verifier *v = calloc(1, sizeof(*v));

	if (!v)
		return NULL;
	v->depth = depth;
	v->report = report;
	v->report_context = context;
	if (depth < XSR_DEPTH_PAGES)
		return v;
	v->contents = contents_new();
	if (v->contents)
		return v;
	free(v);
	return NULL;
}

bool xsr_verifier_against_xen(struct xsr_verifier *v, const char *release)
{
	return release_parse(release, &v->facts.target);
}

void xsr_verifier_free(struct xsr_verifier *v)
{
	if (!v)
		return;
	pages_clear(v);
	pv_state_clear(&v->pv);
	contents_free(v->contents);
	free(v);
}

void xsr_verifier_set_store(struct xsr_verifier *v, const struct xsr_store *store)
{
	if (v->contents)
		v->contents->digest.store = *store;
}

void xsr_verifier_set_page_fn(struct xsr_verifier *v, xsr_page_fn *page, void *context)
{
	if (!v->contents)
		return;
	v->contents->page_fn = page;
	v->contents->page_context = context;
}

bool xsr_verifier_set_threads(struct xsr_verifier *v, unsigned threads)
{
	struct hashers *hashers;

	if (!v->contents)
		return true;
	hashers = hashers_new(threads);
	if (!hashers)
		return false;
	hashers_free(v->contents->hashers);
	v->contents->hashers = hashers;
	v->contents->background = threads > 0;
	return true;
}

void xsr_verifier_settle(struct xsr_verifier *v)
{
	contents_settle(v);
}

bool xsr_verifier_fetch(struct xsr_verifier *v, const struct xsr_event *payload, xsr_fetch_fn *fetch, void *context)
{
	return !v->finished && payload->type == XSR_EVENT_PAYLOAD && contents_fetch(v, payload, fetch, context);
}

static void check_length(struct xsr_verifier *v, const struct xsr_record *r)
{
	const struct record_family *f = v->family;
	enum xsr_depth needed = f->max_length ? XSR_DEPTH_RECORD : XSR_DEPTH_FRAME;
	char allowed[96];
	int n;

	v->length_ok = family_length_legal(f, r->length);
	if (v->length_ok || v->depth < needed)
		return;
	n = snprintf(allowed, sizeof(allowed), "%" PRIu32, f->min_length);
	if (f->max_length == UINT32_MAX)
		n += snprintf(allowed + n, sizeof(allowed) - (size_t)n, " or more");
	else if (f->max_length != f->min_length)
		n += snprintf(allowed + n, sizeof(allowed) - (size_t)n, " to %" PRIu32, f->max_length);
	if (f->multiple > 1)
		snprintf(allowed + n, sizeof(allowed) - (size_t)n, ", in steps of %" PRIu32, f->multiple);
	verify_record(v, f->bad_length, r, 4, "body_length", allowed, "%" PRIu32, r->length);
}

static struct check check_make(struct xsr_verifier *v, const struct xsr_record *r, uint64_t body_offset)
{
	struct check c = {
	    .record = r,
	    .facts = &v->facts,
	    .body_offset = body_offset,
	    .depth = v->depth,
	    .report = verify_finding,
	    .enough = verify_enough,
	    .report_context = v,
	};

	return c;
}

/* All pages of the guest are known now, or all of this checkpoint. */
static void judge(struct xsr_verifier *v, const struct xsr_record *r)
{
	struct check c = check_make(v, r, r->offset);

	if (v->depth < XSR_DEPTH_STREAM)
		return;
	if (v->facts.domain_type == XSR_DOMAIN_X86_PV)
		pv_state_judge(&v->pv, &c, pages_type, v);
	if (v->facts.domain_type == XSR_DOMAIN_X86_HVM && v->summary.libxc_records[XSR_LIBXC_PAGE_DATA])
		hvm_state_judge(&v->hvm, &c, pages_type, v);
	if (r->type != XSR_LIBXC_CHECKPOINT)
		return;
	pv_state_next_round(&v->pv);
	hvm_state_next_round(&v->hvm);
}

static void record_begin(struct xsr_verifier *v, const struct xsr_record *r)
{
	struct xsr_summary *s = &v->summary;
	bool page_data = r->layer == XSR_LAYER_LIBXC && r->type == XSR_LIBXC_PAGE_DATA;

	verify_rest(v);
	s->records++;
	if (r->layer == XSR_LAYER_LIBXL && r->type < XSR_LIBXL_TYPES)
		s->libxl_records[r->type]++;
	else if (r->layer == XSR_LAYER_LIBXC && r->type < XSR_LIBXC_TYPES)
		s->libxc_records[r->type]++;
	else
		s->unknown_records++;
	v->family = family_find(r->layer, r->type);
	v->length_ok = true;
	if (v->family)
		check_length(v, r);
	if (page_data && r->length < 8 && v->depth >= XSR_DEPTH_RECORD)
		verify_record(v, F_PAGE_DATA_LENGTH, r, 4, "body_length", "16 or more", "%" PRIu32,
		    r->length);
	order_record(v, r);
	against_record(v, r);
	host_record(v, r);
	if (r->layer == XSR_LAYER_LIBXC && (r->type == XSR_LIBXC_END || r->type == XSR_LIBXC_CHECKPOINT))
		judge(v, r);
}

/* Keeps the first `size` bytes of a thing that comes in pieces; true with the piece that completes them. */
static bool keep_head(uint8_t *head, size_t size, const struct xsr_event *e)
{
	uint64_t at = e->u.bytes.position;
	size_t n = e->u.bytes.length;

	if (at >= size)
		return false;
	if (n > size - at)
		n = size - (size_t)at;
	memcpy(head + at, e->u.bytes.data, n);
	return at + n == size;
}

/* What the rules on more than one record need of a body: P2M range, vCPU ids. */
static void learn(struct xsr_verifier *v, const struct xsr_event *e)
{
	const struct xsr_record *r = e->record;
	struct reader body = reader_make(v->body_head, sizeof(v->body_head), r->big_endian);

	if (r->layer != XSR_LAYER_LIBXC || !keep_head(v->body_head, sizeof(v->body_head), e))
		return;
	switch (r->type) {
	case XSR_LIBXC_X86_PV_P2M_FRAMES: {
		uint32_t start = reader_u32(&body), end = reader_u32(&body);

		pages_p2m(v, start, end, (r->length - 8) / 8);
		return;
	}
	case XSR_LIBXC_X86_PV_VCPU_BASIC:
	case XSR_LIBXC_X86_PV_VCPU_EXTENDED:
	case XSR_LIBXC_X86_PV_VCPU_XSAVE:
	case XSR_LIBXC_X86_PV_VCPU_MSRS:
		order_vcpu(v, r, reader_u32(&body));
		return;
	default:
		return;
	}
}

static void body(struct xsr_verifier *v, const struct xsr_event *e)
{
	struct check c = check_make(v, e->record, e->offset - e->u.bytes.position);

	learn(v, e);
	if (v->depth < XSR_DEPTH_RECORD || !v->length_ok)
		return;
	if (e->layer == XSR_LAYER_LIBXC && pv_state_body(&v->pv, &c, e) != XSR_OK)
		verify_memory_lost(v);
	hvm_state_body(&v->hvm, e);
	host_body(v, e);
	family_check(v->family, &c, &v->walk, &v->facts, e);
}

/* PVH is HVM without an emulated machine around the processor. */
static void learn_hvm(struct xsr_verifier *v)
{
	const struct hvm_facts *h = &v->facts.hvm;

	v->summary.pvh = h->known && !h->has_pic && !h->has_ioapic && !h->has_pit && !h->has_rtc &&
	                 !h->has_hpet && !h->has_pmtimer;
	v->summary.vcpus = h->cpus;
}

static void record_end(struct xsr_verifier *v, const struct xsr_event *e)
{
	const struct xsr_record *r = e->record;

	for (unsigned i = 0; i < e->u.padding.length; i++) {
		if (!e->u.padding.bytes[i])
			continue;
		verify_record(v, F_RECORD_PADDING, r, 8 + (uint64_t)r->length + i, "padding", "0", "0x%02x",
		    e->u.padding.bytes[i]);
		break;
	}
	if (r->layer == XSR_LAYER_LIBXC && r->type == XSR_LIBXC_PAGE_DATA) {
		pages_record_end(v, r);
		contents_record_end(v);
	}
	if (r->layer == XSR_LAYER_LIBXC && r->type == XSR_LIBXC_HVM_CONTEXT) {
		learn_hvm(v);
		against_guest(v, r);
	}
	v->summary.bytes = e->offset + e->u.padding.length;
	v->in_payload = false;
	v->summary.intact_records++;
	v->summary.intact_data_pages = v->summary.data_pages;
	order_record_end(v, r);
}

static void trailer(struct xsr_verifier *v, const struct xsr_event *e)
{
	v->summary.trailer += e->u.bytes.length;
	keep_head(v->trailer, sizeof(v->trailer), e);
}

enum xsr_status xsr_verifier_event(struct xsr_verifier *v, const struct xsr_event *e)
{
	if (v->finished)
		return XSR_E_MISUSE;
	contents_settle(v);
	switch (e->type) {
	case XSR_EVENT_XL_HEADER:
		headers_xl(v, e);
		config_header(v, e);
		break;
	case XSR_EVENT_LIBXL_HEADER:
		headers_libxl(v, e);
		break;
	case XSR_EVENT_IMAGE_HEADER:
		headers_image(v, e);
		against_image(v, e);
		host_image(v, e);
		break;
	case XSR_EVENT_DOMAIN_HEADER:
		headers_domain(v, e);
		against_domain(v, e);
		host_domain(v, e);
		config_domain(v, e);
		break;
	case XSR_EVENT_RECORD:
		record_begin(v, e->record);
		break;
	case XSR_EVENT_BODY:
		body(v, e);
		break;
	case XSR_EVENT_BATCH:
		pages_batch(v, e);
		contents_batch(v, e);
		break;
	case XSR_EVENT_PFNS:
		pages_pfns(v, e);
		contents_pfns(v, e);
		break;
	case XSR_EVENT_PAYLOAD:
		pages_payload(v, e);
		v->in_payload = true;
		v->payload_offset = e->offset;
		contents_payload(v, e);
		break;
	case XSR_EVENT_RECORD_END:
		record_end(v, e);
		break;
	case XSR_EVENT_END:
		v->summary.ended = true;
		break;
	case XSR_EVENT_TRAILER:
		trailer(v, e);
		break;
	case XSR_EVENT_XL_CONFIG:
		config_bytes(v, e);
		break;
	case XSR_EVENT_PAGES:
		contents_pages(v, e);
		break;
	case XSR_EVENT_XL_TAIL:
		break;
	}
	return v->memory_lost ? XSR_E_NOMEM : XSR_OK;
}

enum xsr_status xsr_verifier_finish(struct xsr_verifier *v, const struct xsr_decoder *decoder)
{
	if (v->finished)
		return v->verdict.status;
	contents_settle(v);
	v->summary.format = xsr_decoder_format(decoder);
	v->summary.guest_width = v->facts.width;
	v->summary.guest_levels = v->facts.levels;
	if (v->in_payload)
		v->summary.intact_data_pages += (xsr_decoder_offset(decoder) - v->payload_offset) / XSR_PAGE_SIZE;
	order_finish(v, xsr_decoder_error(decoder));
	pages_finish(v);
	contents_finish(v);
	config_finish(v);
	host_finish(v);
	headers_trailer(v);
	verify_rest(v);
	v->finished = true;
	return v->verdict.status;
}

const struct xsr_verdict *xsr_verifier_verdict(const struct xsr_verifier *v)
{
	return &v->verdict;
}

const struct xsr_summary *xsr_verifier_summary(const struct xsr_verifier *v)
{
	return &v->summary;
}
