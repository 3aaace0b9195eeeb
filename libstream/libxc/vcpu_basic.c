/* SPDX-License-Identifier: MIT */
/*
 * X86_PV_VCPU_BASIC: specs/libxc-stream.md §5.5, §8.1 and §8.2. The layout is written down once, in the walk_…()
 * functions, for reading, writing and showing.
 */
#include "libxc/vcpu_basic.h"

#include <inttypes.h>
#include <string.h>

#include "libxc/vcpu_head.h"
#include "libxc/xsave.h"
#include "pass.h"

#define FLAGS_KNOWN                                                                                                  \
	(XSR_VCPU_I387_VALID | XSR_VCPU_IN_KERNEL | XSR_VCPU_FAILSAFE_DISABLES_EVENTS |                              \
	    XSR_VCPU_SYSCALL_DISABLES_EVENTS | XSR_VCPU_ONLINE)

#define GDT_ENTS_MAX       7168u /* entries above these are Xen's own */
#define GDT_ENTS_PER_FRAME 512u
#define LDT_ENTS_MAX       8192u
#define ASSISTS_32         UINT64_C(0x3f)
#define ASSISTS_64         UINT64_C(0x10000003f)
#define EFLAGS_VM          0x20000u

/* Offsets in the body that findings point at, by width. */
struct offsets {
	uint16_t flags, rip, eflags, rsp, traps, trap_size, trap_address; /* and so on, under their fields' names */
	uint16_t ldt_base, gdt_ents, kernel_sp, cr1, dr6, event_callback, failsafe_callback, vm_assist;
};

static const struct offsets offsets_32 = {
    .flags = 8 + 0x200,
    .rip = 8 + 0x224,
    .eflags = 8 + 0x22c,
    .rsp = 8 + 0x230,
    .traps = 8 + 0x248,
    .trap_size = 8,
    .trap_address = 4,
    .ldt_base = 8 + 0xa48,
    .gdt_ents = 8 + 0xa90,
    .kernel_sp = 8 + 0xa98,
    .cr1 = 8 + 0xaa0,
    .dr6 = 8 + 0xad4,
    .event_callback = 8 + 0xae0,
    .failsafe_callback = 8 + 0xae8,
    .vm_assist = 8 + 0xaec,
};

static const struct offsets offsets_64 = {
    .flags = 8 + 0x200,
    .rip = 8 + 0x288,
    .eflags = 8 + 0x298,
    .rsp = 8 + 0x2a0,
    .traps = 8 + 0x2d0,
    .trap_size = 16,
    .trap_address = 8,
    .ldt_base = 8 + 0x12d0,
    .gdt_ents = 8 + 0x1360,
    .kernel_sp = 8 + 0x1370,
    .cr1 = 8 + 0x1380,
    .dr6 = 8 + 0x13e8,
    .event_callback = 8 + 0x13f8,
    .failsafe_callback = 8 + 0x1400,
    .vm_assist = 8 + 0x1410,
};

/* These three exist in 64-bit guests only. */
#define AT_SYSCALL_CALLBACK (8 + 0x1408u)
#define AT_FS_BASE          (8 + 0x1418u)

static void walk_selector(struct pass *p, const char *key, struct xsr_pv_selector *s)
{
	pass_u16(p, key, &s->value);
	pass_bytes(p, s->padding, p->width - 2);
}

static void walk_selectors(struct pass *p, struct xsr_pv_regs *r)
{
	walk_selector(p, "ss", &r->ss);
	walk_selector(p, "es", &r->es);
	walk_selector(p, "ds", &r->ds);
	walk_selector(p, "fs", &r->fs);
	walk_selector(p, "gs", &r->gs);
}

