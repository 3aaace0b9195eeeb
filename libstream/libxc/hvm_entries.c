/* SPDX-License-Identifier: MIT */
#include "libxc/hvm_entries.h"

#include "wire/cursor.h"

/* Rows of field tables: one value, several in a row, several a stride apart, some bits of one. */
#define ONE(name, at, width)                  {name, at, width, 1, 0, 0, 0, XSR_HEXADECIMAL}
#define DEC(name, at, width)                  {name, at, width, 1, 0, 0, 0, XSR_DECIMAL}
#define ROW(name, at, width, count)           {name, at, width, count, width, 0, 0, XSR_HEXADECIMAL}
#define STEP(name, at, width, count, stride)  {name, at, width, count, stride, 0, 0, XSR_HEXADECIMAL}
#define BITS(name, at, width, shift, bits)    {name, at, width, 1, 0, shift, bits, XSR_DECIMAL}
#define LAST                                  {NULL, 0, 0, 0, 0, 0, 0, XSR_DECIMAL}

static const struct xsr_hvm_field header_fields[] = {
    ONE("magic", 0, 4), DEC("version", 4, 4), ONE("changeset", 8, 8), ONE("cpuid_eax", 16, 4),
    DEC("guest_tsc_khz", 20, 4), LAST};

/* Up to efer, both layouts of the CPU entry agree. The FPU's 512 bytes before them are no row: see describe. */
#define CPU_FIELDS                                                                                                   \
	ONE("rax", 512, 8), ONE("rbx", 520, 8), ONE("rcx", 528, 8), ONE("rdx", 536, 8), ONE("rbp", 544, 8),          \
	    ONE("rsi", 552, 8), ONE("rdi", 560, 8), ONE("rsp", 568, 8), ONE("r8", 576, 8), ONE("r9", 584, 8),        \
	    ONE("r10", 592, 8), ONE("r11", 600, 8), ONE("r12", 608, 8), ONE("r13", 616, 8), ONE("r14", 624, 8),      \
	    ONE("r15", 632, 8), ONE("rip", 640, 8), ONE("rflags", 648, 8), ONE("cr0", 656, 8), ONE("cr2", 664, 8),   \
	    ONE("cr3", 672, 8), ONE("cr4", 680, 8), ONE("dr0", 688, 8), ONE("dr1", 696, 8), ONE("dr2", 704, 8),      \
	    ONE("dr3", 712, 8), ONE("dr6", 720, 8), ONE("dr7", 728, 8), ONE("cs_selector", 736, 4),                  \
	    ONE("ds_selector", 740, 4), ONE("es_selector", 744, 4), ONE("fs_selector", 748, 4),                      \
	    ONE("gs_selector", 752, 4), ONE("ss_selector", 756, 4), ONE("tr_selector", 760, 4),                      \
	    ONE("ldtr_selector", 764, 4), ONE("cs_limit", 768, 4), ONE("ds_limit", 772, 4),                          \
	    ONE("es_limit", 776, 4), ONE("fs_limit", 780, 4), ONE("gs_limit", 784, 4), ONE("ss_limit", 788, 4),      \
	    ONE("tr_limit", 792, 4), ONE("ldtr_limit", 796, 4), ONE("idtr_limit", 800, 4),                           \
	    ONE("gdtr_limit", 804, 4), ONE("cs_base", 808, 8), ONE("ds_base", 816, 8), ONE("es_base", 824, 8),       \
	    ONE("fs_base", 832, 8), ONE("gs_base", 840, 8), ONE("ss_base", 848, 8), ONE("tr_base", 856, 8),          \
	    ONE("ldtr_base", 864, 8), ONE("idtr_base", 872, 8), ONE("gdtr_base", 880, 8), ONE("cs_rights", 888, 4),  \
	    ONE("ds_rights", 892, 4), ONE("es_rights", 896, 4), ONE("fs_rights", 900, 4), ONE("gs_rights", 904, 4),  \
	    ONE("ss_rights", 908, 4), ONE("tr_rights", 912, 4), ONE("ldtr_rights", 916, 4),                          \
	    ONE("sysenter_cs", 920, 8), ONE("sysenter_esp", 928, 8), ONE("sysenter_eip", 936, 8),                    \
	    ONE("shadow_gs", 944, 8), ONE("msr_flags", 952, 8), ONE("lstar", 960, 8), ONE("star", 968, 8),           \
	    ONE("cstar", 976, 8), ONE("syscall_mask", 984, 8), ONE("efer", 992, 8)

