/* SPDX-License-Identifier: MIT */
/*
 * X86_PV_VCPU_BASIC: both widths. Offsets are written down here a second time, from specs/libxc-stream.md §8.1 and
 * §8.2: the library's layout is a sequence of fields, this one a table of numbers.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libstream/records.h>

#include "body.h"
#include "unit.h"

#define HEAD    8u
#define SIZE_32 (HEAD + 2800u)
#define SIZE_64 (HEAD + 5168u)
#define KERNEL  UINT64_C(0xffffffff80000000)

static struct body body_of(const uint8_t *bytes, unsigned width, bool big_endian)
{
	struct body b = {.layer = XSR_LAYER_LIBXC, .type = XSR_LIBXC_X86_PV_VCPU_BASIC, .data = bytes,
	    .length = width == 4 ? SIZE_32 : SIZE_64, .big_endian = big_endian, .depth = XSR_DEPTH_STREAM,
	    .facts = {.width = width, .levels = width == 4 ? 3 : 4, .has_domain = true, .xen_major = 4,
	    .xen_minor = 17}};

	return b;
}

/* A vCPU in its kernel, online, with a GDT of one page and page tables. */
static void make_64(uint8_t *bytes, uint32_t vcpu_id, bool big_endian)
{
	uint8_t *c = bytes + HEAD;

	memset(bytes, 0, SIZE_64);
	body_put(bytes, vcpu_id, 4, big_endian);
	body_put(c + 0x200, 0x25, 8, false);
	body_put(c + 0x288, KERNEL + 0x1000, 8, false);
	body_put(c + 0x2a0, KERNEL + 0x2000, 8, false);
	body_put(c + 0x12e0, 4, 8, false);
	body_put(c + 0x1360, 32, 8, false);
	body_put(c + 0x1370, KERNEL + 0x3000, 8, false);
	body_put(c + 0x1380, 10 << 12 | 1, 8, false);
	body_put(c + 0x1390, 6 << 12, 8, false);
}

static void make_32(uint8_t *bytes, uint32_t vcpu_id, bool big_endian)
{
	uint8_t *c = bytes + HEAD;

	memset(bytes, 0, SIZE_32);
	body_put(bytes, vcpu_id, 4, big_endian);
	body_put(c + 0x200, 0x25, 4, false);
	body_put(c + 0xa50, 4, 4, false);
	body_put(c + 0xa90, 32, 4, false);
	body_put(c + 0xaa8, 0x00106000, 4, false);
}

/* Every byte different from its neighbours: any field at a wrong place gives a wrong value. */
static void fill(uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(i * 7 + (i >> 8) * 31 + 1);
}

static uint64_t value_at(const uint8_t *bytes, size_t at, unsigned width)
{
	uint64_t value = 0;

	for (unsigned i = width; i-- > 0;)
		value = value << 8 | bytes[HEAD + at + i];
	return value;
}