static void walk_regs_64(struct pass *p, struct xsr_pv_regs *r)
{
	pass_u64(p, "r15", &r->r15);
	pass_u64(p, "r14", &r->r14);
	pass_u64(p, "r13", &r->r13);
	pass_u64(p, "r12", &r->r12);
	pass_u64(p, "rbp", &r->rbp);
	pass_u64(p, "rbx", &r->rbx);
	pass_u64(p, "r11", &r->r11);
	pass_u64(p, "r10", &r->r10);
	pass_u64(p, "r9", &r->r9);
	pass_u64(p, "r8", &r->r8);
	pass_u64(p, "rax", &r->rax);
	pass_u64(p, "rcx", &r->rcx);
	pass_u64(p, "rdx", &r->rdx);
	pass_u64(p, "rsi", &r->rsi);
	pass_u64(p, "rdi", &r->rdi);
	pass_half(p, "error_code", &r->error_code);
	pass_half(p, "entry_vector", &r->entry_vector);
	pass_u64(p, "rip", &r->rip);
	pass_u16(p, "cs", &r->cs);
	pass_bytes(p, r->cs_padding, 2);
	pass_u8(p, "saved_upcall_mask", &r->saved_upcall_mask);
	pass_bytes(p, r->cs_padding + 2, 3);
	pass_u64(p, "rflags", &r->rflags);
	pass_u64(p, "rsp", &r->rsp);
	walk_selectors(p, r);
}

static void walk_regs_32(struct pass *p, struct xsr_pv_regs *r)
{
	pass_ulong(p, "ebx", &r->rbx);
	pass_ulong(p, "ecx", &r->rcx);
	pass_ulong(p, "edx", &r->rdx);
	pass_ulong(p, "esi", &r->rsi);
	pass_ulong(p, "edi", &r->rdi);
	pass_ulong(p, "ebp", &r->rbp);
	pass_ulong(p, "eax", &r->rax);
	pass_half(p, "error_code", &r->error_code);
	pass_half(p, "entry_vector", &r->entry_vector);
	pass_ulong(p, "eip", &r->rip);
	pass_u16(p, "cs", &r->cs);
	pass_u8(p, "saved_upcall_mask", &r->saved_upcall_mask);
	pass_bytes(p, r->cs_padding, 1);
	pass_ulong(p, "eflags", &r->rflags);
	pass_ulong(p, "esp", &r->rsp);
	walk_selectors(p, r);
}

static void walk_regs(struct pass *p, struct xsr_pv_regs *r)
{
	pass_begin(p, "user_regs", false);
	if (p->width == 4)
		walk_regs_32(p, r);
	else
		walk_regs_64(p, r);
	pass_end(p);
}

static void walk_trap(struct pass *p, struct xsr_pv_trap *t)
{
	/* Most of the table is empty; shown it would be longer than all else. */
	if (p->mode == PASS_SHOW && !t->address && !t->cs)
		return;
	pass_begin(p, NULL, false);
	pass_u8(p, "vector", &t->vector);
	pass_u8(p, "flags", &t->flags);
	pass_u16(p, "cs", &t->cs);
	pass_bytes(p, t->padding, p->width - 4);
	pass_ulong(p, "address", &t->address);
	pass_end(p);
}

static void walk_callbacks(struct pass *p, struct xsr_vcpu_basic *vcpu)
{
	if (p->width == 4) {
		pass_ulong(p, "event_callback_cs", &vcpu->event_callback_cs);
		pass_ulong(p, "event_callback_eip", &vcpu->event_callback_eip);
		pass_ulong(p, "failsafe_callback_cs", &vcpu->failsafe_callback_cs);
		pass_ulong(p, "failsafe_callback_eip", &vcpu->failsafe_callback_eip);
		pass_ulong(p, "vm_assist", &vcpu->vm_assist);
		return;
	}
	pass_ulong(p, "event_callback_eip", &vcpu->event_callback_eip);
	pass_ulong(p, "failsafe_callback_eip", &vcpu->failsafe_callback_eip);
	pass_ulong(p, "syscall_callback_eip", &vcpu->syscall_callback_eip);
	pass_ulong(p, "vm_assist", &vcpu->vm_assist);
	pass_ulong(p, "fs_base", &vcpu->fs_base);
	pass_ulong(p, "gs_base_kernel", &vcpu->gs_base_kernel);
	pass_ulong(p, "gs_base_user", &vcpu->gs_base_user);
}