static const struct xsr_hvm_field cpu_fields[] = {
    CPU_FIELDS, ONE("tsc_aux", 1000, 8), ONE("tsc", 1008, 8), ONE("pending_event", 1016, 4),
    ONE("error_code", 1020, 4), ONE("flags", 1024, 4), LAST};

/* Xen up to 3.4 had no tsc_aux, so what follows it sits 8 bytes earlier. */
static const struct xsr_hvm_field cpu_34_fields[] = {
    CPU_FIELDS, ONE("tsc", 1000, 8), ONE("pending_event", 1008, 4), ONE("error_code", 1012, 4), LAST};

static const struct xsr_hvm_field pic_fields[] = {
    ONE("irr", 0, 1), ONE("imr", 1, 1), ONE("isr", 2, 1), ONE("irq_base", 3, 1), BITS("init_state", 4, 1, 0, 4),
    BITS("priority_add", 4, 1, 4, 4), BITS("readsel_isr", 5, 1, 0, 1), BITS("poll", 5, 1, 1, 1),
    BITS("auto_eoi", 5, 1, 2, 1), BITS("rotate_on_auto_eoi", 5, 1, 3, 1),
    BITS("special_fully_nested", 5, 1, 4, 1), BITS("special_mask", 5, 1, 5, 1), BITS("is_master", 5, 1, 6, 1),
    ONE("elcr", 6, 1), DEC("int_output", 7, 1), LAST};

static const struct xsr_hvm_field ioapic_fields[] = {
    ONE("base_address", 0, 8), ONE("ioregsel", 8, 4), ONE("id", 12, 4), ROW("redirection", 16, 8, 48), LAST};

static const struct xsr_hvm_field lapic_fields[] = {
    ONE("apic_base_msr", 0, 8), ONE("disabled", 8, 4), DEC("timer_divisor", 12, 4), ONE("tdt_msr", 16, 8),
    ONE("pending_esr", 24, 4), LAST};

static const struct xsr_hvm_field lapic_regs_fields[] = {
    ONE("id", 0x20, 4), ONE("version", 0x30, 4), ONE("tpr", 0x80, 4), ONE("apr", 0x90, 4), ONE("ppr", 0xa0, 4),
    ONE("rrd", 0xc0, 4), ONE("ldr", 0xd0, 4), ONE("dfr", 0xe0, 4), ONE("svr", 0xf0, 4), STEP("isr", 0x100, 4, 8, 16),
    STEP("tmr", 0x180, 4, 8, 16), STEP("irr", 0x200, 4, 8, 16), ONE("esr", 0x280, 4), ONE("lvt_cmci", 0x2f0, 4),
    ONE("icr", 0x300, 4), ONE("icr2", 0x310, 4), ONE("lvt_timer", 0x320, 4), ONE("lvt_thermal", 0x330, 4),
    ONE("lvt_performance", 0x340, 4), ONE("lvt_lint0", 0x350, 4), ONE("lvt_lint1", 0x360, 4),
    ONE("lvt_error", 0x370, 4), ONE("timer_initial", 0x380, 4), ONE("timer_current", 0x390, 4),
    ONE("timer_divide", 0x3e0, 4), LAST};

