# SPDX-License-Identifier: MIT
"""Bad PAGE_DATA, X86_PV_INFO and X86_PV_P2M_FRAMES, and bad contents of page tables."""

import struct
from typing import Sequence

from xenstream import hvm, libxc, pv
from xenstream.base import PAGE_SIZE, Item, Record, Stream, Xc, fill

from . import bases
from .catalogue import bad


def entry(pfn: int) -> int:
    """Offset of a pfn's entry in a PAGE_DATA record that starts with pfn 0."""
    return 8 + 8 * pfn


def set_entry(record: Record, pfn: int, value: int) -> Record:
    return record.set("Q", entry(pfn), value)


# --- PAGE_DATA: the record by itself


@bad(bases.pv64, "page_data.length")
def page_data_empty(s: Stream) -> Item:
    """A PAGE_DATA record without body."""
    record = s.first(Xc.PAGE_DATA)
    record.body = bytearray()
    return record


@bad(bases.pv64, "page_data.length")
def page_data_short_header(s: Stream) -> Item:
    """A PAGE_DATA body of 4 bytes: the count alone."""
    record = s.first(Xc.PAGE_DATA)
    del record.body[4:]
    return record


@bad(bases.pv64, "page_data.count")
def page_data_count_0(s: Stream) -> Item:
    """A PAGE_DATA record of no pages, as upstream's converter makes from a batch of holes."""
    record = libxc.page_data([])
    s.after(s.first(Xc.PAGE_DATA), record)
    return record


@bad(bases.pv64, "page_data.count", "page_data.length")
def page_data_count_beyond_body(s: Stream) -> Item:
    """The count needs more entries than the body holds."""
    record = libxc.page_data([(22, libxc.XTAB, b""), (23, libxc.XTAB, b"")])
    s.after(s.first(Xc.PAGE_DATA), record.set("I", 0, 3))
    return record


@bad(bases.pv64, "page_data.count", "page_data.length")
def page_data_count_max(s: Stream) -> Item:
    """Count 0xffffffff, whose product with 8 does not fit 32 bits."""
    return s.first(Xc.PAGE_DATA).set("I", 0, 0xFFFFFFFF)


@bad(bases.pv64, "page_data.count", "page_data.length")
def page_data_count_wraps(s: Stream) -> Item:
    """Count 0x20000001, which times 8 is 8 in 32 bits: just right for a careless reader."""
    record = libxc.page_data([(22, libxc.XTAB, b"")])
    s.after(s.first(Xc.PAGE_DATA), record.set("I", 0, 0x20000001))
    return record


@bad(bases.pv64, "page_data.length")
def page_data_one_page_missing(s: Stream) -> Item:
    """One page less than the entries call for."""
    record = s.first(Xc.PAGE_DATA)
    del record.body[-PAGE_SIZE:]
    return record


@bad(bases.pv64, "page_data.length")
def page_data_one_page_too_many(s: Stream) -> Item:
    """One page more than the entries call for."""
    record = s.first(Xc.PAGE_DATA)
    record.body += fill(1)
    return record


@bad(bases.pv64, "page_data.length")
def page_data_ragged(s: Stream) -> Item:
    """Eight bytes too many behind the last page."""
    record = s.first(Xc.PAGE_DATA)
    record.body += bytes(8)
    return record


@bad(bases.pv64, "page_data.length")
def page_data_hole_with_data(s: Stream) -> Item:
    """An entry is XTAB, but its page is there."""
    return set_entry(s.first(Xc.PAGE_DATA), 15, libxc.XTAB << 60 | 15)


@bad(bases.pv64, "page_data.length")
def page_data_broken_with_data(s: Stream) -> Item:
    """An entry is BROKEN, but its page is there."""
    return set_entry(s.first(Xc.PAGE_DATA), 15, libxc.BROKEN << 60 | 15)


@bad(bases.pv64, "page_data.length")
def page_data_data_for_hole(s: Stream) -> Item:
    """An entry without data is turned into one with data, which is missing."""
    return set_entry(s.first(Xc.PAGE_DATA), 22, libxc.NOTAB << 60 | 22)


