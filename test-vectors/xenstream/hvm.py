# SPDX-License-Identifier: MIT
"""An HVM guest of 32 pages and two vCPUs, and its PVH sibling without a device model.

pfn 0-15 are ordinary, 16-21 a hole, 22-31 the special pages that a toolstack puts at the end.  A real guest has
its special pages just below 4 GiB, so that its streams describe a million holes; good-hvm-holes does that too.
"""

import struct
from typing import Dict, List, Optional, Tuple

from . import libxc, policy
from .base import LITTLE, PAGE_SIZE, Item, Record, Stream, fill, fxsave, patch, xsave_area

PAGES = 32
HOLES = range(16, 22)
PAGING, MONITOR, SHARING, STORE, CONSOLE, IDENT_PT, IOREQ, VM86_TSS, GENERATION = 22, 23, 24, 25, 26, 27, 28, 30, 31

# Entry types of the HVM context.
(END, HEADER, CPU, PIC, IOAPIC, LAPIC, LAPIC_REGS, PCI_IRQ, ISA_IRQ, PCI_LINK, PIT, RTC, HPET, PMTIMER, MTRR,
 VIRIDIAN_DOMAIN, CPU_XSAVE, VIRIDIAN_VCPU, VMCE_VCPU, TSC_ADJUST, CPU_MSR) = range(21)

MAGIC = 0x54381286

Entry = Tuple[int, int, bytes]  # type, instance, payload


def encode_context(entries: List[Entry]) -> bytes:
    return b"".join(struct.pack("<HHI", kind, instance, len(body)) + body for kind, instance, body in entries)


