/* SPDX-License-Identifier: MIT */
/*
 * Judging by the host that shall restore the stream: specs/host-policy.md. Releases are against.c's matter; here it
 * is what this one machine can give to a guest. xsave areas ask facts.host_states themselves.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verify/state.h"

#define NO_SUBLEAF UINT32_MAX
#define LEAF_SIZE  24u
#define MSR_SIZE   16u

/* Offsets in an entry of a CPUID policy. */
#define AT_EAX 8u
#define AT_EBX 12u

#define MSR_PLATFORM_INFO 0xceu

/* What Xen needs for itself beside a guest's memory: KiB a vCPU, and one for each so many of memory. */
#define EXTRA_VCPU_KIB 1024u
#define EXTRA_SHARE    128u

void xsr_verifier_against_host(struct xsr_verifier *v, const struct xsr_host *host)
{
	v->host = host;
	if (!v->facts.target.minor)
		(void)release_parse(host->xen, &v->facts.target);
}

/* A release that is newer than all that are known is taken for one of them: nothing is known against it. */
static bool reads_streams(const char *xen)
{
	unsigned long major, minor = 0;
	char *end;

	major = strtoul(xen, &end, 10);
	if (*end == '.')
		minor = strtoul(end + 1, NULL, 10);
	return major > 4 || (major == 4 && minor >= RELEASE_FIRST);
}

void host_image(struct xsr_verifier *v, const struct xsr_event *e)
{
	if (v->host && !reads_streams(v->host->xen))
		verify_report(v, F_HOST_XEN, XSR_LAYER_LIBXC, e->offset + 12, "version", "Xen 4.6 or later",
		    "a host with Xen %s", v->host->xen);
}

const struct xsr_host_cpu *host_cpu(const struct xsr_verifier *v)
{
	const struct xsr_host_cpu *cpu;

	if (!v->host)
		return NULL;
	cpu = v->facts.domain_type == XSR_DOMAIN_X86_PV ? &v->host->pv_max : &v->host->hvm_max;
	return cpu->leaf_count ? cpu : NULL;
}

/* The host's leaf, all zero if it has none. */
static struct xsr_cpuid_leaf host_leaf(const struct xsr_host_cpu *cpu, uint32_t leaf, uint32_t subleaf)
{
	struct xsr_cpuid_leaf none = {.leaf = leaf, .subleaf = subleaf};

	for (size_t i = 0; i < cpu->leaf_count; i++)
		if (cpu->leaves[i].leaf == leaf && cpu->leaves[i].subleaf == subleaf)
			return cpu->leaves[i];
	return none;
}

/* The states of the host, for the areas of vCPUs that are still to come. */
static void learn_states(struct xsr_verifier *v)
{
	const struct xsr_host_cpu *cpu = host_cpu(v);
	struct xsr_cpuid_leaf states;

	if (!cpu)
		return;
	states = host_leaf(cpu, 0xd, 0);
	v->facts.host_states = states.eax | (uint64_t)states.edx << 32 | 1;
}

void host_domain(struct xsr_verifier *v, const struct xsr_event *e)
{
	const struct xsr_host *h = v->host;
	uint32_t type = e->u.domain.type;

	if (!h)
		return;
	learn_states(v);
	if (type == XSR_DOMAIN_X86_PV && !h->pv)
		verify_report(v, F_HOST_GUEST, XSR_LAYER_LIBXC, e->offset, "type", "HVM or PVH on this host",
		    "PV");
	if (type != XSR_DOMAIN_X86_HVM)
		return;
	if (!h->hvm)
		verify_report(v, F_HOST_GUEST, XSR_LAYER_LIBXC, e->offset, "type", "PV on this host",
		    "HVM or PVH");
	else if (!h->hap && !h->shadow)
		verify_report(v, F_HOST_GUEST, XSR_LAYER_LIBXC, e->offset, "type",
		    "a host with hardware-assisted or shadow paging", "neither of them");
	else if (!h->hap)
		verify_report(v, F_HOST_HAP, XSR_LAYER_LIBXC, e->offset, "type", "hardware-assisted paging",
		    "shadow paging only");
}