@bad(bases.pv64, "page_data.reserved")
def page_data_reserved_word(s: Stream) -> Item:
    """The reserved word is not zero."""
    return s.first(Xc.PAGE_DATA).set("I", 4, 1)


@bad(bases.pv64, "page_data.reserved")
def page_data_reserved_bit_52(s: Stream) -> Item:
    """The lowest reserved bit of an entry is set."""
    return set_entry(s.first(Xc.PAGE_DATA), 15, 1 << 52 | 15)


@bad(bases.hvm_image, "page_data.reserved")
def page_data_reserved_bit_59(s: Stream) -> Item:
    """The highest reserved bit of an entry is set."""
    return set_entry(s.first(Xc.PAGE_DATA), 3, 1 << 59 | 3)


def _type(s: Stream, kind: int) -> Item:
    """An impossible type on a hole's entry, so that the sizes stay right if it is taken for one without data."""
    return set_entry(s.first(Xc.PAGE_DATA), 22, kind << 60 | 22)


@bad(bases.pv64, "page_data.type")
def page_data_type_5(s: Stream) -> Item:
    """Page type 5."""
    return _type(s, 5)


@bad(bases.pv64, "page_data.type")
def page_data_type_6(s: Stream) -> Item:
    """Page type 6."""
    return _type(s, 6)


@bad(bases.pv64, "page_data.type")
def page_data_type_7(s: Stream) -> Item:
    """Page type 7."""
    return _type(s, 7)


@bad(bases.pv64, "page_data.type")
def page_data_type_8(s: Stream) -> Item:
    """Page type 8: the pin bit alone."""
    return _type(s, 8)


@bad(bases.hvm_image, "page_data.type")
def page_data_type_5_hvm(s: Stream) -> Item:
    """Page type 5 in an HVM image."""
    return set_entry(s.first(Xc.PAGE_DATA), 16, 5 << 60 | 16)


# --- PAGE_DATA: against the rest of the stream


def _more(s: Stream, pages: Sequence[libxc.Page]) -> Record:
    record = libxc.page_data(pages)
    s.after(s.last(Xc.PAGE_DATA), record)
    return record


@bad(bases.pv64, "page_data.pfn")
def page_data_pfn_beyond_p2m(s: Stream) -> Item:
    """The first pfn behind the end of the P2M."""
    return _more(s, [(24, libxc.NOTAB, fill(9))])


@bad(bases.pv64, "page_data.pfn")
def page_data_hole_beyond_p2m(s: Stream) -> Item:
    """A hole behind the end of the P2M: without data, but no less out of bounds."""
    return _more(s, [(1000, libxc.XTAB, b"")])


@bad(bases.pv64, "page_data.pfn")
def page_data_pfn_max_pv(s: Stream) -> Item:
    """The highest pfn that an entry can hold, in a PV image."""
    return _more(s, [((1 << 52) - 1, libxc.NOTAB, fill(9))])


@bad(bases.hvm_image, "page_data.pfn")
def page_data_pfn_max_hvm(s: Stream) -> Item:
    """The highest pfn that an entry can hold, in an HVM image: a restorer's bitmap would need 512 TiB."""
    return _more(s, [((1 << 52) - 1, libxc.NOTAB, fill(9))])


@bad(bases.hvm_image, "page_data.pfn")
def page_data_pfn_above_52_bits_of_address(s: Stream) -> Item:
    """pfn 2^40, the first whose address does not fit 52 bits."""
    return _more(s, [(1 << 40, libxc.NOTAB, fill(9))])


@bad(bases.pv64, "page_data.batch")
def page_data_batch_1025(s: Stream) -> Item:
    """1025 pfns in one record, one more than any saver puts there."""
    big = Stream(pv.Guest(pages=1025).image(batch=1025))
    s.items[:] = big.items
    return s.first(Xc.PAGE_DATA)