static const struct xsr_hvm_field pci_irq_fields[] = {ROW("wires", 0, 8, 2), LAST};
static const struct xsr_hvm_field isa_irq_fields[] = {ONE("lines", 0, 8), LAST};
static const struct xsr_hvm_field pci_link_fields[] = {ROW("route", 0, 1, 4), LAST};

static const struct xsr_hvm_field pit_fields[] = {
    STEP("count", 0, 4, 3, 16), STEP("latched_count", 4, 2, 3, 16), STEP("count_latched", 6, 1, 3, 16),
    STEP("status_latched", 7, 1, 3, 16), STEP("status", 8, 1, 3, 16), STEP("read_state", 9, 1, 3, 16),
    STEP("write_state", 10, 1, 3, 16), STEP("write_latch", 11, 1, 3, 16), STEP("rw_mode", 12, 1, 3, 16),
    STEP("mode", 13, 1, 3, 16), STEP("bcd", 14, 1, 3, 16), STEP("gate", 15, 1, 3, 16),
    DEC("speaker_data_on", 48, 4), LAST};

static const struct xsr_hvm_field rtc_fields[] = {
    ROW("cmos", 0, 1, 14), ONE("cmos_index", 14, 1), ONE("rtc_offset", 16, 8), LAST};

static const struct xsr_hvm_field hpet_fields[] = {
    ONE("capability", 0, 8), ONE("config", 16, 8), ONE("isr", 32, 8), ONE("main_counter", 240, 8),
    STEP("timer_config", 256, 8, 3, 32), STEP("timer_comparator", 264, 8, 3, 32), STEP("timer_fsb", 272, 8, 3, 32),
    ROW("period", 1024, 8, 3), LAST};

static const struct xsr_hvm_field pmtimer_fields[] = {
    ONE("timer", 0, 4), ONE("pm1a_status", 4, 2), ONE("pm1a_enable", 6, 2), LAST};

static const struct xsr_hvm_field mtrr_fields[] = {
    ONE("pat", 0, 8), STEP("variable_base", 8, 8, 8, 16), STEP("variable_mask", 16, 8, 8, 16),
    ROW("fixed", 136, 8, 11), ONE("cap", 224, 8), ONE("def_type", 232, 8), LAST};

static const struct xsr_hvm_field viridian_domain_fields[] = {
    ONE("hypercall_gpa", 0, 8), ONE("guest_os_id", 8, 8), ONE("time_ref_count", 16, 8),
    ONE("reference_tsc", 24, 8), LAST};

static const struct xsr_hvm_field viridian_vcpu_fields[] = {
    ONE("vp_assist", 0, 8), DEC("apic_assist_pending", 8, 1), ONE("simp", 16, 8), ROW("sint", 24, 8, 16),
    ROW("stimer_config", 152, 8, 4), ROW("stimer_count", 184, 8, 4), LAST};

static const struct xsr_hvm_field xsave_fields[] = {ONE("xfeature_mask", 0, 8), LAST};

static const struct xsr_hvm_field vmce_fields[] = {
    ONE("caps", 0, 8), ONE("bank0_ctl2", 8, 8), ONE("bank1_ctl2", 16, 8), ONE("ext_ctl", 24, 8), LAST};

static const struct xsr_hvm_field tsc_adjust_fields[] = {ONE("tsc_adjust", 0, 8), LAST};
static const struct xsr_hvm_field no_fields[] = {LAST};

/* Payload sizes, and the first release that wrote each: "" for those older than Xen 4.0. */
#define FORM_LAST {0, NULL}
#define FIXED(name, size) static const struct xsr_hvm_form name[] = {{size, ""}, FORM_LAST}

