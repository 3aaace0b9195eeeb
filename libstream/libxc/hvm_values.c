/* SPDX-License-Identifier: MIT */
#include "libxc/hvm_values.h"

#include <inttypes.h>

#include "libxc/hvm_entries.h"

#define MSR_HEAD  8u
#define MSR_ENTRY 16u

/* The bits of the control registers that some x86 CPU defines. */
#define CR0_PE    UINT64_C(0x1)
#define CR0_ET    UINT64_C(0x10)
#define CR0_PG    UINT64_C(0x80000000)
#define CR0_KNOWN UINT64_C(0xe005003f)
#define CR4_KNOWN UINT64_C(0x113f77fff)

#define EFER_LME   UINT64_C(0x100)
#define EFER_LMA   UINT64_C(0x400)
#define EFER_KNOWN UINT64_C(0x207d01)

/* No CPU has a wider physical address. */
#define PHYSICAL_BITS_MAX 52u

#define APIC_BASE_EXTD 0x400u
#define APIC_BASE_EN   0x800u

/* Banks, CTL_P, CMCI_P, TES_P, SER_P and LMCE_P: all that any Xen lets a guest have. */
#define MCG_CAP_KNOWN UINT64_C(0x9000dff)

/* A payload being judged. */
struct judged {
	const struct check *c;             /* where findings go */
	const struct xsr_hvm_entry *entry; /* the payload's */
};

static void refuse(const struct judged *j, uint32_t at, const char *field, const char *allowed, uint64_t value)
{
	check_report(j->c, F_HVM_CONTEXT_VALUE, j->entry->offset + HVM_ENTRY_HEAD + at, field, allowed,
	    "0x%" PRIx64 " in %s %u", value, hvm_type(j->entry->type)->name, j->entry->instance);
}

static uint64_t u64_at(const struct judged *j, uint32_t at)
{
	return at + 8 <= j->entry->have ? load_u64(j->entry->payload + at, false) : 0;
}

static uint32_t u32_at(const struct judged *j, uint32_t at)
{
	return at + 4 <= j->entry->have ? load_u32(j->entry->payload + at, false) : 0;
}

static uint8_t u8_at(const struct judged *j, uint32_t at)
{
	return at < j->entry->have ? j->entry->payload[at] : 0;
}

/* Refuses a byte above a limit. */
static void at_most(const struct judged *j, uint32_t at, const char *field, uint8_t limit, const char *allowed)
{
	if (u8_at(j, at) > limit)
		refuse(j, at, field, allowed, u8_at(j, at));
}

static void zero(const struct judged *j, uint32_t at, uint32_t n, const char *field)
{
	for (uint32_t i = 0; i < n; i++) {
		if (!u8_at(j, at + i))
			continue;
		refuse(j, at + i, field, "0", u8_at(j, at + i));
		return;
	}
}

static void header(const struct judged *j)
{
	uint32_t magic = u32_at(j, 0), version = u32_at(j, 4);
	uint64_t at = j->entry->offset + HVM_ENTRY_HEAD;

	if (magic != XSR_HVM_MAGIC)
		check_report(j->c, F_HVM_CONTEXT_HEADER, at, "magic", "0x54381286", "0x%" PRIx32, magic);
	if (version != 1)
		check_report(j->c, F_HVM_CONTEXT_HEADER, at + 4, "version", "1", "%" PRIu32, version);
}

static void control_registers(const struct judged *j)
{
	uint64_t cr0 = u64_at(j, 656), cr3 = u64_at(j, 672), cr4 = u64_at(j, 680), efer = u64_at(j, 992);
	unsigned width = j->c->facts->physical_bits;

	if (!width || width > PHYSICAL_BITS_MAX)
		width = PHYSICAL_BITS_MAX;
	if (cr0 & ~CR0_KNOWN || !(cr0 & CR0_ET))
		refuse(j, 656, "cr0", "bits that exist, ET set", cr0);
	else if (cr0 & CR0_PG && !(cr0 & CR0_PE))
		refuse(j, 656, "cr0", "PG only with PE", cr0);
	if (cr3 >> width)
		refuse(j, 672, "cr3", "an address that the CPU has", cr3);
	if (cr4 & ~CR4_KNOWN)
		refuse(j, 680, "cr4", "bits that exist", cr4);
	if (efer & ~EFER_KNOWN)
		refuse(j, 992, "efer", "bits that exist", efer);
	else if (efer & EFER_LMA && (!(efer & EFER_LME) || !(cr0 & CR0_PG)))
		refuse(j, 992, "efer", "LMA only with LME, and with cr0.PG", efer);
}

static void cpu(const struct judged *j)
{
	control_registers(j);
	if (u64_at(j, 720) >> 32)
		refuse(j, 720, "dr6", "32 bits", u64_at(j, 720));
	if (u64_at(j, 728) >> 32)
		refuse(j, 728, "dr7", "32 bits", u64_at(j, 728));
	if (j->entry->length == XSR_HVM_CPU_SIZE_34)
		return;
	if (u64_at(j, 1000) >> 32)
		refuse(j, 1000, "tsc_aux", "32 bits", u64_at(j, 1000));
	if (u32_at(j, 1024) & ~1u)
		refuse(j, 1024, "flags", "bit 0", u32_at(j, 1024));
	zero(j, 1028, 4, "pad");
}

