# SPDX-License-Identifier: MIT
"""Bad vCPU records, SHARED_INFO and X86_TSC_INFO."""

import struct
from typing import Callable

from xenstream import libxc, pv
from xenstream.base import PAGE_SIZE, Item, Record, Stream, Xc, xsave_area

from . import bases
from .catalogue import bad

BLOB = 8                       # where the blob starts in a vCPU record's body
XSAVE = BLOB + 16              # where the xsave area starts
HOLE = 22                      # a pfn without memory
TABLE = 8                      # an L2 table's pfn
OUTSIDE = 24                   # the first pfn behind the P2M
NOT_CANONICAL = 0x0000800000000000


def resize(record: Record, size: int) -> Record:
    record.body = record.body[:size] + bytearray(max(0, size - len(record.body)))
    return record


# --- what the four kinds have in common, and BASIC


@bad(bases.pv64, "vcpu_basic.length")
def vcpu_basic_empty(s: Stream) -> Item:
    """A record without body."""
    return resize(s.first(Xc.VCPU_BASIC), 0)


@bad(bases.pv64, "vcpu_basic.length")
def vcpu_basic_no_blob(s: Stream) -> Item:
    """The sub-header alone."""
    return resize(s.first(Xc.VCPU_BASIC), 8)


@bad(bases.pv64, "vcpu_basic.length")
def vcpu_basic_short(s: Stream) -> Item:
    """A context 8 bytes too short."""
    return resize(s.first(Xc.VCPU_BASIC), 8 + 5160)


@bad(bases.pv64, "vcpu_basic.length")
def vcpu_basic_long(s: Stream) -> Item:
    """A context 8 bytes too long."""
    return resize(s.first(Xc.VCPU_BASIC), 8 + 5176)


@bad(bases.pv64, "vcpu_basic.width")
def vcpu_basic_32_in_pv64(s: Stream) -> Item:
    """The context of a 32-bit vCPU in a 64-bit guest."""
    record = libxc.vcpu_basic(1, pv.Guest(4).basic(1))
    s.replace(s.last(Xc.VCPU_BASIC), record)
    return record


@bad(bases.pv32, "vcpu_basic.width")
def vcpu_basic_64_in_pv32(s: Stream) -> Item:
    """The context of a 64-bit vCPU in a 32-bit guest."""
    record = libxc.vcpu_basic(0, pv.Guest(8).basic(0))
    s.replace(s.first(Xc.VCPU_BASIC), record)
    return record


@bad(bases.pv64, "vcpu_basic.reserved")
def vcpu_basic_reserved(s: Stream) -> Item:
    """The reserved word is not zero."""
    return s.first(Xc.VCPU_BASIC).set("I", 4, 1)


@bad(bases.pv64, "vcpu_basic.vcpu_id")
def vcpu_basic_id_8192(s: Stream) -> Item:
    """vCPU 8192, one more than any release can have."""
    return s.last(Xc.VCPU_BASIC).set("I", 0, 8192)


@bad(bases.pv64, "vcpu_basic.vcpu_id")
def vcpu_basic_id_max(s: Stream) -> Item:
    """vCPU 0xffffffff."""
    return s.last(Xc.VCPU_BASIC).set("I", 0, 0xFFFFFFFF)


@bad(bases.pv64, "vcpu_basic.order")
def vcpu_basic_descending(s: Stream) -> Item:
    """vCPU 1 comes before vCPU 0."""
    guest = pv.Guest()
    guest.vcpus = [1, 0]
    s.items[:] = guest.image()
    return s.last(Xc.VCPU_BASIC)


@bad(bases.pv64, "vcpu_basic.flags")
def vcpu_basic_offline(s: Stream) -> Item:
    """A vCPU that is not flagged online."""
    return s.last(Xc.VCPU_BASIC).set_native("Q", BLOB + 0x200, 0x05)


@bad(bases.pv64, "vcpu_basic.flags")
def vcpu_basic_unknown_flag(s: Stream) -> Item:
    """Flag bit 6, which does not exist."""
    return s.last(Xc.VCPU_BASIC).set_native("Q", BLOB + 0x200, 0x65)