START_TEST(layout_64)
{
	static uint8_t bytes[SIZE_64];
	static struct xsr_vcpu_basic v;

	fill(bytes, sizeof(bytes));
	ck_assert_int_eq(xsr_vcpu_basic_decode(bytes, sizeof(bytes), true, &v), XSR_OK);
	ck_assert_uint_eq(v.head.vcpu_id, 0x01080f16);
	ck_assert_uint_eq(v.head.reserved, 0x1d242b32);
	ck_assert_int_eq(xsr_vcpu_basic_decode(bytes, sizeof(bytes), false, &v), XSR_OK);
	ck_assert_uint_eq(v.head.vcpu_id, 0x160f0801);
	ck_assert_uint_eq(v.width, 8);
	ck_assert_mem_eq(v.fpu, bytes + HEAD, 512);
	ck_assert_uint_eq(v.flags, value_at(bytes, 0x200, 8));
	ck_assert_uint_eq(v.regs.r15, value_at(bytes, 0x208, 8));
	ck_assert_uint_eq(v.regs.r12, value_at(bytes, 0x220, 8));
	ck_assert_uint_eq(v.regs.rbp, value_at(bytes, 0x228, 8));
	ck_assert_uint_eq(v.regs.rbx, value_at(bytes, 0x230, 8));
	ck_assert_uint_eq(v.regs.r11, value_at(bytes, 0x238, 8));
	ck_assert_uint_eq(v.regs.r8, value_at(bytes, 0x250, 8));
	ck_assert_uint_eq(v.regs.rax, value_at(bytes, 0x258, 8));
	ck_assert_uint_eq(v.regs.rcx, value_at(bytes, 0x260, 8));
	ck_assert_uint_eq(v.regs.rdx, value_at(bytes, 0x268, 8));
	ck_assert_uint_eq(v.regs.rsi, value_at(bytes, 0x270, 8));
	ck_assert_uint_eq(v.regs.rdi, value_at(bytes, 0x278, 8));
	ck_assert_uint_eq(v.regs.error_code, value_at(bytes, 0x280, 4));
	ck_assert_uint_eq(v.regs.entry_vector, value_at(bytes, 0x284, 4));
	ck_assert_uint_eq(v.regs.rip, value_at(bytes, 0x288, 8));
	ck_assert_uint_eq(v.regs.cs, value_at(bytes, 0x290, 2));
	ck_assert_uint_eq(v.regs.saved_upcall_mask, value_at(bytes, 0x294, 1));
	ck_assert_uint_eq(v.regs.rflags, value_at(bytes, 0x298, 8));
	ck_assert_uint_eq(v.regs.rsp, value_at(bytes, 0x2a0, 8));
	ck_assert_uint_eq(v.regs.ss.value, value_at(bytes, 0x2a8, 2));
	ck_assert_uint_eq(v.regs.es.value, value_at(bytes, 0x2b0, 2));
	ck_assert_uint_eq(v.regs.ds.value, value_at(bytes, 0x2b8, 2));
	ck_assert_uint_eq(v.regs.fs.value, value_at(bytes, 0x2c0, 2));
	ck_assert_uint_eq(v.regs.gs.value, value_at(bytes, 0x2c8, 2));
	for (unsigned i = 0; i < 256; i++) {
		ck_assert_uint_eq(v.traps[i].vector, value_at(bytes, 0x2d0 + 16 * i, 1));
		ck_assert_uint_eq(v.traps[i].flags, value_at(bytes, 0x2d1 + 16 * i, 1));
		ck_assert_uint_eq(v.traps[i].cs, value_at(bytes, 0x2d2 + 16 * i, 2));
		ck_assert_uint_eq(v.traps[i].address, value_at(bytes, 0x2d8 + 16 * i, 8));
	}
	ck_assert_uint_eq(v.ldt_base, value_at(bytes, 0x12d0, 8));
	ck_assert_uint_eq(v.ldt_ents, value_at(bytes, 0x12d8, 8));
	for (unsigned i = 0; i < 16; i++)
		ck_assert_uint_eq(v.gdt_frames[i], value_at(bytes, 0x12e0 + 8 * i, 8));
	ck_assert_uint_eq(v.gdt_ents, value_at(bytes, 0x1360, 8));
	ck_assert_uint_eq(v.kernel_ss, value_at(bytes, 0x1368, 8));
	ck_assert_uint_eq(v.kernel_sp, value_at(bytes, 0x1370, 8));
	for (unsigned i = 0; i < 8; i++) {
		ck_assert_uint_eq(v.ctrlreg[i], value_at(bytes, 0x1378 + 8 * i, 8));
		ck_assert_uint_eq(v.debugreg[i], value_at(bytes, 0x13b8 + 8 * i, 8));
	}
	ck_assert_uint_eq(v.event_callback_eip, value_at(bytes, 0x13f8, 8));
	ck_assert_uint_eq(v.failsafe_callback_eip, value_at(bytes, 0x1400, 8));
	ck_assert_uint_eq(v.syscall_callback_eip, value_at(bytes, 0x1408, 8));
	ck_assert_uint_eq(v.vm_assist, value_at(bytes, 0x1410, 8));
	ck_assert_uint_eq(v.fs_base, value_at(bytes, 0x1418, 8));
	ck_assert_uint_eq(v.gs_base_kernel, value_at(bytes, 0x1420, 8));
	ck_assert_uint_eq(v.gs_base_user, value_at(bytes, 0x1428, 8));
}
END_TEST