@bad(bases.pv64, "page_data.order")
def page_data_descending(s: Stream) -> Item:
    """Two pfns of one record in descending order."""
    return _more(s, pv.Guest().pages([18, 15]))


@bad(bases.pv64, "page_data.duplicate")
def page_data_pfn_twice(s: Stream) -> Item:
    """The same pfn twice in one record."""
    return _more(s, pv.Guest().pages([15, 15]))


@bad(bases.hvm_image, "page_data.duplicate")
def page_data_pfn_twice_hvm(s: Stream) -> Item:
    """The same pfn twice in one record of an HVM image, once with data and once as a hole."""
    return _more(s, [(2, libxc.NOTAB, fill(2)), (2, libxc.XTAB, b"")])


@bad(bases.hvm_image, "page_data.guest")
def page_data_table_in_hvm(s: Stream) -> Item:
    """A page of an HVM guest announced as an L1 table."""
    return set_entry(s.first(Xc.PAGE_DATA), 3, libxc.L1TAB << 60 | 3)


@bad(bases.hvm_image, "page_data.guest")
def page_data_pinned_table_in_hvm(s: Stream) -> Item:
    """A page of an HVM guest announced as a pinned L4 table."""
    return set_entry(s.first(Xc.PAGE_DATA), 4, (libxc.L4TAB | libxc.PINNED) << 60 | 4)


@bad(bases.pv32, "page_data.level")
def page_data_l4_in_pv32(s: Stream) -> Item:
    """An L4 table in a guest with three levels."""
    return set_entry(s.first(Xc.PAGE_DATA), 14, libxc.L4TAB << 60 | 14)


@bad(bases.pv64, "page_data.xalloc")
def page_data_xalloc(s: Stream) -> Item:
    """XALLOC in an image of Xen 4.17, whose saver does not know it."""
    guest = pv.Guest()
    pages = [(pfn, libxc.XALLOC, b"") if pfn == 19 else (pfn, *guest.memory[pfn]) for pfn in range(pv.PAGES)]
    first = libxc.page_data(pages)
    s.replace(s.first(Xc.PAGE_DATA), first, libxc.page_data(guest.pages([19])))
    return first


@bad(bases.pv64, "page_data.missing")
def page_data_gap(s: Stream) -> None:
    """pfn 16 is never mentioned."""
    record = libxc.page_data(pv.Guest().pages([pfn for pfn in range(pv.PAGES) if pfn != 16]))
    s.replace(s.first(Xc.PAGE_DATA), record)


@bad(bases.pv64, "page_data.missing")
def page_data_tail_missing(s: Stream) -> None:
    """The first pass stops short of the end of the P2M."""
    record = libxc.page_data(pv.Guest().pages(range(20)))
    s.replace(s.first(Xc.PAGE_DATA), record)


@bad(bases.hvm_image, "page_data.missing")
def page_data_gap_hvm(s: Stream) -> None:
    """The hole of an HVM guest is left out instead of described."""
    guest = hvm.Guest()
    record = libxc.page_data(guest.pages([pfn for pfn in range(hvm.PAGES) if pfn not in hvm.HOLES]))
    s.replace(s.first(Xc.PAGE_DATA), record)


# --- contents of page tables


def table_entry(s: Stream, table: int, slot: int, value: int) -> Record:
    """Overwrites a slot of a page table; all pages below pfn 22 have data."""
    record = s.first(Xc.PAGE_DATA)
    data = entry(pv.PAGES) + table * PAGE_SIZE
    struct.pack_into("<Q", record.body, data + slot * 8, value)
    return record


@bad(bases.pv64, "page_data.entry_pfn")
def table_entry_beyond_p2m(s: Stream) -> Item:
    """An L1 entry points at pfn 24, behind the end: Xen's restorer aborts on it."""
    return table_entry(s, 9, 30, 24 << 12 | pv.WRITABLE)