@bad(bases.pv64, "vcpu_basic.vm_assist")
def vm_assist_unknown(s: Stream) -> Item:
    """Assist bit 6 of vCPU 0, which does not exist."""
    return s.first(Xc.VCPU_BASIC).set_native("Q", BLOB + 0x1410, 0x60)


@bad(bases.pv64, "vcpu_basic.debugreg")
def debugreg_7_wide(s: Stream) -> Item:
    """dr7 has a bit above 31."""
    return s.first(Xc.VCPU_BASIC).set_native("Q", BLOB + 0x13B8 + 7 * 8, 1 << 32 | 0x400)


@bad(bases.pv32, "vcpu_basic.eflags")
def eflags_vm_pv32(s: Stream) -> Item:
    """eflags of a 32-bit vCPU says virtual-8086 mode."""
    return s.first(Xc.VCPU_BASIC).set_native("I", BLOB + 0x22C, 0x20246)


@bad(bases.pv64, "vcpu_basic.cr1")
def cr1_missing_in_user_mode(s: Stream) -> Item:
    """A vCPU stopped in user mode without a page table for it."""
    record = s.first(Xc.VCPU_BASIC).set_native("Q", BLOB + 0x200, 0x21)
    return record.set_native("Q", BLOB + 0x1380, 0)


@bad(bases.pv64, "vcpu_basic.cr1")
def cr1_low_bits(s: Stream) -> Item:
    """The user page table without its mark in bit 0."""
    return s.first(Xc.VCPU_BASIC).set_native("Q", BLOB + 0x1380, pv.USER_TOP << 12 | 0x18)


def _start_info(s: Stream, pfn: int) -> Item:
    return s.first(Xc.VCPU_BASIC).set_native("Q", BLOB + 0x268, pfn)


@bad(bases.pv64, "vcpu_basic.start_info")
def start_info_beyond_p2m(s: Stream) -> Item:
    """rdx of vCPU 0 points behind the P2M."""
    return _start_info(s, OUTSIDE)


@bad(bases.pv64, "vcpu_basic.start_info")
def start_info_mfn(s: Stream) -> Item:
    """rdx of vCPU 0 still holds a machine frame: the saver forgot to translate it."""
    return _start_info(s, 0x12001)


@bad(bases.pv64, "vcpu_basic.start_info")
def start_info_in_table(s: Stream) -> Item:
    """rdx of vCPU 0 points at a page table."""
    return _start_info(s, TABLE)


@bad(bases.pv32, "vcpu_basic.start_info")
def start_info_hole_pv32(s: Stream) -> Item:
    """edx of vCPU 0 points at a hole."""
    return s.first(Xc.VCPU_BASIC).set_native("I", BLOB + 0x20C, HOLE)


def _cr3(s: Stream, value: int) -> Item:
    return s.first(Xc.VCPU_BASIC).set_native("Q", BLOB + 0x1390, value)


@bad(bases.pv64, "vcpu_basic.cr3")
def cr3_beyond_p2m(s: Stream) -> Item:
    """cr3 points behind the P2M."""
    return _cr3(s, OUTSIDE << 12)


@bad(bases.pv64, "vcpu_basic.cr3")
def cr3_wrong_level(s: Stream) -> Item:
    """cr3 points at an L2 table."""
    return _cr3(s, TABLE << 12)


@bad(bases.pv64, "vcpu_basic.cr3")
def cr3_ordinary_page(s: Stream) -> Item:
    """cr3 points at an ordinary page."""
    return _cr3(s, 15 << 12)


@bad(bases.pv64, "vcpu_basic.cr3")
def cr3_low_bits(s: Stream) -> Item:
    """The low bits of a 64-bit cr3 are not zero."""
    return _cr3(s, pv.TOP << 12 | 0x18)


@bad(bases.pv32, "vcpu_basic.cr3")
def cr3_wrong_level_pv32(s: Stream) -> Item:
    """cr3 of a 32-bit vCPU points at an L2 table."""
    return s.last(Xc.VCPU_BASIC).set_native("I", BLOB + 0xAA8, pv.fold_cr3(7))


