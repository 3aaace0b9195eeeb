# SPDX-License-Identifier: MIT
"""A PV guest of 24 pages and two vCPUs, 64- or 32-bit, whose every cross-reference holds.

pfn   64-bit                     32-bit
0     zero page                  zero page
1     start_info                 start_info
2, 3  console and store rings    the same
4     GDT                        GDT
5     P2M frame                  P2M frame
6     pinned L4 (kernel, cr3)    pinned L3 (cr3)
7-9   L3, L2, L1 of the kernel   7, 8: L2 and L1; 9 ordinary
10-13 L4 (pinned), L3, L2, L1    ordinary
      of user space (cr1)
14-21 ordinary, some zero, two alike
22,23 ballooned out: no memory behind them
"""

import struct
from typing import Dict, List, Optional, Sequence, Tuple

from . import libxc, policy
from .base import LITTLE, PAGE_SIZE, Item, Record, Stream, fill, fxsave, patch, xsave_area

START_INFO, CONSOLE, STORE, GDT, P2M, TOP = 1, 2, 3, 4, 5, 6
USER_TOP = 10
PAGES = 24
HOLES = (22, 23)
ZERO_PAGES = (0, 14, 17)
ALIKE = (15, 16)

TABLE = 0x67     # present, writable, user, accessed, dirty
WRITABLE = 0x67
READ_ONLY = 0x65
KERNEL_64 = 0xFFFFFFFF80000000
KERNEL_32 = 0xC0000000

Page = libxc.Page