@bad(bases.pv64, "page_data.entry_pfn")
def table_entry_max_pfn(s: Stream) -> Item:
    """An L3 entry points at the highest frame there is."""
    return table_entry(s, 7, 0, 0x000FFFFFFFFFF000 | pv.TABLE)


@bad(bases.pv32, "page_data.entry_pfn")
def table_entry_beyond_p2m_pv32(s: Stream) -> Item:
    """An L2 entry of a 32-bit guest points behind the end."""
    return table_entry(s, 7, 1, 100 << 12 | pv.TABLE)


@bad(bases.pv64, "page_data.entry_level")
def table_entry_wrong_level(s: Stream) -> Item:
    """An L4 entry points at an L2 table."""
    return table_entry(s, 6, 510, 8 << 12 | pv.TABLE)


@bad(bases.pv64, "page_data.entry_level")
def table_entry_to_data(s: Stream) -> Item:
    """An L2 entry points at an ordinary page."""
    return table_entry(s, 8, 1, 15 << 12 | pv.TABLE)


@bad(bases.pv64, "page_data.entry_superpage")
def table_entry_superpage(s: Stream) -> Item:
    """An L2 entry has the superpage bit, which PV guests cannot have."""
    return table_entry(s, 8, 1, 0 << 12 | pv.TABLE | 0x80)


@bad(bases.pv64, "page_data.entry_xen")
def table_entry_xen_slot(s: Stream) -> Item:
    """L4 slot 256, which belongs to Xen, is not zero."""
    return table_entry(s, 6, 256, 7 << 12 | pv.TABLE)


@bad(bases.pv64, "page_data.entry_xen")
def table_entry_xen_slot_last(s: Stream) -> Item:
    """L4 slot 271, the last that belongs to Xen, is not zero."""
    return table_entry(s, 6, 271, 7 << 12 | pv.TABLE)


@bad(bases.pv32, "page_data.entry_xen")
def table_entry_l3_slot_4(s: Stream) -> Item:
    """An L3 table of a 32-bit guest has a fifth entry."""
    return table_entry(s, 6, 4, 7 << 12 | 1)


@bad(bases.pv64, "page_data.entry_hole")
def table_entry_to_hole(s: Stream) -> Item:
    """An L1 entry maps a pfn that is a hole; a restorer allocates memory for it on the spot."""
    return table_entry(s, 9, 22, 22 << 12 | pv.WRITABLE)


# --- X86_PV_INFO


@bad(bases.pv64, "pv_info.length")
def pv_info_short(s: Stream) -> Item:
    """X86_PV_INFO of 4 bytes."""
    record = s.first(Xc.PV_INFO)
    del record.body[4:]
    return record


@bad(bases.pv64, "pv_info.length")
def pv_info_long(s: Stream) -> Item:
    """X86_PV_INFO of 16 bytes, which Xen's restorer tolerates."""
    record = s.first(Xc.PV_INFO)
    record.body += bytes(8)
    return record


def _pv_info(s: Stream, width: int, levels: int) -> Item:
    record = libxc.pv_info(width, levels)
    s.replace(s.first(Xc.PV_INFO), record)
    return record


@bad(bases.pv64, "pv_info.width")
def pv_info_width_4_levels_4(s: Stream) -> Item:
    """Width 4 with four levels, which upstream's verifier lets through."""
    return _pv_info(s, 4, 4)


@bad(bases.pv64, "pv_info.width")
def pv_info_width_8_levels_3(s: Stream) -> Item:
    """Width 8 with three levels."""
    return _pv_info(s, 8, 3)


@bad(bases.pv64, "pv_info.width")
def pv_info_width_0(s: Stream) -> Item:
    """Width 0: the divisor of everything that follows."""
    return _pv_info(s, 0, 4)


@bad(bases.pv32, "pv_info.width")
def pv_info_levels_2(s: Stream) -> Item:
    """Two levels: a guest without PAE, which Xen gave up long ago."""
    return _pv_info(s, 4, 2)


@bad(bases.pv64, "pv_info.reserved")
def pv_info_reserved_first(s: Stream) -> Item:
    """The first reserved byte is not zero."""
    return s.first(Xc.PV_INFO).set("B", 2, 1)