@bad(bases.pv32, "vcpu_basic.cr3")
def cr3_folded_bits_pv32(s: Stream) -> Item:
    """The folded upper part of a 32-bit cr3 lifts the frame out of the guest."""
    return s.first(Xc.VCPU_BASIC).set_native("I", BLOB + 0xAA8, pv.fold_cr3(1 << 20 | pv.TOP))


@bad(bases.pv64, "vcpu_basic.cr1")
def cr1_beyond_p2m(s: Stream) -> Item:
    """The user page table points behind the P2M."""
    return s.first(Xc.VCPU_BASIC).set_native("Q", BLOB + 0x1380, OUTSIDE << 12 | 1)


@bad(bases.pv64, "vcpu_basic.cr1")
def cr1_wrong_level(s: Stream) -> Item:
    """The user page table is an L1 table."""
    return s.first(Xc.VCPU_BASIC).set_native("Q", BLOB + 0x1380, 13 << 12 | 1)


@bad(bases.pv64, "vcpu_basic.gdt")
def gdt_too_many_entries(s: Stream) -> Item:
    """7169 GDT entries: one reaches into Xen's part of the table."""
    return s.first(Xc.VCPU_BASIC).set_native("Q", BLOB + 0x1360, 7169)


@bad(bases.pv64, "vcpu_basic.gdt")
def gdt_entries_max(s: Stream) -> Item:
    """2^64-1 GDT entries."""
    return s.first(Xc.VCPU_BASIC).set_native("Q", BLOB + 0x1360, (1 << 64) - 1)


@bad(bases.pv64, "vcpu_basic.gdt")
def gdt_frame_beyond_p2m(s: Stream) -> Item:
    """The GDT's frame is behind the P2M."""
    return s.first(Xc.VCPU_BASIC).set_native("Q", BLOB + 0x12E0, OUTSIDE)


@bad(bases.pv64, "vcpu_basic.gdt")
def gdt_second_frame(s: Stream) -> Item:
    """513 entries need a second frame, which is a page table."""
    record = s.last(Xc.VCPU_BASIC)
    return record.set_native("Q", BLOB + 0x1360, 513).set_native("Q", BLOB + 0x12E8, TABLE)


@bad(bases.pv32, "vcpu_basic.gdt")
def gdt_hole_pv32(s: Stream) -> Item:
    """The GDT's frame of a 32-bit vCPU is a hole."""
    return s.first(Xc.VCPU_BASIC).set_native("I", BLOB + 0xA50, HOLE)


@bad(bases.pv64, "vcpu_basic.ldt")
def ldt_not_aligned(s: Stream) -> Item:
    """An LDT that does not start on a page."""
    record = s.first(Xc.VCPU_BASIC).set_native("Q", BLOB + 0x12D0, pv.KERNEL_64 + 0x10008)
    return record.set_native("Q", BLOB + 0x12D8, 4)


@bad(bases.pv64, "vcpu_basic.ldt")
def ldt_too_many_entries(s: Stream) -> Item:
    """8193 LDT entries."""
    record = s.first(Xc.VCPU_BASIC).set_native("Q", BLOB + 0x12D0, pv.KERNEL_64 + 0x10000)
    return record.set_native("Q", BLOB + 0x12D8, 8193)


def _canonical(offset: int) -> Callable[[Stream], Item]:
    def edit(s: Stream) -> Item:
        return s.first(Xc.VCPU_BASIC).set_native("Q", BLOB + offset, NOT_CANONICAL)
    return edit


@bad(bases.pv64, "vcpu_basic.canonical")
def rip_not_canonical(s: Stream) -> Item:
    """rip is no canonical address."""
    return _canonical(0x288)(s)


@bad(bases.pv64, "vcpu_basic.canonical")
def kernel_sp_not_canonical(s: Stream) -> Item:
    """kernel_sp is no canonical address."""
    return _canonical(0x1370)(s)


@bad(bases.pv64, "vcpu_basic.canonical")
def event_callback_not_canonical(s: Stream) -> Item:
    """The event callback is no canonical address."""
    return _canonical(0x13F8)(s)