FIXED(end_forms, 0);
FIXED(header_forms, 24);
FIXED(size_8_forms, 8);
FIXED(size_16_forms, 16);
FIXED(ioapic_forms, 400);
FIXED(lapic_regs_forms, 1024);
FIXED(pit_forms, 56);
FIXED(hpet_forms, 1048);
FIXED(mtrr_forms, 240);
static const struct xsr_hvm_form cpu_forms[] = {{1016, ""}, {1024, "4.0"}, {1032, "4.7"}, FORM_LAST};
static const struct xsr_hvm_form lapic_forms[] = {{24, ""}, {32, "4.18.5"}, FORM_LAST};
static const struct xsr_hvm_form rtc_forms[] = {{16, ""}, {24, "4.14"}, FORM_LAST};
static const struct xsr_hvm_form viridian_domain_forms[] = {{16, ""}, {24, "4.5"}, {32, "4.6"}, FORM_LAST};
static const struct xsr_hvm_form viridian_vcpu_forms[] = {{8, ""}, {16, "4.7"}, {216, "4.13"}, FORM_LAST};
static const struct xsr_hvm_form vmce_forms[] = {{8, "4.2"}, {24, "4.3"}, {32, "4.10"}, FORM_LAST};
static const struct xsr_hvm_form tsc_adjust_forms[] = {{8, "4.3"}, FORM_LAST};

static const struct hvm_type types[] = {
    [XSR_HVM_END] = {"END", HVM_DOMAIN, false, end_forms, no_fields},
    [XSR_HVM_HEADER] = {"HEADER", HVM_DOMAIN, false, header_forms, header_fields},
    [XSR_HVM_CPU] = {"CPU", HVM_VCPU, false, cpu_forms, cpu_fields},
    [XSR_HVM_PIC] = {"PIC", HVM_PAIR, true, size_8_forms, pic_fields},
    [XSR_HVM_IOAPIC] = {"IOAPIC", HVM_DOMAIN, true, ioapic_forms, ioapic_fields},
    [XSR_HVM_LAPIC] = {"LAPIC", HVM_VCPU, false, lapic_forms, lapic_fields},
    [XSR_HVM_LAPIC_REGS] = {"LAPIC_REGS", HVM_VCPU, false, lapic_regs_forms, lapic_regs_fields},
    [XSR_HVM_PCI_IRQ] = {"PCI_IRQ", HVM_DOMAIN, false, size_16_forms, pci_irq_fields},
    [XSR_HVM_ISA_IRQ] = {"ISA_IRQ", HVM_DOMAIN, false, size_8_forms, isa_irq_fields},
    [XSR_HVM_PCI_LINK] = {"PCI_LINK", HVM_DOMAIN, false, size_8_forms, pci_link_fields},
    [XSR_HVM_PIT] = {"PIT", HVM_DOMAIN, true, pit_forms, pit_fields},
    [XSR_HVM_RTC] = {"RTC", HVM_DOMAIN, true, rtc_forms, rtc_fields},
    [XSR_HVM_HPET] = {"HPET", HVM_DOMAIN, true, hpet_forms, hpet_fields},
    [XSR_HVM_PMTIMER] = {"PMTIMER", HVM_DOMAIN, true, size_8_forms, pmtimer_fields},
    [XSR_HVM_MTRR] = {"MTRR", HVM_VCPU, false, mtrr_forms, mtrr_fields},
    [XSR_HVM_VIRIDIAN_DOMAIN] = {"VIRIDIAN_DOMAIN", HVM_DOMAIN, false, viridian_domain_forms,
        viridian_domain_fields},
    [XSR_HVM_CPU_XSAVE] = {"CPU_XSAVE", HVM_VCPU, false, NULL, xsave_fields},
    [XSR_HVM_VIRIDIAN_VCPU] = {"VIRIDIAN_VCPU", HVM_VCPU, false, viridian_vcpu_forms, viridian_vcpu_fields},
    [XSR_HVM_VMCE_VCPU] = {"VMCE_VCPU", HVM_VCPU, false, vmce_forms, vmce_fields},
    [XSR_HVM_TSC_ADJUST] = {"TSC_ADJUST", HVM_VCPU, false, tsc_adjust_forms, tsc_adjust_fields},
    [XSR_HVM_CPU_MSR] = {"CPU_MSR", HVM_VCPU, false, NULL, no_fields},
};