START_TEST(layout_32)
{
	static uint8_t bytes[SIZE_32];
	static struct xsr_vcpu_basic v;

	fill(bytes, sizeof(bytes));
	ck_assert_int_eq(xsr_vcpu_basic_decode(bytes, sizeof(bytes), false, &v), XSR_OK);
	ck_assert_uint_eq(v.width, 4);
	ck_assert_mem_eq(v.fpu, bytes + HEAD, 512);
	ck_assert_uint_eq(v.flags, value_at(bytes, 0x200, 4));
	ck_assert_uint_eq(v.regs.rbx, value_at(bytes, 0x204, 4));
	ck_assert_uint_eq(v.regs.rcx, value_at(bytes, 0x208, 4));
	ck_assert_uint_eq(v.regs.rdx, value_at(bytes, 0x20c, 4));
	ck_assert_uint_eq(v.regs.rsi, value_at(bytes, 0x210, 4));
	ck_assert_uint_eq(v.regs.rdi, value_at(bytes, 0x214, 4));
	ck_assert_uint_eq(v.regs.rbp, value_at(bytes, 0x218, 4));
	ck_assert_uint_eq(v.regs.rax, value_at(bytes, 0x21c, 4));
	ck_assert_uint_eq(v.regs.error_code, value_at(bytes, 0x220, 2));
	ck_assert_uint_eq(v.regs.entry_vector, value_at(bytes, 0x222, 2));
	ck_assert_uint_eq(v.regs.rip, value_at(bytes, 0x224, 4));
	ck_assert_uint_eq(v.regs.cs, value_at(bytes, 0x228, 2));
	ck_assert_uint_eq(v.regs.saved_upcall_mask, value_at(bytes, 0x22a, 1));
	ck_assert_uint_eq(v.regs.rflags, value_at(bytes, 0x22c, 4));
	ck_assert_uint_eq(v.regs.rsp, value_at(bytes, 0x230, 4));
	ck_assert_uint_eq(v.regs.ss.value, value_at(bytes, 0x234, 2));
	ck_assert_uint_eq(v.regs.es.value, value_at(bytes, 0x238, 2));
	ck_assert_uint_eq(v.regs.ds.value, value_at(bytes, 0x23c, 2));
	ck_assert_uint_eq(v.regs.fs.value, value_at(bytes, 0x240, 2));
	ck_assert_uint_eq(v.regs.gs.value, value_at(bytes, 0x244, 2));
	ck_assert_uint_eq(v.regs.r15, 0);
	for (unsigned i = 0; i < 256; i++) {
		ck_assert_uint_eq(v.traps[i].vector, value_at(bytes, 0x248 + 8 * i, 1));
		ck_assert_uint_eq(v.traps[i].flags, value_at(bytes, 0x249 + 8 * i, 1));
		ck_assert_uint_eq(v.traps[i].cs, value_at(bytes, 0x24a + 8 * i, 2));
		ck_assert_uint_eq(v.traps[i].address, value_at(bytes, 0x24c + 8 * i, 4));
	}
	ck_assert_uint_eq(v.ldt_base, value_at(bytes, 0xa48, 4));
	ck_assert_uint_eq(v.ldt_ents, value_at(bytes, 0xa4c, 4));
	for (unsigned i = 0; i < 16; i++)
		ck_assert_uint_eq(v.gdt_frames[i], value_at(bytes, 0xa50 + 4 * i, 4));
	ck_assert_uint_eq(v.gdt_ents, value_at(bytes, 0xa90, 4));
	ck_assert_uint_eq(v.kernel_ss, value_at(bytes, 0xa94, 4));
	ck_assert_uint_eq(v.kernel_sp, value_at(bytes, 0xa98, 4));
	for (unsigned i = 0; i < 8; i++) {
		ck_assert_uint_eq(v.ctrlreg[i], value_at(bytes, 0xa9c + 4 * i, 4));
		ck_assert_uint_eq(v.debugreg[i], value_at(bytes, 0xabc + 4 * i, 4));
	}
	ck_assert_uint_eq(v.event_callback_cs, value_at(bytes, 0xadc, 4));
	ck_assert_uint_eq(v.event_callback_eip, value_at(bytes, 0xae0, 4));
	ck_assert_uint_eq(v.failsafe_callback_cs, value_at(bytes, 0xae4, 4));
	ck_assert_uint_eq(v.failsafe_callback_eip, value_at(bytes, 0xae8, 4));
	ck_assert_uint_eq(v.vm_assist, value_at(bytes, 0xaec, 4));
	ck_assert_uint_eq(v.syscall_callback_eip, 0);
	ck_assert_uint_eq(v.gs_base_user, 0);
}
END_TEST