@bad(bases.pv64, "vcpu_basic.canonical")
def gs_base_not_canonical(s: Stream) -> Item:
    """gs_base_kernel is no canonical address."""
    return _canonical(0x1420)(s)


# --- the start_info page itself


def _start_info_word(s: Stream, letter: str, offset: int, value: int) -> Item:
    record = s.first(Xc.PAGE_DATA)
    struct.pack_into("<" + letter, record.body, 8 + 8 * pv.PAGES + pv.START_INFO * PAGE_SIZE + offset, value)
    return record


@bad(bases.pv64, "vcpu_basic.start_info_page")
def start_info_magic(s: Stream) -> Item:
    """The page that vCPU 0 names as start_info does not begin with "xen-"."""
    _start_info_word(s, "B", 0, ord("X"))
    return s.first(Xc.VCPU_BASIC)


@bad(bases.pv64, "vcpu_basic.start_info_page")
def start_info_store_mfn(s: Stream) -> Item:
    """The store ring is still a machine frame: the guest did not prepare for its suspension."""
    return _start_info_word(s, "Q", 0x38, 0x12003)


@bad(bases.pv64, "vcpu_basic.start_info_page")
def start_info_console_mfn(s: Stream) -> Item:
    """The console ring is still a machine frame."""
    return _start_info_word(s, "Q", 0x48, 0x12002)


@bad(bases.pv32, "vcpu_basic.start_info_page")
def start_info_console_mfn_pv32(s: Stream) -> Item:
    """The console ring of a 32-bit guest is still a machine frame."""
    return _start_info_word(s, "I", 0x34, 0x12002)


# --- EXTENDED


@bad(bases.pv64, "vcpu_extended.length")
def vcpu_extended_no_header(s: Stream) -> Item:
    """A body of 4 bytes."""
    return resize(s.first(Xc.VCPU_EXTENDED), 4)


@bad(bases.pv64, "vcpu_extended.length")
def vcpu_extended_too_long(s: Stream) -> Item:
    """A blob of 136 bytes, more than Xen has room for."""
    return resize(s.first(Xc.VCPU_EXTENDED), 8 + 136)


@bad(bases.pv64, "vcpu_extended.length")
def vcpu_extended_too_short(s: Stream) -> Item:
    """A blob of 24 bytes, less than Xen asks for."""
    return resize(s.first(Xc.VCPU_EXTENDED), 8 + 24)


@bad(bases.pv64, "vcpu_extended.empty")
def vcpu_extended_empty(s: Stream) -> Item:
    """No blob, in an image of Xen 4.17, which leaves such records out."""
    return resize(s.first(Xc.VCPU_EXTENDED), 8)


@bad(bases.pv64, "vcpu_extended.reserved")
def vcpu_extended_reserved(s: Stream) -> Item:
    """The reserved word is not zero."""
    return s.first(Xc.VCPU_EXTENDED).set("I", 4, 0x80000000)


@bad(bases.pv64, "vcpu_extended.vcpu_id")
def vcpu_extended_unknown_vcpu(s: Stream) -> Item:
    """EXTENDED of vCPU 2, which has no BASIC."""
    record = s.last(Xc.VCPU_EXTENDED)
    return record.set("I", 0, 2).set_native("I", BLOB, 2)


@bad(bases.pv64, "vcpu_extended.inner_vcpu")
def vcpu_extended_inner_vcpu(s: Stream) -> Item:
    """The blob names another vCPU than the record; Xen changes the one in the blob."""
    return s.last(Xc.VCPU_EXTENDED).set_native("I", BLOB, 0)


@bad(bases.pv64, "vcpu_extended.odd_size")
def vcpu_extended_odd_size(s: Stream) -> Item:
    """The size in the blob is 48, which no release wrote."""
    return s.first(Xc.VCPU_EXTENDED).set_native("I", BLOB + 4, 48)


@bad(bases.pv64, "vcpu_extended.tail")
def vcpu_extended_tail(s: Stream) -> Item:
    """The size in the blob is 56, and of the 8 bytes behind it the last is not zero."""
    record = s.first(Xc.VCPU_EXTENDED)
    return record.set_native("I", BLOB + 4, 56).set_native("B", BLOB + 63, 1)