class Guest:
    """What there is to save.  Streams are made from it by stream() and its parts."""

    def __init__(self, width: int = 8, vcpus: int = 2, pages: int = PAGES,
                 broken: Sequence[int] = ()) -> None:
        self.broken = broken
        self.width = width
        self.levels = 4 if width == 8 else 3
        self.vcpus: List[int] = list(range(vcpus))
        self.max_pfn = pages
        self.memory: Dict[int, Tuple[int, bytes]] = {}
        self._populate()

    # --- memory

    def _populate(self) -> None:
        for pfn in range(self.max_pfn):
            self.memory[pfn] = (libxc.NOTAB, fill(pfn))
        for pfn in ZERO_PAGES:
            self.memory[pfn] = (libxc.NOTAB, bytes(PAGE_SIZE))
        self.memory[ALIKE[1]] = self.memory[ALIKE[0]]
        for pfn in list(HOLES) + list(range(PAGES, self.max_pfn)):
            self.memory[pfn] = (libxc.XTAB, b"")
        for pfn in self.broken:
            self.memory[pfn] = (libxc.BROKEN, b"")
        self.memory[START_INFO] = (libxc.NOTAB, self.start_info())
        self.memory[GDT] = (libxc.NOTAB, self._gdt())
        self.memory[P2M] = (libxc.NOTAB, self._p2m())
        if self.width == 8:
            self._tables_64()
        else:
            self._tables_32()

    def _gdt(self) -> bytes:
        if self.width == 8:
            return struct.pack("<4Q", 0, 0x00AFBB000000FFFF, 0x00CFB3000000FFFF, 0x00CFF3000000FFFF).ljust(
                PAGE_SIZE, b"\0")
        return struct.pack("<3Q", 0, 0x00CFBB000000FFFF, 0x00CFB3000000FFFF).ljust(PAGE_SIZE, b"\0")

    def _p2m(self) -> bytes:
        """The guest's own table, full of the source's machine frames, which mean nothing in a stream."""
        letter, gone = ("Q", (1 << 64) - 1) if self.width == 8 else ("I", (1 << 32) - 1)
        slots = PAGE_SIZE // self.width
        values = [gone if pfn >= self.max_pfn or self.memory[pfn][0] == libxc.XTAB else 0x12000 + pfn
                  for pfn in range(slots)]
        return struct.pack("<%d%s" % (slots, letter), *values)

    def _leaf_entries(self, read_only: Sequence[int]) -> List[int]:
        """Maps every page that exists, page tables and GDT without write permission, as Xen demands."""
        return [pfn << 12 | (READ_ONLY if pfn in read_only else WRITABLE)
                if libxc.has_data(self.memory[pfn][0]) else 0 for pfn in range(PAGES)]

    def _table(self, pfn: int, kind: int, entries: Dict[int, int]) -> None:
        self.memory[pfn] = (kind, patch(PAGE_SIZE, [(slot * 8, "Q", value) for slot, value in entries.items()]))

    def _tables_64(self) -> None:
        self._table(6, libxc.L4TAB | libxc.PINNED, {511: 7 << 12 | TABLE})
        self._table(7, libxc.L3TAB, {510: 8 << 12 | TABLE})
        self._table(8, libxc.L2TAB, {0: 9 << 12 | TABLE})
        self._table(9, libxc.L1TAB, dict(enumerate(self._leaf_entries([GDT] + list(range(6, 14))))))
        self._table(10, libxc.L4TAB | libxc.PINNED, {0: 11 << 12 | TABLE})
        self._table(11, libxc.L3TAB, {0: 12 << 12 | TABLE})
        self._table(12, libxc.L2TAB, {2: 13 << 12 | TABLE})
        self._table(13, libxc.L1TAB, {0: 18 << 12 | READ_ONLY, 1: 19 << 12 | WRITABLE})

    def _tables_32(self) -> None:
        self._table(6, libxc.L3TAB | libxc.PINNED, {3: 7 << 12 | 1})
        self._table(7, libxc.L2TAB, {0: 8 << 12 | TABLE})
        self._table(8, libxc.L1TAB, dict(enumerate(self._leaf_entries([GDT, 6, 7, 8]))))

    def start_info(self) -> bytes:
        if self.width == 8:
            return patch(PAGE_SIZE, [
                (0x20, "Q", self.max_pfn), (0x28, "Q", 0x7FF3D000), (0x30, "I", 0), (0x38, "Q", STORE),
                (0x40, "I", 1), (0x48, "Q", CONSOLE), (0x50, "I", 2)], b"xen-3.0-x86_64\0")
        return patch(PAGE_SIZE, [
            (0x20, "I", self.max_pfn), (0x24, "I", 0x7FF3D000), (0x28, "I", 0), (0x2C, "I", STORE),
            (0x30, "I", 1), (0x34, "I", CONSOLE), (0x38, "I", 2)], b"xen-3.0-x86_32p\0")

    def pages(self, pfns: Optional[Sequence[int]] = None) -> List[Page]:
        chosen = range(self.max_pfn) if pfns is None else pfns
        return [(pfn, *self.memory[pfn]) for pfn in chosen]

    # --- Xen's state of the guest

    def basic(self, vcpu: int) -> bytes:
        return self._basic_64(vcpu) if self.width == 8 else self._basic_32(vcpu)

    def _basic_64(self, vcpu: int) -> bytes:
        return patch(0x1430, [
            (0x200, "Q", 0x25),                                    # FPU valid, in kernel, online
            (0x268, "Q", START_INFO if vcpu == 0 else 0),          # rdx
            (0x288, "Q", KERNEL_64 + 0x13000), (0x290, "H", 0xE033),
            (0x298, "Q", 0x246), (0x2A0, "Q", KERNEL_64 + 0x14FF8), (0x2A8, "H", 0xE02B),
            (0x12E0, "Q", GDT), (0x1360, "Q", 32),
            (0x1368, "Q", 0xE02B), (0x1370, "Q", KERNEL_64 + 0x15000),
            (0x1378, "Q", 0x80050033), (0x1380, "Q", USER_TOP << 12 | 1),
            (0x1390, "Q", TOP << 12), (0x1398, "Q", 0x2660),
            (0x13B8 + 6 * 8, "Q", 0xFFFF0FF0), (0x13B8 + 7 * 8, "Q", 0x400),
            (0x13F8, "Q", KERNEL_64 + 0x13100), (0x1400, "Q", KERNEL_64 + 0x13200),
            (0x1408, "Q", KERNEL_64 + 0x13300), (0x1410, "Q", 0x20),
            (0x1418, "Q", 0x7F0012345000), (0x1420, "Q", KERNEL_64 + 0x10000), (0x1428, "Q", 0),
        ], fxsave())

    def _basic_32(self, vcpu: int) -> bytes:
        return patch(0xAF0, [
            (0x200, "I", 0x25),
            (0x20C, "I", START_INFO if vcpu == 0 else 0),          # edx
            (0x224, "I", KERNEL_32 + 0x13000), (0x228, "H", 0xE019),
            (0x22C, "I", 0x246), (0x230, "I", KERNEL_32 + 0x14FF8), (0x234, "H", 0xE021),
            (0xA50, "I", GDT), (0xA90, "I", 32),
            (0xA94, "I", 0xE021), (0xA98, "I", KERNEL_32 + 0x15000),
            (0xA9C, "I", 0x80050033), (0xAA8, "I", fold_cr3(TOP)), (0xAAC, "I", 0x2660),
            (0xABC + 6 * 4, "I", 0xFFFF0FF0), (0xABC + 7 * 4, "I", 0x400),
            (0xADC, "I", 0xE019), (0xAE0, "I", KERNEL_32 + 0x13100),
            (0xAE4, "I", 0xE019), (0xAE8, "I", KERNEL_32 + 0x13200), (0xAEC, "I", 0x2C),
        ], fxsave())

    def extended(self, vcpu: int, size: int = 64, inner_size: Optional[int] = None) -> bytes:
        kernel = KERNEL_64 if self.width == 8 else KERNEL_32
        selector = 0xE033 if self.width == 8 else 0xE019
        return patch(size, [
            (0, "I", vcpu), (4, "I", size if inner_size is None else inner_size),
            (8, "Q", kernel + 0x13400), (16, "Q", kernel + 0x13500), (24, "H", selector), (26, "H", selector)])

    def xsave(self, xstate_bv: int = 3, xcr0: int = policy.XCR0, accum: int = policy.XCR0) -> bytes:
        return struct.pack("<QQ", xcr0, accum) + xsave_area(xstate_bv, accum)

    def msrs(self, vcpu: int, xen: Tuple[int, int]) -> List[Tuple[int, int]]:
        """What is not zero: CPUID faulting since 4.10, TSC_AUX since 4.12."""
        found: List[Tuple[int, int]] = []
        if xen >= (4, 10):
            found.append((0x140, 1))
        if xen >= (4, 12) and vcpu:
            found.append((0xC0000103, vcpu))
        return found

    def shared_info(self) -> bytes:
        time = [field for vcpu in self.vcpus[:32] for field in (
            (vcpu * 64 + 32, "I", 0x1A), (vcpu * 64 + 40, "Q", 0x1F4A6A1D3B0), (vcpu * 64 + 48, "Q", 86543210000),
            (vcpu * 64 + 56, "I", 0xD5F1C9E7))]
        if self.width == 8:
            return patch(PAGE_SIZE, time + [(0xA00 + n * 8, "Q", (1 << 64) - 1) for n in range(64)] + [
                (0xC00, "I", 4), (0xC04, "I", 1700000000), (0xC08, "I", 123456789),
                (0xC10, "Q", self.max_pfn), (0xC18, "Q", 0x1200F), (0xC20, "Q", 0),
                (0xC28, "Q", (0x12000 + TOP) << 12), (0xC30, "Q", KERNEL_64 + P2M * PAGE_SIZE), (0xC38, "Q", 6)])
        return patch(PAGE_SIZE, time + [(0x880 + n * 4, "I", 0xFFFFFFFF) for n in range(32)] + [
            (0x900, "I", 4), (0x904, "I", 1700000000), (0x908, "I", 123456789),
            (0x90C, "I", self.max_pfn), (0x910, "I", 0x1200F), (0x914, "I", 0),
            (0x918, "I", fold_cr3(0x12000 + TOP)), (0x91C, "I", KERNEL_32 + P2M * PAGE_SIZE), (0x920, "I", 6)])

    # --- pieces of a stream

    def frames(self, order: str = LITTLE) -> Record:
        """One record for all: frame 0 is the real one, a larger guest's other frames are ordinary pages."""
        slots = PAGE_SIZE // self.width
        count = (self.max_pfn - 1) // slots + 1
        return libxc.p2m_frames(0, self.max_pfn - 1, [P2M] + list(range(18, 18 + count - 1)), order)

    def static(self, version: int, xen: Tuple[int, int], order: str) -> List[Item]:
        info: List[Item] = [libxc.pv_info(self.width, self.levels, order)]
        if version < 3:
            return info
        if xen[0]:
            info += [libxc.cpuid_policy(policy.cpuid_leaves(), order), libxc.msr_policy(policy.msrs(xen), order)]
        return info + [libxc.static_data_end(order)]

    def vcpu_records(self, vcpu: int, xen: Tuple[int, int], order: str) -> List[Item]:
        size = 64 if xen >= (4, 10) else 56
        records: List[Item] = [
            libxc.vcpu_basic(vcpu, self.basic(vcpu), order),
            libxc.vcpu_extended(vcpu, self.extended(vcpu, size), order),
            libxc.vcpu_xsave(vcpu, self.xsave(), order)]
        msrs = self.msrs(vcpu, xen)
        return records + ([libxc.vcpu_msrs(vcpu, msrs, order)] if msrs else [])

    def tail(self, xen: Tuple[int, int] = (4, 17), order: str = LITTLE) -> List[Item]:
        """What ends the stream, or a checkpoint."""
        records: List[Item] = [libxc.tsc_info(order=order), libxc.shared_info(self.shared_info(), order)]
        for vcpu in self.vcpus:
            records += self.vcpu_records(vcpu, xen, order)
        return records

    def start(self, version: int = 3, xen: Tuple[int, int] = (4, 17), order: str = LITTLE) -> List[Item]:
        """Headers, static records and P2M frames."""
        return [libxc.image_header(version, order), libxc.domain_header(libxc.PV, xen, order),
                *self.static(version, xen, order), self.frames(order)]

    def image(self, version: int = 3, xen: Tuple[int, int] = (4, 17), order: str = LITTLE,
              batch: int = 1024) -> List[Item]:
        """A whole libxc image of the suspended guest."""
        return [*self.start(version, xen, order), *libxc.batches(self.pages(), batch, order),
                *self.tail(xen, order), libxc.end(order)]


def fold_cr3(pfn: int) -> int:
    """cr3 of a 32-bit guest: the top bits of the frame number move into the bottom of the word."""
    return (pfn << 12 | pfn >> 20) & 0xFFFFFFFF


def stream(width: int = 8, **how: object) -> Stream:
    """The plainest stream of all: a bare libxc image."""
    return Stream(Guest(width).image(**how))  # type: ignore[arg-type]