static void walk(struct pass *p, struct xsr_vcpu_basic *vcpu)
{
	if (p->mode == PASS_SHOW)
		fxsave_describe(p->v, "fpu", vcpu->fpu);
	pass_bytes(p, vcpu->fpu, sizeof(vcpu->fpu));
	pass_ulong(p, "flags", &vcpu->flags);
	walk_regs(p, &vcpu->regs);
	pass_begin(p, "trap_table", true);
	for (unsigned i = 0; i < XSR_VCPU_TRAPS; i++)
		walk_trap(p, &vcpu->traps[i]);
	pass_end(p);
	pass_ulong(p, "ldt_base", &vcpu->ldt_base);
	pass_ulong(p, "ldt_ents", &vcpu->ldt_ents);
	pass_ulongs(p, "gdt_frames", vcpu->gdt_frames, XSR_VCPU_GDT_FRAMES);
	pass_ulong(p, "gdt_ents", &vcpu->gdt_ents);
	pass_ulong(p, "kernel_ss", &vcpu->kernel_ss);
	pass_ulong(p, "kernel_sp", &vcpu->kernel_sp);
	pass_ulongs(p, "ctrlreg", vcpu->ctrlreg, 8);
	pass_ulongs(p, "debugreg", vcpu->debugreg, 8);
	walk_callbacks(p, vcpu);
}

enum xsr_status xsr_vcpu_basic_decode(const void *body, size_t length, bool big_endian, struct xsr_vcpu_basic *vcpu)
{
	struct pass p;

	if (length != XSR_VCPU_BASIC_SIZE_32 && length != XSR_VCPU_BASIC_SIZE_64)
		return XSR_E_CORRUPT;
	memset(vcpu, 0, sizeof(*vcpu));
	vcpu->head = vcpu_head_read(body, length, big_endian);
	vcpu->width = length == XSR_VCPU_BASIC_SIZE_32 ? 4 : 8;
	p = pass_read((const uint8_t *)body + XSR_VCPU_HEAD_SIZE, length - XSR_VCPU_HEAD_SIZE, false, vcpu->width);
	walk(&p, vcpu);
	return pass_failed(&p) ? XSR_E_CORRUPT : XSR_OK;
}

enum xsr_status xsr_vcpu_basic_encode(struct xsr_buffer *out, bool big_endian, const struct xsr_vcpu_basic *vcpu)
{
	struct xsr_vcpu_basic copy = *vcpu; /* a walk cannot promise to leave its structure alone */
	size_t start = out->length;
	size_t length = (vcpu->width == 4 ? XSR_VCPU_BASIC_SIZE_32 : XSR_VCPU_BASIC_SIZE_64) - XSR_VCPU_HEAD_SIZE;
	enum xsr_status status;
	struct pass p;

	if (vcpu->width != 4 && vcpu->width != 8)
		return XSR_E_MISUSE;
	status = vcpu_head_write(out, &vcpu->head, length, big_endian);
	if (status != XSR_OK)
		return status;
	p = pass_write(out->data + out->length, length, false, vcpu->width);
	walk(&p, &copy);
	if (pass_failed(&p)) {
		out->length = start;
		return XSR_E_MISUSE;
	}
	out->length += length;
	return XSR_OK;
}

/* 32-bit guests have frame numbers of up to 32 bits in a register of 32: the top ones move to the bottom. */
uint64_t xsr_vcpu_basic_cr3(const struct xsr_vcpu_basic *vcpu)
{
	uint64_t cr3 = vcpu->ctrlreg[3];

	if (vcpu->width == 8)
		return cr3 >> 12;
	return (uint32_t)(cr3 >> 12 | cr3 << 20);
}

bool xsr_vcpu_basic_cr1(const struct xsr_vcpu_basic *vcpu, uint64_t *pfn)
{
	if (vcpu->width != 8 || !(vcpu->ctrlreg[1] & 1))
		return false;
	*pfn = vcpu->ctrlreg[1] >> 12;
	return true;
}

unsigned xsr_vcpu_basic_gdt_used(const struct xsr_vcpu_basic *vcpu)
{
	if (vcpu->gdt_ents > (uint64_t)XSR_VCPU_GDT_FRAMES * GDT_ENTS_PER_FRAME)
		return XSR_VCPU_GDT_FRAMES;
	return (unsigned)((vcpu->gdt_ents + GDT_ENTS_PER_FRAME - 1) / GDT_ENTS_PER_FRAME);
}

static void check_canonical(const struct check *c, uint64_t at, const char *field, uint64_t address)
{
	if (!canonical(address))
		check_report(c, F_VCPU_BASIC_CANONICAL, at, field, "a canonical address", "0x%" PRIx64, address);
}