START_TEST(nothing_is_lost)
{
	static uint8_t bytes[SIZE_64];
	static struct xsr_vcpu_basic v;

	fill(bytes, sizeof(bytes));
	for (int big = 0; big < 2; big++) {
		struct body wide = body_of(bytes, 8, big), narrow = body_of(bytes, 4, big);

		body_recodes(&wide);
		body_recodes(&narrow);
	}
	for (size_t length = 0; length < SIZE_64 + 16; length++)
		ck_assert_int_eq(xsr_vcpu_basic_decode(bytes, length == SIZE_64 + 1 ? 0 : length, false, &v),
		    length == SIZE_32 || length == SIZE_64 ? XSR_OK : XSR_E_CORRUPT);
}
END_TEST

START_TEST(values_too_wide_are_refused)
{
	static uint8_t bytes[SIZE_64], room[SIZE_64];
	static struct xsr_vcpu_basic v;
	struct xsr_buffer out = {.data = room, .size = sizeof(room)};

	make_32(bytes, 0, false);
	ck_assert_int_eq(xsr_vcpu_basic_decode(bytes, SIZE_32, false, &v), XSR_OK);
	v.regs.rip = UINT64_C(0x100000000);
	ck_assert_int_eq(xsr_vcpu_basic_encode(&out, false, &v), XSR_E_MISUSE);
	ck_assert_uint_eq(out.length, 0);
	v.regs.rip = 0;
	v.width = 5;
	ck_assert_int_eq(xsr_vcpu_basic_encode(&out, false, &v), XSR_E_MISUSE);
	v.width = 4;
	ck_assert_int_eq(xsr_vcpu_basic_encode(&out, false, &v), XSR_OK);
	ck_assert_uint_eq(out.length, SIZE_32);
}
END_TEST