/* Lines 0 to 2 and 8 and 13 of the two chips cannot be level triggered; the master's line 2 is the cascade. */
static void pic(const struct judged *j)
{
	bool master = j->entry->instance == 0;
	uint8_t init = u8_at(j, 4) & 0xf, flags = u8_at(j, 5), elcr = u8_at(j, 6), output = u8_at(j, 7);

	if ((flags >> 6 & 1) != master)
		refuse(j, 5, "is_master", "1 in instance 0, 0 in instance 1", flags);
	if (elcr & ~(master ? 0xfcu : 0xdeu))
		refuse(j, 6, "elcr", master ? "bits of 0xfc" : "bits of 0xde", elcr);
	if (output > 1 || (output && init))
		refuse(j, 7, "int_output", "0, or 1 with init_state 0", output);
}

static void lapic(const struct judged *j)
{
	uint64_t base = u64_at(j, 0);

	if (base & APIC_BASE_EXTD && !(base & APIC_BASE_EN))
		refuse(j, 0, "apic_base_msr", "EXTD only with EN", base);
}

static void pci_link(const struct judged *j)
{
	for (uint32_t i = 0; i < 4; i++)
		at_most(j, i, "route", 15, "0 to 15");
	zero(j, 4, 4, "pad");
}

static void pit_channel(const struct judged *j, uint32_t at, bool gated)
{
	uint32_t count = u32_at(j, at);

	if (count > 0x10000)
		refuse(j, at, "count", "at most 0x10000", count);
	at_most(j, at + 6, "count_latched", 4, "0 to 4");
	at_most(j, at + 9, "read_state", 4, "0 to 4");
	at_most(j, at + 10, "write_state", 4, "0 to 4");
	at_most(j, at + 12, "rw_mode", 3, "0 to 3");
	at_most(j, at + 14, "bcd", 1, "0 or 1");
	at_most(j, at + 15, "gate", 1, "0 or 1");
	if (gated && !u8_at(j, at + 15))
		refuse(j, at + 15, "gate", "1 in channels 0 and 1", 0);
}

static void pit(const struct judged *j)
{
	for (uint32_t i = 0; i < 3; i++)
		pit_channel(j, 16 * i, i < 2);
	if (u32_at(j, 48) > 1)
		refuse(j, 48, "speaker_data_on", "0 or 1", u32_at(j, 48));
	zero(j, 52, 4, "pad");
}

static void mtrr(const struct judged *j)
{
	if ((u64_at(j, 224) & 0xff) > 8)
		refuse(j, 224, "cap", "at most 8 variable ranges", u64_at(j, 224));
}

static void viridian_vcpu(const struct judged *j)
{
	zero(j, 9, 7, "pad");
}

static void vmce(const struct judged *j)
{
	if (u64_at(j, 0) & ~MCG_CAP_KNOWN)
		refuse(j, 0, "caps", "bits that a guest can have", u64_at(j, 0));
}

uint32_t hvm_msr_count(const struct xsr_hvm_entry *entry)
{
	return entry->have < MSR_HEAD ? 0 : (uint32_t)(entry->have - MSR_HEAD) / MSR_ENTRY;
}

struct hvm_msr hvm_msr_at(const struct xsr_hvm_entry *entry, uint32_t i)
{
	struct reader r = reader_make(entry->payload, entry->have, false);
	struct hvm_msr msr;

	reader_skip(&r, MSR_HEAD + (size_t)MSR_ENTRY * i);
	msr.index = reader_u32(&r);
	msr.reserved = reader_u32(&r);
	msr.value = reader_u64(&r);
	return msr;
}

static bool msr_loads(uint32_t index)
{
	static const uint32_t loads[] = {0x48, 0x140, 0x6e1, 0xd90, 0xda0, 0xc0011019, 0xc001101a, 0xc001101b,
	    0xc0011027, 0xc001011f};

	for (size_t i = 0; i < sizeof(loads) / sizeof(loads[0]); i++)
		if (loads[i] == index)
			return true;
	return false;
}