_Static_assert(sizeof(types) / sizeof(types[0]) == HVM_TYPES, "a row for each typecode");

const struct hvm_type *hvm_type(uint16_t type)
{
	return type < HVM_TYPES ? &types[type] : NULL;
}

const char *xsr_hvm_entry_name(uint16_t type)
{
	return type < HVM_TYPES ? types[type].name : NULL;
}

bool xsr_hvm_entry_per_vcpu(uint16_t type)
{
	return type < HVM_TYPES && types[type].owner == HVM_VCPU;
}

const struct xsr_hvm_form *xsr_hvm_entry_form(uint16_t type, size_t index)
{
	const struct xsr_hvm_form *form = type < HVM_TYPES ? types[type].forms : NULL;

	while (form && form->since && index--)
		form++;
	return form && form->since ? form : NULL;
}

const struct xsr_hvm_field *xsr_hvm_entry_field(const struct xsr_hvm_entry *entry, size_t index)
{
	const struct xsr_hvm_field *field;

	if (entry->type >= HVM_TYPES)
		return NULL;
	field = types[entry->type].fields;
	if (entry->type == XSR_HVM_CPU && entry->length == XSR_HVM_CPU_SIZE_34)
		field = cpu_34_fields;
	while (field->name && index--)
		field++;
	/* Short forms end earlier: what they lack is as if it were not in the table. */
	if (!field->name || xsr_hvm_field_end(field) > entry->length)
		return NULL;
	return field;
}

uint32_t xsr_hvm_field_end(const struct xsr_hvm_field *field)
{
	return (uint32_t)field->offset + (uint32_t)field->stride * (field->count - 1u) + field->width;
}

uint64_t xsr_hvm_field_value(const struct xsr_hvm_entry *entry, const struct xsr_hvm_field *field, size_t i)
{
	struct reader r = reader_make(entry->payload, entry->have, false);
	uint64_t value;

	if (i >= field->count)
		return 0;
	reader_skip(&r, field->offset + (size_t)field->stride * i);
	switch (field->width) {
	case 1:
		value = reader_u8(&r);
		break;
	case 2:
		value = reader_u16(&r);
		break;
	default:
		value = reader_ulong(&r, field->width);
		break;
	}
	return field->bits ? value >> field->shift & ((UINT64_C(1) << field->bits) - 1) : value;
}

struct xsr_hvm_walk xsr_hvm_context_walk(const void *body, size_t length)
{
	struct xsr_hvm_walk walk = {.body = body, .length = length, .status = XSR_OK};

	return walk;
}

bool xsr_hvm_context_next(struct xsr_hvm_walk *walk, struct xsr_hvm_entry *entry)
{
	struct reader r = reader_make(walk->body, walk->length, false);

	if (walk->ended || walk->status != XSR_OK)
		return false;
	reader_skip(&r, walk->position);
	entry->offset = walk->position;
	entry->type = reader_u16(&r);
	entry->instance = reader_u16(&r);
	entry->length = reader_u32(&r);
	entry->have = entry->length;
	entry->payload = reader_skip(&r, entry->length);
	if (r.failed) {
		walk->status = XSR_E_CORRUPT;
		return false;
	}
	walk->position = r.position;
	walk->ended = entry->type == XSR_HVM_END;
	return true;
}

enum xsr_status xsr_hvm_entry_encode(struct xsr_buffer *out, const struct xsr_hvm_entry *entry)
{
	struct writer w = writer_make(out->data + out->length, out->size - out->length, false);

	if (entry->have != entry->length)
		return XSR_E_MISUSE;
	writer_u16(&w, entry->type);
	writer_u16(&w, entry->instance);
	writer_u32(&w, entry->length);
	writer_bytes(&w, entry->payload, entry->length);
	if (w.failed)
		return XSR_E_LIMIT;
	out->length += w.position;
	return XSR_OK;
}