@bad(bases.pv64, "pv_info.reserved")
def pv_info_reserved_last(s: Stream) -> Item:
    """The last reserved byte is not zero."""
    return s.first(Xc.PV_INFO).set("B", 7, 0xFF)


# --- X86_PV_P2M_FRAMES


@bad(bases.pv64, "p2m_frames.length")
def p2m_frames_empty(s: Stream) -> Item:
    """No body at all."""
    record = s.first(Xc.P2M_FRAMES)
    record.body = bytearray()
    return record


@bad(bases.pv64, "p2m_frames.length")
def p2m_frames_no_frame(s: Stream) -> Item:
    """Start and end, but not one frame."""
    record = s.first(Xc.P2M_FRAMES)
    del record.body[8:]
    return record


@bad(bases.pv64, "p2m_frames.length")
def p2m_frames_ragged(s: Stream) -> Item:
    """A body of 20 bytes."""
    record = s.first(Xc.P2M_FRAMES)
    record.body += bytes(4)
    return record


def _frames(s: Stream, start: int, end: int, frames: Sequence[int]) -> Item:
    record = libxc.p2m_frames(start, end, frames)
    s.replace(s.first(Xc.P2M_FRAMES), record)
    return record


@bad(bases.pv64, "p2m_frames.range")
def p2m_frames_start_above_end(s: Stream) -> Item:
    """Start 24, end 23."""
    return _frames(s, 24, 23, [pv.P2M])


@bad(bases.pv64, "p2m_frames.range")
def p2m_frames_end_0(s: Stream) -> Item:
    """End 0, which makes Xen's restorer crash."""
    return _frames(s, 0, 0, [pv.P2M])


@bad(bases.pv64, "p2m_frames.count")
def p2m_frames_one_too_many(s: Stream) -> Item:
    """Two frames for 24 pfns of a 64-bit guest."""
    return _frames(s, 0, 23, [pv.P2M, 18])


@bad(bases.pv64, "p2m_frames.count")
def p2m_frames_one_too_few(s: Stream) -> Item:
    """One frame for 513 pfns of a 64-bit guest."""
    return _frames(s, 0, 512, [pv.P2M])


@bad(bases.pv32, "p2m_frames.count")
def p2m_frames_count_of_other_width(s: Stream) -> Item:
    """Two frames for 600 pfns, which is right for a 64-bit guest but not for this 32-bit one."""
    return _frames(s, 0, 599, [pv.P2M, 18])


@bad(bases.pv64, "p2m_frames.count")
def p2m_frames_end_max(s: Stream) -> Item:
    """End 2^32-1 with one frame: room for 8388608 frames must not be made on the stream's word."""
    return _frames(s, 0, 0xFFFFFFFF, [pv.P2M])


@bad(bases.pv64, "p2m_frames.start")
def p2m_frames_start_1(s: Stream) -> Item:
    """The first record starts at pfn 1."""
    return _frames(s, 1, 23, [pv.P2M])


@bad(bases.pv64, "p2m_frames.pfn")
def p2m_frames_pfn_beyond_end(s: Stream) -> Item:
    """The P2M's own frame lies behind the end of the P2M."""
    return _frames(s, 0, 23, [24])


@bad(bases.pv64, "p2m_frames.pfn")
def p2m_frames_pfn_64_bits(s: Stream) -> Item:
    """A frame's pfn with bits above 32 set, the lower half harmless."""
    return _frames(s, 0, 23, [1 << 32 | pv.P2M])


@bad(bases.pv64, "p2m_frames.type")
def p2m_frames_type_table(s: Stream) -> Item:
    """The P2M's frame is a page table."""
    return _frames(s, 0, 23, [8])


@bad(bases.pv64, "p2m_frames.type")
def p2m_frames_type_hole(s: Stream) -> Item:
    """The P2M's frame is a hole."""
    return _frames(s, 0, 23, [22])
