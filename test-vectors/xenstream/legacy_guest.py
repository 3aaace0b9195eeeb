# SPDX-License-Identifier: MIT
"""The guests of pv.py and hvm.py as old releases saved them.

A release is a tuple: (3, 0, 2), (3, 0, 4), (3, 1), (3, 2), (3, 4), (4, 0), (4, 1), (4, 2), (4, 3), (4, 5), (4, 5, 4).
"""

import struct
from typing import List, Optional, Sequence, Tuple

from . import hvm, legacy, libxc, libxl, pv
from .base import Item, fill
from .legacy import Batch, Image, Marker, Param

Release = Tuple[int, ...]

MFNS = 0x12000                # machine frame of pfn 0 where an old saver lets one slip through
ONLINE = 0x20                 # VGCF_online
LARGE_OID = 24
PHYSMAP = [(0xF0000000, 0xF0000000, 0x800000, b"vga.vram\0"), (0xFEBF0000, 0xF0800000, 0x10000, b"rom@0\0")]
DIRTY = ([2, 3, 15, 18], [15, 18, 19])    # what the PV guest touches between rounds: pages of no structure


class PvSaver:
    """Saves a PV guest the way of one release; the members are what vectors vary."""

    def __init__(self, tw: int = 8, gw: int = 8, release: Release = (4, 5),
                 vcpus: Optional[Sequence[int]] = None) -> None:
        self.tw, self.gw, self.release = tw, gw, release
        several = release >= (3, 1)
        self.guest = pv.Guest(gw, 2 if several else 1)
        self.vcpus = list(vcpus) if vcpus is not None else list(self.guest.vcpus)
        self.toolstack = release >= (4, 2)
        self.info = release >= (3, 0, 3)
        self.extv = release >= (3, 2)
        self.xcnt = release >= (4, 1)

    # --- pieces

    def holes(self, pages: Sequence[libxc.Page]) -> List[libxc.Page]:
        """A hole's entry says nothing since 4.0, and low bits of a machine frame before."""
        return [(0 if self.release >= (4, 0) else MFNS + pfn, kind, data) if kind == libxc.XTAB else (pfn, kind, data)
                for pfn, kind, data in pages]

    def batch(self, pfns: Sequence[int], compressed: bool = False) -> Batch:
        return Batch(self.tw, self.holes(self.guest.pages(pfns)), compressed)

    def batches(self) -> List[Item]:
        """All memory in two batches.  Since 4.1 no saver leaves a batch of holes alone."""
        return [self.batch(range(10)), self.batch(range(10, self.guest.max_pfn))]

    def basic(self, vcpu: int) -> bytes:
        context = bytearray(self.guest.basic(vcpu))
        if self.release < (3, 1):
            context[512] &= ~ONLINE
        return bytes(context)

    def extended(self, vcpu: int) -> bytes:
        """128 bytes whatever the hypervisor filled in; what is behind `size` is old hypercall memory."""
        size = 32 if self.release < (4, 2) else 40 if self.release < (4, 3) else 56
        return self.guest.extended(vcpu, size) + fill(0x500 + vcpu, 128 - size)

    def state(self, vcpu: int) -> legacy.VcpuState:
        return legacy.VcpuState(vcpu, self.basic(vcpu), self.extended(vcpu) if self.extv else None,
                                self.guest.xsave() if self.xcnt else None)

    def extended_info(self) -> legacy.ExtendedInfo:
        blocks = [(b"vcpu", self.basic(0))]
        if self.extv:
            blocks.append((b"extv", b""))
        if self.xcnt:
            blocks.append((b"xcnt", struct.pack("<I", 16 + len(self.guest.xsave()))))
        return legacy.ExtendedInfo(self.tw, blocks)

    def head(self) -> List[Item]:
        found: List[Item] = [legacy.P2mSize(self.tw, self.guest.max_pfn)]
        if self.info:
            found.append(self.extended_info())
        return found + [legacy.Frames(self.tw, [pv.P2M])]

    def closing(self, remus: bool = False) -> List[Item]:
        """Chunks behind the pages, up to the end of the body."""
        found: List[Item] = []
        if self.release >= (3, 1):
            found.append(legacy.VcpuInfo(max(self.vcpus), self.vcpus))
        if self.toolstack:
            found.append(legacy.Toolstack(self.tw))
        if self.release >= (4, 1) and not remus:
            found.append(Marker(legacy.LAST_CHECKPOINT))
        return found + [Marker(legacy.END)]

    def tail(self) -> List[Item]:
        states = [self.state(vcpu) for vcpu in self.vcpus]
        return [legacy.Unmapped(self.tw, pv.HOLES), *states, legacy.SharedInfo(self.guest.shared_info())]

    def tsc(self) -> List[Item]:
        return [legacy.Tsc()] if self.release >= (4, 0) else []

    # --- whole images

    def image(self) -> Image:
        return Image(self.tw, "pv", [*self.head(), *self.tsc(), *self.batches(), *self.closing(), *self.tail()])

    def live(self) -> Image:
        """Pages sent again after the first pass; the TSC when the guest stands still."""
        again = self.batch([2, 3, 18])
        return Image(self.tw, "pv", [*self.head(), *self.batches(), *self.tsc(), again, *self.closing(), *self.tail()])

    def touch(self, pfns: Sequence[int], seed: int) -> None:
        """The guest writes: a few words of each page change."""
        for pfn in pfns:
            kind, data = self.guest.memory[pfn]
            self.guest.memory[pfn] = (kind, data[:256] + fill(seed + pfn, 64) + data[320:-8] + fill(seed, 8))

    def remus(self, rounds: int = 1) -> Image:
        """Complete rounds, each behind the other.  The guest runs, so its time comes behind the pages."""
        items = [*self.head(), *self.batches(), *self.tsc(), *self.closing(remus=True), *self.tail()]
        for number in range(1, rounds):
            pfns = DIRTY[(number - 1) % 2]
            self.touch(pfns, 0x100 * number)
            items += [self.batch(pfns), *self.closing(remus=True), *self.tail()]
        return Image(self.tw, "pv", items)

    def compressed(self, longest: int = 127, chunks: int = 1) -> Image:
        """Two rounds.  In the second come a page table in full, an unchanged page, and pages of which words changed."""
        first = [*self.head(), *self.batches(), *self.tsc(), *self.closing(remus=True)]
        first.insert(len(first) - 1, Marker(legacy.ENABLE_COMPRESSION))
        first += self.tail()
        old = {pfn: data for pfn, (_, data) in self.guest.memory.items()}
        self.touch([2, 15, 18], 0x300)
        pfns = [2, 8, 14, 15, 18]
        units = []
        for pfn in pfns:
            kind, new = self.guest.memory[pfn]
            units.append(legacy.full(new) if kind else legacy.UNCHANGED if new == old[pfn]
                         else legacy.runs(old[pfn], new, longest))
        per_chunk = -(-len(units) // chunks)
        data: List[Item] = [legacy.Compressed(self.tw, b"".join(units[n:n + per_chunk]))
                            for n in range(0, len(units), per_chunk)]
        return Image(self.tw, "pv", [*first, self.batch(pfns, compressed=True), *data,
                                     *self.closing(remus=True), *self.tail()])


class HvmSaver:
    """Saves an HVM guest the way of one release."""

    def __init__(self, tw: int = 8, release: Release = (4, 5)) -> None:
        self.tw, self.release = tw, release
        self.guest = hvm.Guest(xen=(0, 1), viridian=False)
        self.viridian = 1
        self.qemu: Optional[str] = "xl" if release >= (4, 1) else "eof"
        self.toolstack = release >= (4, 2)

    def params(self) -> List[Param]:
        """In the saver's order; each release added some."""
        since = [((4, 2), legacy.GENERATION_ID, hvm.GENERATION << 12), ((3, 3), legacy.IDENT_PT, hvm.IDENT_PT << 12),
                 ((4, 2), legacy.PAGING, hvm.PAGING), ((4, 2), legacy.MONITOR, hvm.MONITOR),
                 ((4, 2), legacy.SHARING, hvm.SHARING), ((3, 4), legacy.VM86_TSS, hvm.VM86_TSS << 12),
                 ((4, 1), legacy.CONSOLE, hvm.CONSOLE), ((4, 1), legacy.ACPI, 1),
                 ((4, 1, 3), legacy.VIRIDIAN, self.viridian), ((4, 5), legacy.IOREQ_PFN, 14),
                 ((4, 5), legacy.IOREQ_PAGES, 2), ((4, 5, 4), legacy.X87_FIP, 8)]
        return [Param(chunk, value) for release, chunk, value in since if self.release >= release and value]

    def batch(self, pfns: Sequence[int]) -> Batch:
        """A hole's entry has its pfn before 4.1, nothing since."""
        pages = [(pfn if self.release < (4, 1) else 0, kind, data) if kind == libxc.XTAB else (pfn, kind, data)
                 for pfn, kind, data in self.guest.pages(list(pfns))]
        return Batch(self.tw, pages)

    def batches(self) -> List[Item]:
        return [self.batch(range(8)), self.batch(range(8, hvm.PAGES))]

    def closing(self, remus: bool = False) -> List[Item]:
        found: List[Item] = [legacy.VcpuInfo(1, [0, 1]), *self.params()]
        if self.toolstack:
            found.append(legacy.Toolstack(self.tw, PHYSMAP))
        if self.release >= (4, 1) and not remus:
            found.append(Marker(legacy.LAST_CHECKPOINT))
        return found + [Marker(legacy.END)]

    def context(self) -> bytes:
        return bytes(self.guest.context().body)

    def tail(self) -> List[Item]:
        found: List[Item] = [legacy.HvmTail(hvm.IOREQ, hvm.IOREQ + 1, hvm.STORE, self.context())]
        return found + ([legacy.Qemu(self.qemu, qemu_state(self.release))] if self.qemu else [])

    def head(self) -> List[Item]:
        return [legacy.P2mSize(self.tw, hvm.PAGES)]

    def tsc(self) -> List[Item]:
        return [legacy.Tsc()] if self.release >= (4, 0) else []

    def image(self) -> Image:
        return Image(self.tw, "hvm", [*self.head(), *self.tsc(), *self.batches(), *self.closing(), *self.tail()])

    def live(self) -> Image:
        """Since 4.2 a page that is dirty already is only announced in the first pass."""
        first = self.batch(range(8))
        first.pages[3] = (3, libxc.XALLOC, b"")
        return Image(self.tw, "hvm", [*self.head(), first, self.batch(range(8, hvm.PAGES)), *self.tsc(),
                                      self.batch([2, 3]), *self.closing(), *self.tail()])

    def remus(self, rounds: int = 2) -> Image:
        items = [*self.head(), *self.batches(), *self.tsc(), *self.closing(remus=True), *self.tail()]
        for number in range(1, rounds):
            for pfn in (2, 3, 9):
                self.guest.memory[pfn] = (libxc.NOTAB, fill(0x400 * number + pfn))
            items += [self.batch([2, 3, 9]), *self.closing(remus=True), *self.tail()]
        return Image(self.tw, "hvm", items)


def qemu_state(release: Release = (4, 5)) -> bytes:
    """qemu-traditional called its format version 2."""
    state = libxl.qemu_state()
    return state if release >= (4, 2) else state[:4] + struct.pack(">I", 2) + state[8:]