START_TEST(pfns_of_registers)
{
	static struct xsr_vcpu_basic v;
	uint64_t pfn = 77;

	v.width = 8;
	v.ctrlreg[3] = UINT64_C(0x12345678000);
	v.ctrlreg[1] = 0xabc001;
	ck_assert_uint_eq(xsr_vcpu_basic_cr3(&v), 0x12345678);
	ck_assert(xsr_vcpu_basic_cr1(&v, &pfn));
	ck_assert_uint_eq(pfn, 0xabc);
	v.ctrlreg[1] = 0;
	ck_assert(!xsr_vcpu_basic_cr1(&v, &pfn));
	v.width = 4;
	v.ctrlreg[3] = 0x45678123; /* pfn 0x12345678, its upper 12 bits at the bottom */
	v.ctrlreg[1] = 1;
	ck_assert_uint_eq(xsr_vcpu_basic_cr3(&v), 0x12345678);
	ck_assert(!xsr_vcpu_basic_cr1(&v, &pfn));
	for (uint64_t ents = 0; ents <= 8192; ents++) {
		v.gdt_ents = ents;
		ck_assert_uint_eq(xsr_vcpu_basic_gdt_used(&v), (ents + 511) / 512);
	}
	v.gdt_ents = UINT64_MAX;
	ck_assert_uint_eq(xsr_vcpu_basic_gdt_used(&v), 16);
}
END_TEST

START_TEST(good_contexts)
{
	static uint8_t bytes[SIZE_64];

	for (int big = 0; big < 2; big++) {
		struct body b = body_of(bytes, 8, big);

		make_64(bytes, 0, big);
		body_expect(&b, "");
		make_64(bytes, 8191, big);
		body_expect(&b, "");
		b = body_of(bytes, 4, big);
		make_32(bytes, 3, big);
		body_expect(&b, "");
		/* Without X86_PV_INFO the size tells the width. */
		b.facts.width = 0;
		body_expect(&b, "");
	}
}
END_TEST

START_TEST(lengths)
{
	static uint8_t bytes[SIZE_64 + 16];
	static const size_t bad[] = {0, 8, SIZE_32 - 1, SIZE_32 + 1, SIZE_64 - 8, SIZE_64 + 8};
	struct body b = body_of(bytes, 8, false);

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		b.length = bad[i];
		b.depth = XSR_DEPTH_RECORD;
		body_expect(&b, "vcpu_basic.length -\n");
	}
}
END_TEST

START_TEST(heads)
{
	static uint8_t bytes[SIZE_64];

	for (int big = 0; big < 2; big++) {
		struct body b = body_of(bytes, 8, big);

		b.depth = XSR_DEPTH_RECORD;
		make_64(bytes, 8192, big);
		body_expect(&b, "vcpu_basic.vcpu_id 0\n");
		make_64(bytes, UINT32_MAX, big);
		body_expect(&b, "vcpu_basic.vcpu_id 0\n");
		make_64(bytes, 0, big);
		body_put(bytes + 4, 0x1000000, 4, big);
		body_expect(&b, "vcpu_basic.reserved 4\n");
	}
}
END_TEST

START_TEST(other_width)
{
	static uint8_t bytes[SIZE_64];
	struct body b = body_of(bytes, 8, false);

	make_64(bytes, 0, false);
	b.facts.width = 4;
	body_expect(&b, "vcpu_basic.width 8\n");
	make_32(bytes, 0, false);
	b = body_of(bytes, 4, false);
	b.facts.width = 8;
	body_expect(&b, "vcpu_basic.width 8\n");
	b.depth = XSR_DEPTH_RECORD;
	body_expect(&b, "");
}
END_TEST

/* One number changed in a good context, and what comes of it. */
struct spoiled {
	uint16_t at;          /* in the context */
	uint8_t width;        /* of the number */
	uint64_t value;       /* the number */
	const char *findings; /* expected */
};

static void expect_spoiled(unsigned width, const struct spoiled *s)
{
	static uint8_t bytes[SIZE_64];
	struct body b = body_of(bytes, width, false);

	if (width == 8)
		make_64(bytes, 0, false);
	else
		make_32(bytes, 0, false);
	body_put(bytes + HEAD + s->at, s->value, s->width, false);
	body_expect(&b, s->findings);
	b.depth = XSR_DEPTH_RECORD;
	body_expect(&b, "");
}