static void check_addresses(const struct check *c, const struct xsr_vcpu_basic *vcpu)
{
	const struct offsets *at = &offsets_64;

	check_canonical(c, at->rip, "rip", vcpu->regs.rip);
	check_canonical(c, at->rsp, "rsp", vcpu->regs.rsp);
	for (unsigned i = 0; i < XSR_VCPU_TRAPS; i++)
		check_canonical(c, at->traps + (uint64_t)i * at->trap_size + at->trap_address, "trap_table",
		    vcpu->traps[i].address);
	if (vcpu->ldt_ents)
		check_canonical(c, at->ldt_base, "ldt_base", vcpu->ldt_base);
	check_canonical(c, at->kernel_sp, "kernel_sp", vcpu->kernel_sp);
	check_canonical(c, at->event_callback, "event_callback_eip", vcpu->event_callback_eip);
	check_canonical(c, at->failsafe_callback, "failsafe_callback_eip", vcpu->failsafe_callback_eip);
	check_canonical(c, AT_SYSCALL_CALLBACK, "syscall_callback_eip", vcpu->syscall_callback_eip);
	check_canonical(c, AT_FS_BASE, "fs_base", vcpu->fs_base);
	check_canonical(c, AT_FS_BASE + 8, "gs_base_kernel", vcpu->gs_base_kernel);
	check_canonical(c, AT_FS_BASE + 16, "gs_base_user", vcpu->gs_base_user);
}

static void check_flags(const struct check *c, const struct xsr_vcpu_basic *vcpu, const struct offsets *at)
{
	if (!(vcpu->flags & XSR_VCPU_ONLINE))
		check_report(c, F_VCPU_BASIC_FLAGS, at->flags, "flags", "bit 5, online", "0x%" PRIx64, vcpu->flags);
	else if (vcpu->flags & ~(uint64_t)FLAGS_KNOWN)
		check_report(c, F_VCPU_BASIC_FLAGS, at->flags, "flags", "bits 0 and 2 to 5", "0x%" PRIx64,
		    vcpu->flags);
}

static void check_tables(const struct check *c, const struct xsr_vcpu_basic *vcpu, const struct offsets *at)
{
	if (vcpu->ldt_base % XSR_PAGE_SIZE)
		check_report(c, F_VCPU_BASIC_LDT, at->ldt_base, "ldt_base", "the beginning of a page", "0x%" PRIx64,
		    vcpu->ldt_base);
	if (vcpu->ldt_ents > LDT_ENTS_MAX)
		check_report(c, F_VCPU_BASIC_LDT, at->ldt_base + (uint64_t)vcpu->width, "ldt_ents", "at most 8192",
		    "%" PRIu64, vcpu->ldt_ents);
	if (vcpu->gdt_ents > GDT_ENTS_MAX)
		check_report(c, F_VCPU_BASIC_GDT, at->gdt_ents, "gdt_ents", "at most 7168", "%" PRIu64,
		    vcpu->gdt_ents);
}

/* Which assists exist depends on the width; Xen asks vCPU 0 only. */
static void check_assists(const struct check *c, const struct xsr_vcpu_basic *vcpu, const struct offsets *at)
{
	uint64_t known = vcpu->width == 4 ? ASSISTS_32 : ASSISTS_64;

	if (!vcpu->head.vcpu_id && vcpu->vm_assist & ~known)
		check_report(c, F_VCPU_BASIC_VM_ASSIST, at->vm_assist, "vm_assist",
		    vcpu->width == 4 ? "bits 0 to 5" : "bits 0 to 5 and 32", "0x%" PRIx64, vcpu->vm_assist);
}

/* What only later releases of Xen refuse. */
static void check_late(const struct check *c, const struct xsr_vcpu_basic *vcpu, const struct offsets *at)
{
	for (unsigned i = 6; i < 8; i++)
		if (vcpu->debugreg[i] >> 32)
			check_report(c, F_VCPU_BASIC_DEBUGREG, at->dr6 + (i - 6) * (uint64_t)vcpu->width, "debugreg",
			    "below 2^32", "0x%" PRIx64 " in register %u", vcpu->debugreg[i], i);
	if (vcpu->width == 4 && vcpu->regs.rflags & EFLAGS_VM)
		check_report(c, F_VCPU_BASIC_EFLAGS, at->eflags, "eflags", "bit 17, VM, clear", "0x%" PRIx64,
		    vcpu->regs.rflags);
}