@bad(bases.pv64, "vcpu_extended.inner_size")
def vcpu_extended_inner_size_large(s: Stream) -> Item:
    """The size in the blob is larger than the blob."""
    return s.first(Xc.VCPU_EXTENDED).set_native("I", BLOB + 4, 128)


@bad(bases.pv64, "vcpu_extended.inner_size")
def vcpu_extended_inner_size_small(s: Stream) -> Item:
    """The size in the blob is less than Xen asks for."""
    return s.first(Xc.VCPU_EXTENDED).set_native("I", BLOB + 4, 24)


@bad(bases.pv64, "vcpu_extended.canonical")
def vcpu_extended_not_canonical(s: Stream) -> Item:
    """The sysenter callback is no canonical address."""
    return s.first(Xc.VCPU_EXTENDED).set_native("Q", BLOB + 16, NOT_CANONICAL)


# --- XSAVE


@bad(bases.pv64, "vcpu_xsave.length")
def vcpu_xsave_no_header(s: Stream) -> Item:
    """A body of 4 bytes."""
    return resize(s.first(Xc.VCPU_XSAVE), 4)


@bad(bases.pv64, "vcpu_xsave.length")
def vcpu_xsave_8(s: Stream) -> Item:
    """A blob of 8 bytes: xcr0 without xcr0_accum."""
    return resize(s.first(Xc.VCPU_XSAVE), 8 + 8)


@bad(bases.pv64, "vcpu_xsave.empty")
def vcpu_xsave_empty(s: Stream) -> Item:
    """No blob, in an image of Xen 4.17."""
    return resize(s.first(Xc.VCPU_XSAVE), 8)


@bad(bases.pv64, "vcpu_xsave.reserved")
def vcpu_xsave_reserved(s: Stream) -> Item:
    """The reserved word is not zero."""
    return s.first(Xc.VCPU_XSAVE).set("I", 4, 1)


@bad(bases.pv64, "vcpu_xsave.vcpu_id")
def vcpu_xsave_unknown_vcpu(s: Stream) -> Item:
    """XSAVE of vCPU 7, which has no BASIC."""
    return s.last(Xc.VCPU_XSAVE).set("I", 0, 7)


@bad(bases.pv64, "vcpu_xsave.xcr0")
def vcpu_xsave_no_x87(s: Stream) -> Item:
    """xcr0 without the x87 bit, which is always set."""
    return s.first(Xc.VCPU_XSAVE).set_native("Q", BLOB, 6)


@bad(bases.pv64, "vcpu_xsave.xcr0")
def vcpu_xsave_ymm_without_sse(s: Stream) -> Item:
    """xcr0 with AVX but without SSE."""
    return s.first(Xc.VCPU_XSAVE).set_native("Q", BLOB, 5)


@bad(bases.pv64, "vcpu_xsave.xcr0")
def vcpu_xsave_xcr0_outside_accum(s: Stream) -> Item:
    """xcr0 has a state that xcr0_accum never saw."""
    record = s.first(Xc.VCPU_XSAVE)
    record.body[BLOB:] = pv.Guest().xsave(3, 7, 3)
    return record


@bad(bases.pv64, "vcpu_xsave.xcr0")
def vcpu_xsave_half_avx512(s: Stream) -> Item:
    """xcr0_accum with OPMASK but without the two ZMM states."""
    return s.first(Xc.VCPU_XSAVE).set_native("Q", BLOB + 8, 0x27)


@bad(bases.pv64, "vcpu_xsave.xstate_bv")
def vcpu_xsave_xstate_bv(s: Stream) -> Item:
    """xstate_bv has a state that xcr0_accum does not have."""
    return s.first(Xc.VCPU_XSAVE).set_native("Q", XSAVE + 512, 0x1F)


@bad(bases.pv64, "vcpu_xsave.format")
def vcpu_xsave_compacted(s: Stream) -> Item:
    """xcomp_bv says that the area is compacted, which a stream never holds."""
    return s.first(Xc.VCPU_XSAVE).set_native("Q", XSAVE + 520, 1 << 63 | 3)