START_TEST(contents_64)
{
	static const struct spoiled cases[] = {
	    {0x200, 8, 0x05, "vcpu_basic.flags 520\n"},
	    {0x200, 8, 0x65, "vcpu_basic.flags 520\n"},
	    {0x200, 8, 0x3d, ""},
	    {0x200, 8, 0x21, ""},
	    {0x288, 8, UINT64_C(0x800000000000), "vcpu_basic.canonical 656\n"},
	    {0x288, 8, UINT64_C(0x7fffffffffff), ""},
	    {0x2a0, 8, UINT64_C(0xffff7fffffffffff), "vcpu_basic.canonical 680\n"},
	    {0x2a0, 8, UINT64_C(0xffff800000000000), ""},
	    {0x2d8, 8, UINT64_C(1) << 63, "vcpu_basic.canonical 736\n"},
	    {0x12c8, 8, UINT64_C(1) << 63, "vcpu_basic.canonical 4816\n"}, /* trap 255 */
	    {0x12d0, 8, 0x1001, "vcpu_basic.ldt 4824\n"},
	    {0x12d0, 8, UINT64_C(1) << 63, ""}, /* no entries, so nobody looks */
	    {0x12d8, 8, 8192, ""},
	    {0x12d8, 8, 8193, "vcpu_basic.ldt 4832\n"},
	    {0x1360, 8, 7168, ""},
	    {0x1360, 8, 7169, "vcpu_basic.gdt 4968\n"},
	    {0x1360, 8, UINT64_MAX, "vcpu_basic.gdt 4968\n"},
	    {0x1370, 8, UINT64_C(1) << 62, "vcpu_basic.canonical 4984\n"},
	    {0x1380, 8, 0, ""},
	    {0x1380, 8, 10 << 12, "vcpu_basic.cr1 5000\n"},
	    {0x1380, 8, 10 << 12 | 3, "vcpu_basic.cr1 5000\n"},
	    {0x1390, 8, 6 << 12 | 0x18, "vcpu_basic.cr3 5016\n"},
	    {0x13e8, 8, UINT64_C(1) << 32, "vcpu_basic.debugreg 5104\n"},
	    {0x13f0, 8, UINT64_C(1) << 63, "vcpu_basic.debugreg 5112\n"},
	    {0x13f0, 8, UINT32_MAX, ""},
	    {0x13f8, 8, UINT64_C(1) << 47, "vcpu_basic.canonical 5120\n"},
	    {0x1400, 8, UINT64_C(1) << 47, "vcpu_basic.canonical 5128\n"},
	    {0x1408, 8, UINT64_C(1) << 47, "vcpu_basic.canonical 5136\n"},
	    {0x1410, 8, UINT64_C(0x10000003f), ""},
	    {0x1410, 8, 0x40, "vcpu_basic.vm_assist 5144\n"},
	    {0x1418, 8, UINT64_C(1) << 47, "vcpu_basic.canonical 5152\n"},
	    {0x1420, 8, UINT64_C(1) << 47, "vcpu_basic.canonical 5160\n"},
	    {0x1428, 8, UINT64_C(1) << 47, "vcpu_basic.canonical 5168\n"},
	    {0x298, 8, 0x20246, ""}, /* rflags.VM is none of Xen's business in a 64-bit guest */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect_spoiled(8, &cases[i]);
}
END_TEST

START_TEST(contents_32)
{
	static const struct spoiled cases[] = {
	    {0x200, 4, 0x05, "vcpu_basic.flags 520\n"},
	    {0x200, 4, 0x80000025, "vcpu_basic.flags 520\n"},
	    {0x200, 4, 0x21, ""}, /* user mode needs no table of its own */
	    {0x224, 4, 0xffffffff, ""},
	    {0x22c, 4, 0x20246, "vcpu_basic.eflags 564\n"},
	    {0xa48, 4, 0xc0000010, "vcpu_basic.ldt 2640\n"},
	    {0xa4c, 4, 8193, "vcpu_basic.ldt 2644\n"},
	    {0xa90, 4, 7169, "vcpu_basic.gdt 2712\n"},
	    {0xaa0, 4, 0xfff, ""},
	    {0xaa8, 4, 0xfff, ""},
	    {0xaec, 4, 0x3f, ""},
	    {0xaec, 4, 0x40, "vcpu_basic.vm_assist 2804\n"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect_spoiled(4, &cases[i]);
}
END_TEST

START_TEST(user_mode_needs_a_page_table)
{
	static uint8_t bytes[SIZE_64];
	struct body b = body_of(bytes, 8, false);

	make_64(bytes, 1, false);
	body_put(bytes + HEAD + 0x200, 0x21, 8, false);
	body_put(bytes + HEAD + 0x1380, 0, 8, false);
	body_expect(&b, "vcpu_basic.cr1 5000\n");
}
END_TEST

START_TEST(assists_of_other_vcpus)
{
	static uint8_t bytes[SIZE_64];
	struct body b = body_of(bytes, 8, false);

	make_64(bytes, 1, false);
	body_put(bytes + HEAD + 0x1410, UINT64_MAX, 8, false);
	body_expect(&b, "");
	make_64(bytes, 0, false);
	body_put(bytes + HEAD + 0x12d0, UINT64_C(0x800000000000), 8, false);
	body_put(bytes + HEAD + 0x12d8, 1, 8, false);
	body_expect(&b, "vcpu_basic.canonical 4824\n");
}
END_TEST

static void expect_part(const char *text, const char *part)
{
	if (!strstr(text, part))
		ck_abort_msg("no %s in %s", part, text);
}

START_TEST(described)
{
	static uint8_t bytes[SIZE_64];
	struct body b = body_of(bytes, 8, true);
	char *text;

	make_64(bytes, 2, true);
	bytes[HEAD + 0x2d0 + 16 * 14] = 14; /* a page fault handler */
	body_put(bytes + HEAD + 0x2d2 + 16 * 14, 0xe033, 2, false);
	body_put(bytes + HEAD + 0x2d8 + 16 * 14, KERNEL, 8, false);
	text = body_described(&b);
	expect_part(text, "{\"vcpu_id\":2,\"guest_width\":8,\"cr3_pfn\":0x6,\"fpu\":{\"fcw\":0x0,");
	expect_part(text, "\"flags\":0x25,\"user_regs\":{\"r15\":0x0,");
	expect_part(text, "\"rip\":0xffffffff80001000,\"cs\":0x0,\"saved_upcall_mask\":0x0,");
	expect_part(text, "\"trap_table\":[{\"vector\":0xe,\"flags\":0x0,\"cs\":0xe033,"
	    "\"address\":0xffffffff80000000}],\"ldt_base\":0x0,");
	expect_part(text, "\"gdt_frames\":[0x4,0x0,0x0,");
	expect_part(text, "\"ctrlreg\":[0x0,0xa001,0x0,0x6000,0x0,0x0,0x0,0x0],");
	expect_part(text, "\"gs_base_user\":0x0}");
	free(text);
	make_32(bytes, 0, false);
	b = body_of(bytes, 4, false);
	text = body_described(&b);
	expect_part(text, "{\"vcpu_id\":0,\"guest_width\":4,\"cr3_pfn\":0x106,");
	expect_part(text, "\"user_regs\":{\"ebx\":0x0,\"ecx\":0x0,\"edx\":0x0,");
	expect_part(text, "\"event_callback_cs\":0x0,\"event_callback_eip\":0x0,");
	expect_part(text, "\"vm_assist\":0x0}");
	free(text);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {layout_64, layout_32, nothing_is_lost, values_too_wide_are_refused,
	    pfns_of_registers, good_contexts, lengths, heads, other_width, contents_64, contents_32,
	    user_mode_needs_a_page_table, assists_of_other_vcpus, described, NULL};

	return unit_main("pv_vcpu_basic", tests);
}