/* The bits below the pfn, in a 64-bit guest; whether the pfn is good is seen at the end of the stream. */
static void check_page_table_registers(const struct check *c, const struct xsr_vcpu_basic *vcpu,
    const struct offsets *at)
{
	uint64_t cr1 = vcpu->ctrlreg[1], cr3 = vcpu->ctrlreg[3];

	if (cr3 % XSR_PAGE_SIZE)
		check_report(c, F_VCPU_BASIC_CR3, at->cr1 + 2u * 8, "ctrlreg[3]", "bits 11 to 0 clear", "0x%" PRIx64,
		    cr3);
	if (cr1 && cr1 % XSR_PAGE_SIZE != 1)
		check_report(c, F_VCPU_BASIC_CR1, at->cr1, "ctrlreg[1]", "0, or bit 0 set and bits 11 to 1 clear",
		    "0x%" PRIx64, cr1);
	if (!cr1 && !(vcpu->flags & XSR_VCPU_IN_KERNEL))
		check_report(c, F_VCPU_BASIC_CR1, at->cr1, "ctrlreg[1]", "a page table, for a vCPU in user mode", "0");
}

static void check_contents(const struct check *c, const struct xsr_vcpu_basic *vcpu)
{
	const struct offsets *at = vcpu->width == 4 ? &offsets_32 : &offsets_64;

	if (c->facts->width && c->facts->width != vcpu->width)
		check_report(c, F_VCPU_BASIC_WIDTH, XSR_VCPU_HEAD_SIZE, "context",
		    c->facts->width == 4 ? "2800 bytes for a 32-bit guest" : "5168 bytes for a 64-bit guest",
		    "%" PRIu32 " bytes", c->record->length - XSR_VCPU_HEAD_SIZE);
	check_flags(c, vcpu, at);
	check_tables(c, vcpu, at);
	check_assists(c, vcpu, at);
	check_late(c, vcpu, at);
	if (vcpu->width != 8)
		return;
	check_addresses(c, vcpu);
	check_page_table_registers(c, vcpu, at);
}

static void check(const struct check *c, const uint8_t *body, size_t length)
{
	struct xsr_vcpu_basic vcpu;

	if (xsr_vcpu_basic_decode(body, length, c->record->big_endian, &vcpu) != XSR_OK)
		return;
	vcpu_head_check(c, &vcpu.head, F_VCPU_BASIC_RESERVED);
	if (vcpu.head.vcpu_id >= VCPU_IDS)
		check_report(c, F_VCPU_BASIC_VCPU_ID, 0, "vcpu_id", "at most 8191", "%" PRIu32, vcpu.head.vcpu_id);
	if (c->depth >= XSR_DEPTH_STREAM)
		check_contents(c, &vcpu);
}

static void describe(const struct xsr_visitor *v, const struct image_facts *facts, bool big_endian,
    const uint8_t *body, size_t length)
{
	struct xsr_vcpu_basic vcpu;
	struct pass p;

	(void)facts;
	if (xsr_vcpu_basic_decode(body, length, big_endian, &vcpu) != XSR_OK)
		return;
	vcpu_head_describe(v, &vcpu.head);
	v->number(v->context, "guest_width", vcpu.width, XSR_DECIMAL);
	v->number(v->context, "cr3_pfn", xsr_vcpu_basic_cr3(&vcpu), XSR_HEXADECIMAL);
	p = pass_show(v, vcpu.width);
	walk(&p, &vcpu);
}

static bool recode(const struct image_facts *facts, bool big_endian, const uint8_t *body, size_t length,
    struct xsr_buffer *out)
{
	struct xsr_vcpu_basic vcpu;

	(void)facts;
	return xsr_vcpu_basic_decode(body, length, big_endian, &vcpu) == XSR_OK &&
	    xsr_vcpu_basic_encode(out, big_endian, &vcpu) == XSR_OK;
}

const struct record_family vcpu_basic_family = {
    .layer = XSR_LAYER_LIBXC,
    .type = XSR_LIBXC_X86_PV_VCPU_BASIC,
    .guests = GUEST_PV,
    .min_length = XSR_VCPU_BASIC_SIZE_32,
    .max_length = XSR_VCPU_BASIC_SIZE_64,
    .multiple = XSR_VCPU_BASIC_SIZE_64 - XSR_VCPU_BASIC_SIZE_32,
    .bad_length = F_VCPU_BASIC_LENGTH,
    .check = check,
    .describe = describe,
    .recode = recode,
};