/* Without a policy the host's toolstack makes one; from the next record on it would come too late. */
void host_record(struct xsr_verifier *v, const struct xsr_record *r)
{
	bool memory = r->layer == XSR_LAYER_LIBXC &&
	              (r->type == XSR_LIBXC_PAGE_DATA || r->type == XSR_LIBXC_X86_PV_P2M_FRAMES);

	if (!v->host || !memory || v->host_told || v->summary.libxc_records[XSR_LIBXC_X86_CPUID_POLICY])
		return;
	v->host_told = true;
	verify_record(v, F_HOST_NO_POLICY, r, 0, "", "X86_CPUID_POLICY before", "none");
}

/* The twelve letters of a vendor, with a NUL. */
static void vendor_name(const struct xsr_cpuid_leaf *leaf, char name[13])
{
	uint32_t words[3] = {leaf->ebx, leaf->edx, leaf->ecx};

	for (unsigned i = 0; i < 12; i++)
		name[i] = (char)(words[i / 4] >> 8 * (i % 4));
	name[12] = 0;
}

static void check_vendor(struct xsr_verifier *v, const struct xsr_record *r, uint64_t at,
    const struct xsr_cpuid_leaf *guest, const struct xsr_cpuid_leaf *host)
{
	char ours[13], theirs[13];

	vendor_name(guest, ours);
	vendor_name(host, theirs);
	if (strcmp(ours, theirs) != 0)
		verify_record(v, F_HOST_VENDOR, r, at + AT_EBX, "vendor", theirs, "%s", ours);
}

/* Leaves whose eax says how far their like go. */
static void check_limit(struct xsr_verifier *v, const struct xsr_record *r, uint64_t at,
    const struct xsr_cpuid_leaf *guest, const struct xsr_cpuid_leaf *host)
{
	bool limit =
	    guest->leaf == 0 || guest->leaf == 0x80000000 || (guest->leaf == 7 && guest->subleaf == 0);
	char allowed[32];

	if (!limit || guest->eax <= host->eax)
		return;
	snprintf(allowed, sizeof(allowed), "at most 0x%" PRIx32, host->eax);
	verify_record(v, F_HOST_CPUID_LIMIT, r, at + AT_EAX, guest->leaf == 7 ? "max_subleaf" : "max_leaf",
	    allowed, "0x%" PRIx32, guest->eax);
}

/* A component of the xsave area: the state must be there and at the same place, as areas are copied as they are. */
static void check_component(struct xsr_verifier *v, const struct xsr_record *r, uint64_t at,
    const struct xsr_cpuid_leaf *guest, const struct xsr_cpuid_leaf *host)
{
	char allowed[64];

	if (guest->subleaf == 0) {
		uint64_t states = guest->eax | (uint64_t)guest->edx << 32;

		if (!(states & ~v->facts.host_states))
			return;
		snprintf(allowed, sizeof(allowed), "states of the host, 0x%" PRIx64, v->facts.host_states);
		verify_record(v, F_HOST_XSTATE, r, at + AT_EAX, "xcr0", allowed, "0x%" PRIx64, states);
		return;
	}
	if (guest->subleaf == 1 || !guest->eax || !host->eax ||
	    (guest->eax == host->eax && guest->ebx == host->ebx))
		return;
	snprintf(allowed, sizeof(allowed), "%" PRIu32 " bytes at %" PRIu32, host->eax, host->ebx);
	verify_record(v, F_HOST_XSTATE, r, at + AT_EAX, "component", allowed,
	    "state %" PRIu32 ": %" PRIu32 " bytes at %" PRIu32, guest->subleaf, guest->eax, guest->ebx);
}