@bad(bases.pv64, "vcpu_xsave.format")
def vcpu_xsave_header_reserved(s: Stream) -> Item:
    """A reserved word of the xsave header is not zero."""
    return s.first(Xc.VCPU_XSAVE).set_native("Q", XSAVE + 528, 1)


@bad(bases.pv64, "vcpu_xsave.area")
def vcpu_xsave_area_short(s: Stream) -> Item:
    """The area ends before the AVX state that it claims."""
    return resize(s.first(Xc.VCPU_XSAVE), XSAVE + 576)


@bad(bases.pv64, "vcpu_xsave.area")
def vcpu_xsave_area_no_header(s: Stream) -> Item:
    """The area ends inside the xsave header."""
    return resize(s.first(Xc.VCPU_XSAVE), XSAVE + 520)


@bad(bases.pv64, "vcpu_xsave.area", "vcpu_xsave.xcr0")
def vcpu_xsave_masks_without_area(s: Stream) -> Item:
    """16 bytes stand for no state, but then both masks must be zero."""
    return resize(s.first(Xc.VCPU_XSAVE), BLOB + 16)


@bad(bases.pv64, "vcpu_xsave.policy", "vcpu_xsave.area")
def vcpu_xsave_outside_policy(s: Stream) -> Item:
    """PKRU state in use, which the CPUID policy of the guest does not have."""
    record = s.first(Xc.VCPU_XSAVE)
    record.body[BLOB:] = struct.pack("<QQ", 0x207, 0x207) + xsave_area(3, 7).ljust(2696, b"\0")
    return record


# --- MSRS


@bad(bases.pv64, "vcpu_msrs.length")
def vcpu_msrs_no_header(s: Stream) -> Item:
    """A body of 4 bytes."""
    return resize(s.first(Xc.VCPU_MSRS), 4)


@bad(bases.pv64, "vcpu_msrs.length")
def vcpu_msrs_half_entry(s: Stream) -> Item:
    """One and a half entries."""
    return resize(s.first(Xc.VCPU_MSRS), BLOB + 24)


@bad(bases.pv64, "vcpu_msrs.empty")
def vcpu_msrs_empty(s: Stream) -> Item:
    """No entry, in an image of Xen 4.17."""
    return resize(s.first(Xc.VCPU_MSRS), BLOB)


@bad(bases.pv64, "vcpu_msrs.reserved")
def vcpu_msrs_reserved(s: Stream) -> Item:
    """The record's reserved word is not zero."""
    return s.first(Xc.VCPU_MSRS).set("I", 4, 1)


@bad(bases.pv64, "vcpu_msrs.vcpu_id")
def vcpu_msrs_unknown_vcpu(s: Stream) -> Item:
    """MSRS of vCPU 3, which has no BASIC."""
    return s.last(Xc.VCPU_MSRS).set("I", 0, 3)


@bad(bases.pv64, "vcpu_msrs.entry_reserved")
def vcpu_msrs_entry_reserved(s: Stream) -> Item:
    """The reserved word of an entry is not zero."""
    return s.first(Xc.VCPU_MSRS).set_native("I", BLOB + 4, 1)


@bad(bases.pv64, "vcpu_msrs.index")
def vcpu_msrs_index(s: Stream) -> Item:
    """EFER, which is no business of this record."""
    return s.first(Xc.VCPU_MSRS).set_native("I", BLOB, 0xC0000080)


@bad(bases.pv64, "vcpu_msrs.duplicate")
def vcpu_msrs_duplicate(s: Stream) -> Item:
    """The same MSR twice."""
    record = libxc.vcpu_msrs(0, [(0x140, 1), (0x140, 0)])
    s.replace(s.first(Xc.VCPU_MSRS), record)
    return record


@bad(bases.pv64, "vcpu_msrs.count")
def vcpu_msrs_count(s: Stream) -> Item:
    """Twelve entries, one more than any release accepts."""
    known = [0x48, 0x140, 0xC0000103, 0xC0011027, 0xC0011019, 0xC001101A, 0xC001101B]
    record = libxc.vcpu_msrs(0, [(known[n % 7], 1) for n in range(12)])
    s.replace(s.first(Xc.VCPU_MSRS), record)
    return record