static void cpu_msr(const struct judged *j)
{
	const struct xsr_hvm_entry *entry = j->entry;
	const struct release *target = &j->c->facts->target;
	uint64_t at = entry->offset + HVM_ENTRY_HEAD;
	uint32_t count = u32_at(j, 0), padding = u32_at(j, 4);

	if (padding)
		check_report(j->c, F_HVM_CONTEXT_PADDING, at + 4, "padding", "0",
		    "0x%" PRIx32 " in CPU_MSR %u", padding, entry->instance);
	if (!count || count != (entry->length - MSR_HEAD) / MSR_ENTRY)
		check_report(j->c, F_HVM_CONTEXT_MSR, at, "count", "as many as the payload holds, at least 1",
		    "%" PRIu32 " in %" PRIu32 " bytes", count, entry->length);
	for (uint32_t i = 0; i < hvm_msr_count(entry); i++) {
		struct hvm_msr msr = hvm_msr_at(entry, i);

		at = entry->offset + HVM_ENTRY_HEAD + MSR_HEAD + (uint64_t)MSR_ENTRY * i;
		if (!msr_loads(msr.index))
			check_report(j->c, F_HVM_CONTEXT_MSR, at, "index", "an MSR that Xen loads",
			    "0x%" PRIx32 " of vCPU %u", msr.index, entry->instance);
		else if (target->minor && !release_loads_msr(target, true, msr.index))
			check_report(j->c, F_AGAINST_MSR, at, "index", "an MSR that this release loads",
			    "0x%" PRIx32 " of vCPU %u", msr.index, entry->instance);
		if (msr.reserved)
			check_report(j->c, F_HVM_CONTEXT_MSR, at + 4, "reserved", "0",
			    "0x%" PRIx32 " of vCPU %u", msr.reserved, entry->instance);
	}
}

struct xsave_image hvm_xsave_image(const struct xsr_hvm_entry *entry)
{
	struct reader r = reader_make(entry->payload, entry->have, false);
	struct xsave_image image = {0};

	reader_skip(&r, 8);
	image.xcr0 = reader_u64(&r);
	image.xcr0_accum = reader_u64(&r);
	image.have = reader_left(&r);
	image.area = reader_skip(&r, image.have);
	image.length = entry->length - HVM_XSAVE_HEAD;
	image.longer = true;
	return image;
}

/*
 * Xen up to 4.3 saved areas as large as its own CPU's, padded with zeros; later releases take those, and nothing
 * but zeros behind the area proper.
 */
static void xsave_excess(const struct check *c, const struct xsr_hvm_entry *entry, const struct xsave_image *image,
    uint32_t used)
{
	uint32_t intel = xstate_area_size(&c->facts->xstate, image->xcr0_accum, 0);
	uint32_t amd = xstate_area_size(&c->facts->xstate, image->xcr0_accum, 1);
	uint32_t size = HVM_XSAVE_HEAD + (intel > amd ? intel : amd);

	if (size == HVM_XSAVE_HEAD || used <= size)
		return;
	check_report(c, F_HVM_CONTEXT_XSAVE, entry->offset + HVM_ENTRY_HEAD + used - 1, "area",
	    "zeros behind the area", "more state than xcr0_accum 0x%" PRIx64 " has", image->xcr0_accum);
}

static const struct xsave_findings xsave_findings = {
    .xcr0 = F_HVM_CONTEXT_XSAVE,
    .xstate_bv = F_HVM_CONTEXT_XSAVE,
    .format = F_HVM_CONTEXT_XSAVE,
    .area = F_HVM_CONTEXT_XSAVE,
    .policy = F_HVM_CONTEXT_XSAVE,
};

/* Xen before 4.12 wrote an image without any state for a vCPU that never used xsave. */
static bool xsave_idle(const struct check *c, const struct xsave_image *image, uint32_t used)
{
	const struct image_facts *f = c->facts;
	bool old = f->xen_major < 4 || (f->xen_major == 4 && f->xen_minor < 12);

	return old && !image->xcr0 && !image->xcr0_accum && used <= HVM_XSAVE_HEAD + XSTATE_LEGACY_SIZE;
}

static void cpu_xsave(const struct check *c, const struct xsr_hvm_entry *entry, uint32_t used)
{
	struct xsave_image image = hvm_xsave_image(entry);

	if (xsave_idle(c, &image, used))
		return;
	xsave_check(c, &xsave_findings, &image, entry->offset + HVM_ENTRY_HEAD + 8);
	xsave_excess(c, entry, &image, used);
}

/* Older releases load some entries whatever their values. */
static bool judged_by(const struct check *c, uint16_t type)
{
	unsigned since = type == XSR_HVM_PIC || type == XSR_HVM_PIT ? 19 : type == XSR_HVM_LAPIC ? 20 : 0;

	return !c->facts->target.minor || c->facts->target.minor >= since;
}

void hvm_values_check(const struct check *c, const struct xsr_hvm_entry *entry, uint32_t used)
{
	static void (*const judges[HVM_TYPES])(const struct judged *) = {
	    [XSR_HVM_HEADER] = header,
	    [XSR_HVM_CPU] = cpu,
	    [XSR_HVM_PIC] = pic,
	    [XSR_HVM_LAPIC] = lapic,
	    [XSR_HVM_PCI_LINK] = pci_link,
	    [XSR_HVM_PIT] = pit,
	    [XSR_HVM_MTRR] = mtrr,
	    [XSR_HVM_VIRIDIAN_VCPU] = viridian_vcpu,
	    [XSR_HVM_VMCE_VCPU] = vmce,
	    [XSR_HVM_CPU_MSR] = cpu_msr,
	};
	struct judged j = {.c = c, .entry = entry};

	if (!judged_by(c, entry->type))
		return;
	if (entry->type == XSR_HVM_CPU_XSAVE)
		cpu_xsave(c, entry, used);
	else if (judges[entry->type])
		judges[entry->type](&j);
}