static void check_leaf(struct xsr_verifier *v, const struct xsr_record *r, uint64_t at,
    const struct xsr_cpuid_leaf *guest, const struct xsr_host_cpu *cpu)
{
	struct xsr_cpuid_leaf host = host_leaf(cpu, guest->leaf, guest->subleaf);
	char allowed[32];

	if (guest->leaf == 0)
		check_vendor(v, r, at, guest, &host);
	if (guest->leaf == 0xd)
		check_component(v, r, at, guest, &host);
	if (guest->leaf == 0x80000008 && (guest->eax & 0xff) > (host.eax & 0xff)) {
		snprintf(allowed, sizeof(allowed), "at most %" PRIu32, host.eax & 0xff);
		verify_record(v, F_HOST_PHYSICAL_BITS, r, at + AT_EAX, "maxphysaddr", allowed, "%" PRIu32,
		    guest->eax & 0xff);
	}
	check_limit(v, r, at, guest, &host);
	host_features(v, r, at, guest, &host);
}

static uint64_t host_msr(const struct xsr_host_cpu *cpu, uint32_t index)
{
	for (size_t i = 0; i < cpu->msr_count; i++)
		if (cpu->msrs[i].index == index)
			return cpu->msrs[i].value;
	return 0;
}

/* Only bits of PLATFORM_INFO are refused; a capability that the host lacks is one that the guest misses. */
static void check_msr(struct xsr_verifier *v, const struct xsr_record *r, uint64_t at,
    const struct xsr_msr_entry *guest, const struct xsr_host_cpu *cpu)
{
	uint64_t host = host_msr(cpu, guest->index);
	char allowed[48];

	if (!(guest->value & ~host))
		return;
	snprintf(allowed, sizeof(allowed), "bits of the host, 0x%" PRIx64, host);
	verify_record(v, F_HOST_MSR_POLICY, r, at + 8,
	    guest->index == MSR_PLATFORM_INFO ? "PLATFORM_INFO" : "ARCH_CAPABILITIES", allowed, "0x%" PRIx64,
	    guest->value);
}

void host_body(struct xsr_verifier *v, const struct xsr_event *e)
{
	const struct xsr_host_cpu *cpu = host_cpu(v);
	const struct xsr_record *r = e->record;
	struct xsr_cpuid_policy cpuid;
	struct xsr_msr_policy msrs;

	if (!cpu || v->depth < XSR_DEPTH_STREAM || r->layer != XSR_LAYER_LIBXC ||
	    e->u.bytes.length != r->length)
		return;
	if (r->type == XSR_LIBXC_X86_CPUID_POLICY &&
	    xsr_cpuid_policy_decode(e->u.bytes.data, r->length, r->big_endian, &cpuid) == XSR_OK) {
		for (size_t i = 0; i < cpuid.count; i++) {
			struct xsr_cpuid_leaf leaf = xsr_cpuid_policy_at(&cpuid, i);

			check_leaf(v, r, 8 + LEAF_SIZE * (uint64_t)i, &leaf, cpu);
		}
	}
	if (r->type == XSR_LIBXC_X86_MSR_POLICY &&
	    xsr_msr_policy_decode(e->u.bytes.data, r->length, r->big_endian, &msrs) == XSR_OK) {
		for (size_t i = 0; i < msrs.count; i++) {
			struct xsr_msr_entry entry = xsr_msr_policy_at(&msrs, i);

			check_msr(v, r, 8 + MSR_SIZE * (uint64_t)i, &entry, cpu);
		}
	}
}

void host_finish(struct xsr_verifier *v)
{
	const struct xsr_host *h = v->host;
	uint64_t kib = v->summary.populated_pfns * (XSR_PAGE_SIZE / 1024);
	char allowed[64];

	if (!h || v->depth < XSR_DEPTH_STREAM || !kib)
		return;
	/* A PV guest's vCPUs and tables are small; what HVM needs is what libxl reserves for its paging. */
	if (v->facts.domain_type == XSR_DOMAIN_X86_HVM)
		kib += kib / EXTRA_SHARE + (uint64_t)v->summary.vcpus * EXTRA_VCPU_KIB;
	if (kib <= h->free_kib)
		return;
	snprintf(allowed, sizeof(allowed), "at most %" PRIu64 " KiB, of %" PRIu64 " KiB in all", h->free_kib,
	    h->total_kib);
	verify_report(v, F_HOST_MEMORY, XSR_LAYER_LIBXC, v->summary.bytes, "", allowed, "%" PRIu64 " KiB",
	    kib);
}
