/* SPDX-License-Identifier: MIT */
/* The configuration of an xl image, and what of the image must agree with it. */
#include "verify/state.h"

#include <inttypes.h>
#include <string.h>

/* Where the configuration begins. */
#define AT_CONFIG (XSR_XL_HEADER_SIZE + 4u)

/*
 * KiB that an HVM guest may have beyond max_memkb: the toolstack's own allowance and the pages that it and the
 * firmware put beside the guest's memory.
 */
#define HVM_EXTRA_KIB 4096u

static struct xl_config_report report_to(struct xsr_verifier *v)
{
	struct xl_config_report to = {.depth = v->depth, .report = verify_finding, .context = v};

	return to;
}

void config_header(struct xsr_verifier *v, const struct xsr_event *e)
{
	struct xl_config_report to = report_to(v);

	xl_config_begin(&v->config, &e->u.xl, &to);
}

void config_bytes(struct xsr_verifier *v, const struct xsr_event *e)
{
	struct xl_config_report to = report_to(v);

	xl_config_feed(&v->config, &to, e->u.bytes.data, e->u.bytes.length, e->offset, e->u.bytes.last);
}

void config_domain(struct xsr_verifier *v, const struct xsr_event *e)
{
	const char *type = v->config.facts.type;
	bool pv = strcmp(type, "pv") == 0, hvm = strcmp(type, "hvm") == 0 || strcmp(type, "pvh") == 0;
	uint32_t image = e->u.domain.type;

	if (v->depth < XSR_DEPTH_STREAM)
		return;
	if ((pv && image == XSR_DOMAIN_X86_HVM) || (hvm && image == XSR_DOMAIN_X86_PV))
		verify_report(v, F_XL_GUEST_TYPE, XSR_LAYER_XL, AT_CONFIG, "c_info.type",
		    pv ? "hvm or pvh: the image is of type 2" : "pv: the image is of type 1", "%s", type);
}

/* vCPUs that the image has: at least their number, and more if the numbers have gaps. */
static uint64_t image_vcpus(const struct xsr_verifier *v)
{
	const struct hvm_facts *h = &v->facts.hvm;
	uint64_t n = v->summary.vcpus;

	if (h->known && h->cpus && h->highest_vcpu + UINT64_C(1) > n)
		n = h->highest_vcpu + UINT64_C(1);
	return n;
}

void config_finish(struct xsr_verifier *v)
{
	const struct xl_config_facts *f = &v->config.facts;
	uint64_t vcpus = image_vcpus(v), kib = v->summary.populated_pfns * (XSR_PAGE_SIZE / 1024);
	uint64_t extra = v->facts.domain_type == XSR_DOMAIN_X86_HVM ? HVM_EXTRA_KIB : 0;

	if (v->depth < XSR_DEPTH_STREAM)
		return;
	if (f->has_max_vcpus && vcpus > f->max_vcpus)
		verify_report(v, F_XL_VCPUS, XSR_LAYER_XL, AT_CONFIG, "b_info.max_vcpus", "the image's vCPUs",
		    "%" PRIu64 " for %" PRIu64 " vCPUs", f->max_vcpus, vcpus);
	if (f->has_max_memkb && kib > extra && kib - extra > f->max_memkb)
		verify_report(v, F_XL_MEMORY, XSR_LAYER_XL, AT_CONFIG, "b_info.max_memkb", "the image's memory",
		    "%" PRIu64 " KiB for %" PRIu64 " KiB", f->max_memkb, kib);
}