# --- SHARED_INFO


@bad(bases.pv64, "shared_info.length")
def shared_info_short(s: Stream) -> Item:
    """4088 bytes."""
    return resize(s.first(Xc.SHARED_INFO), 4088)


@bad(bases.pv64, "shared_info.length")
def shared_info_long(s: Stream) -> Item:
    """Two pages."""
    return resize(s.first(Xc.SHARED_INFO), 8192)


@bad(bases.pv64, "shared_info.max_pfn")
def shared_info_max_pfn(s: Stream) -> Item:
    """max_pfn is below the end of the P2M frames."""
    return s.first(Xc.SHARED_INFO).set_native("Q", 0xC10, 20)


@bad(bases.pv32, "shared_info.max_pfn")
def shared_info_max_pfn_pv32(s: Stream) -> Item:
    """max_pfn of a 32-bit guest is 0."""
    return s.first(Xc.SHARED_INFO).set_native("I", 0x90C, 0)


@bad(bases.pv64, "shared_info.generation")
def shared_info_generation(s: Stream) -> Item:
    """p2m_generation is odd: the guest was changing its P2M when it was saved."""
    return s.first(Xc.SHARED_INFO).set_native("Q", 0xC38, 7)


@bad(bases.pv64, "shared_info.wallclock")
def shared_info_wc_version(s: Stream) -> Item:
    """wc_version is odd: the wall clock was being updated."""
    return s.first(Xc.SHARED_INFO).set_native("I", 0xC00, 5)


@bad(bases.pv64, "shared_info.wallclock")
def shared_info_wc_nsec(s: Stream) -> Item:
    """wc_nsec is a full second."""
    return s.first(Xc.SHARED_INFO).set_native("I", 0xC08, 1000000000)


@bad(bases.pv64, "shared_info.tail")
def shared_info_tail(s: Stream) -> Item:
    """A byte behind the defined fields is not zero."""
    return s.first(Xc.SHARED_INFO).set_native("B", 0xFFF, 1)


# --- X86_TSC_INFO


@bad(bases.pv64, "tsc_info.length")
def tsc_info_short(s: Stream) -> Item:
    """20 bytes: without the reserved word."""
    return resize(s.first(Xc.TSC_INFO), 20)


@bad(bases.hvm_image, "tsc_info.length")
def tsc_info_long(s: Stream) -> Item:
    """32 bytes."""
    return resize(s.first(Xc.TSC_INFO), 32)


@bad(bases.hvm_image, "tsc_info.length")
def tsc_info_empty(s: Stream) -> Item:
    """No body."""
    return resize(s.first(Xc.TSC_INFO), 0)


@bad(bases.pv64, "tsc_info.reserved")
def tsc_info_reserved(s: Stream) -> Item:
    """The reserved word is not zero."""
    return s.first(Xc.TSC_INFO).set("I", 20, 1)


@bad(bases.pv64, "tsc_info.mode")
def tsc_info_mode_4(s: Stream) -> Item:
    """Mode 4, which never was."""
    return s.first(Xc.TSC_INFO).set("I", 0, 4)


@bad(bases.pv64, "tsc_info.old_mode")
def tsc_info_mode_3(s: Stream) -> Item:
    """Mode 3 in an image of Xen 4.17, six releases after it went away."""
    return s.first(Xc.TSC_INFO).set("I", 0, 3)


@bad(bases.hvm_image, "tsc_info.khz")
def tsc_info_khz_0(s: Stream) -> Item:
    """Mode 0 with a frequency of 0."""
    return s.first(Xc.TSC_INFO).set("I", 4, 0)


@bad(bases.pv64, "tsc_info.never_emulate")
def tsc_info_mode_2_with_values(s: Stream) -> Item:
    """Mode 2 with a frequency and an elapsed time, which it does not use."""
    return s.first(Xc.TSC_INFO).set("I", 0, 2)


@bad(bases.pv64, "tsc_info.nsec")
def tsc_info_negative(s: Stream) -> Item:
    """An elapsed time below zero."""
    return s.first(Xc.TSC_INFO).set("Q", 8, 1 << 63)