class Guest:
    def __init__(self, pvh: bool = False, vcpus: int = 2, xen: Tuple[int, int] = (4, 17),
                 viridian: bool = False, shift: int = 0) -> None:
        self.pvh = pvh
        self.shift = shift            # how much further up the special pages are
        self.xen = xen
        self.viridian = viridian
        self.vcpus = list(range(vcpus))
        self.xsave = True
        self.memory: Dict[int, Tuple[int, bytes]] = {}
        for pfn in range(HOLES.start):
            self.memory[pfn] = (libxc.NOTAB, fill(pfn + 100) if pfn % 7 else bytes(PAGE_SIZE))
        for pfn in range(HOLES.start, HOLES.stop + shift):
            self.memory[pfn] = (libxc.XTAB, b"")
        for pfn in range(PAGING, PAGES):
            self.memory[pfn + shift] = (libxc.NOTAB, bytes(PAGE_SIZE))
        for pfn in (IDENT_PT, VM86_TSS):
            self.memory[pfn + shift] = (libxc.NOTAB, fill(pfn + 100))
        if pvh:
            for pfn in (PAGING, MONITOR, SHARING, IOREQ, IOREQ + 1, GENERATION):
                self.memory[pfn + shift] = (libxc.XTAB, b"")

    def pages(self, pfns: Optional[List[int]] = None) -> List[libxc.Page]:
        return [(pfn, *self.memory[pfn]) for pfn in (sorted(self.memory) if pfns is None else pfns)]

    # --- HVM context

    def header(self) -> bytes:
        return struct.pack("<IIQII", MAGIC, 1, (1 << 64) - 1, 0x000306C3, 2394230)

    def cpu(self, vcpu: int) -> bytes:
        """Long mode with paging, flat segments."""
        size = 1032 if self.xen >= (4, 7) else 1024
        selectors = (0x10, 0, 0, 0, 0, 0x18, 0x40, 0)
        limits = (0xFFFFFFFF,) * 6 + (0x206F, 0, 0xFFF, 0x7F)
        access = (0xA09B, 0xC093, 0xC093, 0xC093, 0xC093, 0xC093, 0x8B, 0x10000)
        fields = [(624, "Q", vcpu)]                                    # r14
        fields += [(640, "Q", 0xFFFFFFFF81000000), (648, "Q", 0x246)]  # rip, rflags
        fields += [(656, "Q", 0x80050033), (672, "Q", 4 << 12), (680, "Q", 0x406F0)]
        fields += [(720, "Q", 0xFFFF0FF0), (728, "Q", 0x400)]
        fields += [(736 + 4 * n, "I", value) for n, value in enumerate(selectors)]
        fields += [(768 + 4 * n, "I", value) for n, value in enumerate(limits)]
        fields += [(808 + 8 * n, "Q", 0xFFFFFFFF82000000 + n * 0x1000) for n in (6, 8, 9)]
        fields += [(888 + 4 * n, "I", value) for n, value in enumerate(access)]
        fields += [(960, "Q", 0xFFFFFFFF81001000), (968, "Q", 0x0023001000000000)]
        fields += [(976, "Q", 0xFFFFFFFF81002000), (984, "Q", 0x47700), (992, "Q", 0xD01)]
        fields += [(1000, "Q", vcpu), (1008, "Q", 0x1F4A6A1D3B0)]
        if size == 1032:
            fields += [(1024, "I", 1)]                                 # FPU initialised
        return patch(size, fields, fxsave())

    def pic(self, instance: int) -> bytes:
        master = instance == 0
        return bytes([0, 0xFB if master else 0xFF, 0, 0x30 if master else 0x38,
                      0, 0x40 if master else 0, 0x04 if master else 0, 0])

    def ioapic(self) -> bytes:
        return struct.pack("<QII", 0xFEC00000, 0, 0) + struct.pack("<Q", 1 << 16) * 48

    def lapic(self, vcpu: int) -> bytes:
        size = 32 if self.xen >= (4, 21) else 24
        base = 0xFEE00800 | (0x100 if vcpu == 0 else 0)
        return patch(size, [(0, "Q", base), (8, "I", 0), (12, "I", 0)])

    def lapic_regs(self, vcpu: int) -> bytes:
        return patch(1024, [(0x20, "I", (vcpu * 2 & 0xFF) << 24), (0x30, "I", 0x50014), (0xE0, "I", 0xFFFFFFFF),
                            (0xF0, "I", 0x1FF), (0x320, "I", 0x10000), (0x350, "I", 0x10000), (0x360, "I", 0x10000),
                            (0x370, "I", 0x10000)])

    def pit(self) -> bytes:
        channel = struct.pack("<IH10B", 0x10000, 0, 0, 0, 0, 0, 0, 0, 3, 3, 0, 1)
        speaker = struct.pack("<IH10B", 0x10000, 0, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0)
        return channel * 2 + speaker + struct.pack("<II", 0, 0)

    def rtc(self) -> bytes:
        size = 24 if self.xen >= (4, 14) else 16
        return patch(size, [(10, "B", 0x26), (11, "B", 0x02), (13, "B", 0x80)])

    def hpet(self) -> bytes:
        return patch(1048, [(0, "Q", 0x0429B17F8086A201), (0xF0, "Q", 0)]
                     + [(0x100 + 0x20 * n, "Q", 0x00F0000000000030) for n in range(3)])

    def mtrr(self) -> bytes:
        fixed = [(136 + 8 * n, "Q", 0x0606060606060606) for n in range(11)]
        return patch(240, [(0, "Q", 0x0007040600070406), (224, "Q", 0x508), (232, "Q", 0xC06)] + fixed)

    def cpu_xsave(self) -> bytes:
        return struct.pack("<QQQ", policy.XCR0, policy.XCR0, policy.XCR0) + xsave_area(3, policy.XCR0)

    def viridian_vcpu(self) -> bytes:
        size = 216 if self.xen >= (4, 13) else 16 if self.xen >= (4, 7) else 8
        return patch(size, [(0, "Q", 0)])

    def vmce(self) -> bytes:
        return bytes(32 if self.xen >= (4, 10) else 24)

    def cpu_msr(self) -> bytes:
        """CPUID faulting, the only MSR of the list that a guest without special features has set."""
        return struct.pack("<II", 1, 0) + struct.pack("<IIQ", 0x140, 0, 1)

    def entries(self) -> List[Entry]:
        """All entries, ascending by type, then by instance."""
        each = self.vcpus
        found: List[Entry] = [(HEADER, 0, self.header())]
        found += [(CPU, v, self.cpu(v)) for v in each]
        if not self.pvh:
            found += [(PIC, 0, self.pic(0)), (PIC, 1, self.pic(1)), (IOAPIC, 0, self.ioapic())]
        found += [(LAPIC, v, self.lapic(v)) for v in each]
        found += [(LAPIC_REGS, v, self.lapic_regs(v)) for v in each]
        found += [(PCI_IRQ, 0, bytes(16)), (ISA_IRQ, 0, bytes(8)), (PCI_LINK, 0, bytes([5, 10, 11, 5, 0, 0, 0, 0]))]
        if not self.pvh:
            found += [(PIT, 0, self.pit()), (RTC, 0, self.rtc()), (HPET, 0, self.hpet()),
                      (PMTIMER, 0, struct.pack("<IHH", 0x123456, 1, 0x0120))]
        found += [(MTRR, v, self.mtrr()) for v in each]
        if self.viridian:
            found += [(VIRIDIAN_DOMAIN, 0, struct.pack("<QQQQ", 0, 0, 0, 0))]
        if self.xsave:
            found += [(CPU_XSAVE, v, self.cpu_xsave()) for v in each]
        if self.viridian:
            found += [(VIRIDIAN_VCPU, v, self.viridian_vcpu()) for v in each]
        found += [(VMCE_VCPU, v, self.vmce()) for v in each]
        found += [(TSC_ADJUST, v, bytes(8)) for v in each]
        if self.xen >= (4, 10):
            found += [(CPU_MSR, v, self.cpu_msr()) for v in each]
        return found + [(END, 0, b"")]

    def context(self, order: str = LITTLE) -> Record:
        return libxc.hvm_context(encode_context(self.entries()), order)

    # --- HVM parameters, in the saver's order, zero values left out

    def params(self) -> List[Tuple[int, int]]:
        """The order is the saver's; which ones there are depends on the release."""
        up = self.shift
        found = [(1, STORE + up)]
        if not self.pvh:
            if self.xen < (4, 11):
                found += [(5, IOREQ + up), (6, IOREQ + up + 1)]
            found += [(27, PAGING + up), (28, MONITOR + up), (29, SHARING + up)]
        if self.xen >= (4, 9):
            found += [(37, 0x70 << 32 | (VM86_TSS + up) << 12)]
        else:
            found += [(15, (VM86_TSS + up) << 12)]
        found += [(17, CONSOLE + up)]
        if not self.pvh:
            found += [(19, 1)]
        if self.viridian:
            found += [(9, 0x67)]
        found += [(12, (IDENT_PT + up) << 12)]
        if self.xen < (4, 14):
            found += [(4, 1)]
        if not self.pvh:
            found += [(34, (GENERATION + up) << 12)]
            if self.xen >= (4, 11):
                found += [(32, IOREQ + up), (33, 2)]
        return found + ([(36, 8)] if self.xen >= (4, 7) else [])

    # --- pieces of a stream

    def static(self, version: int, order: str) -> List[Item]:
        if version < 3:
            return []
        if not self.xen[0]:
            return [libxc.static_data_end(order)]
        return [libxc.cpuid_policy(policy.cpuid_leaves(), order),
                libxc.msr_policy(policy.msrs(self.xen), order), libxc.static_data_end(order)]

    def start(self, version: int = 3, order: str = LITTLE) -> List[Item]:
        return [libxc.image_header(version, order), libxc.domain_header(libxc.HVM, self.xen, order),
                *self.static(version, order)]

    def tail(self, order: str = LITTLE) -> List[Item]:
        """Context before parameters: the spec wants it the other way round, but no saver does."""
        return [libxc.tsc_info(order=order), self.context(order), libxc.hvm_params(self.params(), order)]

    def image(self, version: int = 3, order: str = LITTLE, batch: int = 1024) -> List[Item]:
        return [*self.start(version, order), *libxc.batches(self.pages(), batch, order),
                *self.tail(order), libxc.end(order)]


def stream(pvh: bool = False, **how: object) -> Stream:
    return Stream(Guest(pvh).image(**how))  # type: ignore[arg-type]
