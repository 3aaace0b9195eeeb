# SPDX-License-Identifier: MIT
"""Bad HVM_CONTEXT and HVM_PARAMS."""

import struct
from typing import Callable, List, Tuple

from xenstream import hvm, libxc
from xenstream.base import Item, Record, Stream, Xc
from xenstream.hvm import Entry

from . import bases
from .catalogue import bad


def put(s: Stream, entries: List[Entry]) -> Record:
    record = libxc.hvm_context(hvm.encode_context(entries))
    s.replace(s.first(Xc.HVM_CONTEXT), record)
    return record


def change(s: Stream, kind: int, edit: Callable[[bytearray], object], instance: int = 0) -> Record:
    """Edits the payload of one entry; an edit may also change its length."""
    entries = []
    for code, number, body in hvm.Guest().entries():
        if code == kind and number == instance:
            data = bytearray(body)
            edit(data)
            body = bytes(data)
        entries.append((code, number, body))
    return put(s, entries)


def poke(letter: str, offset: int, value: int) -> Callable[[bytearray], object]:
    return lambda data: struct.pack_into("<" + letter, data, offset, value)


def resize(size: int) -> Callable[[bytearray], object]:
    def edit(data: bytearray) -> None:
        data[:] = data[:size] + bytes(max(0, size - len(data)))
    return edit


# --- HVM_CONTEXT: the walk


@bad(bases.hvm_image, "hvm_context.length")
def hvm_context_empty(s: Stream) -> Item:
    """No body."""
    s.first(Xc.HVM_CONTEXT).body = bytearray()
    return s.first(Xc.HVM_CONTEXT)


@bad(bases.hvm_image, "hvm_context.walk", "hvm_context.end")
def hvm_context_cut_in_payload(s: Stream) -> Item:
    """The blob ends inside the payload of its last vCPU entry."""
    record = s.first(Xc.HVM_CONTEXT)
    del record.body[-16:]
    return record


@bad(bases.hvm_image, "hvm_context.walk", "hvm_context.end")
def hvm_context_cut_in_header(s: Stream) -> Item:
    """The blob ends inside an entry's header."""
    record = s.first(Xc.HVM_CONTEXT)
    del record.body[-4:]
    return record


@bad(bases.hvm_image, "hvm_context.walk")
def hvm_context_length_max(s: Stream) -> Item:
    """An entry claims 4 GiB - 1 of payload."""
    return s.first(Xc.HVM_CONTEXT).set_native("I", 4 + 32, 0xFFFFFFFF)


@bad(bases.hvm_image, "hvm_context.header")
def hvm_context_no_header(s: Stream) -> Item:
    """The HEADER entry is missing."""
    return put(s, hvm.Guest().entries()[1:])


@bad(bases.hvm_image, "hvm_context.header")
def hvm_context_header_second(s: Stream) -> Item:
    """The HEADER entry comes second."""
    entries = hvm.Guest().entries()
    entries[0], entries[1] = entries[1], entries[0]
    return put(s, entries)


@bad(bases.hvm_image, "hvm_context.header")
def hvm_context_magic(s: Stream) -> Item:
    """The magic of HEADER is wrong."""
    return change(s, hvm.HEADER, poke("I", 0, 0x54381287))


@bad(bases.hvm_image, "hvm_context.header")
def hvm_context_version(s: Stream) -> Item:
    """The version of HEADER is 2."""
    return change(s, hvm.HEADER, poke("I", 4, 2))


@bad(bases.hvm_image, "hvm_context.end")
def hvm_context_no_end(s: Stream) -> Item:
    """The END entry is missing."""
    return put(s, hvm.Guest().entries()[:-1])


@bad(bases.hvm_image, "hvm_context.end")
def hvm_context_end_with_payload(s: Stream) -> Item:
    """The END entry has a payload."""
    return put(s, hvm.Guest().entries()[:-1] + [(hvm.END, 0, bytes(8))])


@bad(bases.hvm_image, "hvm_context.end")
def hvm_context_behind_end(s: Stream) -> Item:
    """8 bytes behind the END entry, which Xen ignores."""
    record = s.first(Xc.HVM_CONTEXT)
    record.body += bytes(8)
    return record


@bad(bases.hvm_image, "hvm_context.code")
def hvm_context_code_21(s: Stream) -> Item:
    """Type 21, the first without a meaning."""
    return put(s, hvm.Guest().entries()[:-1] + [(21, 0, bytes(8)), (hvm.END, 0, b"")])


@bad(bases.hvm_image, "hvm_context.code")
def hvm_context_code_22(s: Stream) -> Item:
    """Type 22, kept for Amazon and unknown to Xen."""
    return put(s, hvm.Guest().entries()[:-1] + [(22, 0, bytes(8)), (hvm.END, 0, b"")])


@bad(bases.hvm_image, "hvm_context.order")
def hvm_context_not_ascending(s: Stream) -> Item:
    """MTRR before PMTIMER."""
    entries = hvm.Guest().entries()
    place = next(n for n, entry in enumerate(entries) if entry[0] == hvm.PMTIMER)
    entries[place], entries[place + 1] = entries[place + 1], entries[place]
    return put(s, entries)


@bad(bases.hvm_image, "hvm_context.order")
def hvm_context_instances_descending(s: Stream) -> Item:
    """The CPU entry of vCPU 1 before that of vCPU 0."""
    entries = hvm.Guest().entries()
    entries[1], entries[2] = entries[2], entries[1]
    return put(s, entries)


@bad(bases.hvm_image, "hvm_context.duplicate")
def hvm_context_duplicate(s: Stream) -> Item:
    """The IOAPIC twice."""
    entries = hvm.Guest().entries()
    place = next(n for n, entry in enumerate(entries) if entry[0] == hvm.IOAPIC)
    return put(s, entries[:place] + [entries[place]] + entries[place:])


def without(s: Stream, *gone: Tuple[int, int]) -> Record:
    return put(s, [entry for entry in hvm.Guest().entries() if entry[:2] not in gone])


@bad(bases.hvm_image, "hvm_context.missing")
def hvm_context_no_cpu(s: Stream) -> Item:
    """No CPU entry at all: all vCPUs stay down."""
    return without(s, (hvm.CPU, 0), (hvm.CPU, 1))


@bad(bases.hvm_image, "hvm_context.missing")
def hvm_context_no_mtrr(s: Stream) -> Item:
    """vCPU 1 has no MTRR entry."""
    return without(s, (hvm.MTRR, 1))


@bad(bases.hvm_image, "hvm_context.missing")
def hvm_context_no_lapic_regs(s: Stream) -> Item:
    """vCPU 0 has no LAPIC_REGS entry."""
    return without(s, (hvm.LAPIC_REGS, 0))


# --- HVM_CONTEXT: sizes and instances


@bad(bases.hvm_image, "hvm_context.size")
def hvm_header_size(s: Stream) -> Item:
    """A HEADER of 16 bytes."""
    return change(s, hvm.HEADER, resize(16))


@bad(bases.hvm_image, "hvm_context.size")
def hvm_cpu_size(s: Stream) -> Item:
    """A CPU entry of 1040 bytes, larger than any release makes."""
    return change(s, hvm.CPU, resize(1040))


@bad(bases.hvm_image, "hvm_context.size")
def hvm_pic_size(s: Stream) -> Item:
    """A PIC entry of 16 bytes."""
    return change(s, hvm.PIC, resize(16))


@bad(bases.hvm_image, "hvm_context.size")
def hvm_ioapic_size(s: Stream) -> Item:
    """An IOAPIC with 24 pins instead of 48."""
    return change(s, hvm.IOAPIC, resize(16 + 24 * 8))


@bad(bases.hvm_image, "hvm_context.size")
def hvm_lapic_size(s: Stream) -> Item:
    """A LAPIC entry of 16 bytes."""
    return change(s, hvm.LAPIC, resize(16))


@bad(bases.hvm_image, "hvm_context.size")
def hvm_lapic_regs_size(s: Stream) -> Item:
    """A LAPIC_REGS entry of a whole page."""
    return change(s, hvm.LAPIC_REGS, resize(4096))


@bad(bases.hvm_image, "hvm_context.size")
def hvm_pci_irq_size(s: Stream) -> Item:
    """A PCI_IRQ entry of 8 bytes."""
    return change(s, hvm.PCI_IRQ, resize(8))


@bad(bases.hvm_image, "hvm_context.size")
def hvm_pit_size(s: Stream) -> Item:
    """A PIT entry of 48 bytes."""
    return change(s, hvm.PIT, resize(48))


@bad(bases.hvm_image, "hvm_context.size")
def hvm_rtc_size(s: Stream) -> Item:
    """An RTC entry of 32 bytes."""
    return change(s, hvm.RTC, resize(32))


@bad(bases.hvm_image, "hvm_context.size")
def hvm_hpet_size(s: Stream) -> Item:
    """An HPET entry of 1040 bytes."""
    return change(s, hvm.HPET, resize(1040))


@bad(bases.hvm_image, "hvm_context.size")
def hvm_mtrr_size(s: Stream) -> Item:
    """An MTRR entry of 232 bytes."""
    return change(s, hvm.MTRR, resize(232))


@bad(bases.hvm_image, "hvm_context.size")
def hvm_vmce_size(s: Stream) -> Item:
    """A VMCE_VCPU entry of 40 bytes."""
    return change(s, hvm.VMCE_VCPU, resize(40))


@bad(bases.hvm_image, "hvm_context.size")
def hvm_tsc_adjust_size(s: Stream) -> Item:
    """A TSC_ADJUST entry of 16 bytes."""
    return change(s, hvm.TSC_ADJUST, resize(16))


@bad(bases.hvm_image, "hvm_context.instance")
def hvm_pic_instance_2(s: Stream) -> Item:
    """A third PIC."""
    return put(s, [(code, 2 if (code, number) == (hvm.PIC, 1) else number, body)
                   for code, number, body in hvm.Guest().entries()])


@bad(bases.hvm_image, "hvm_context.instance")
def hvm_hpet_instance_1(s: Stream) -> Item:
    """The HPET as instance 1."""
    return put(s, [(code, 1 if code == hvm.HPET else number, body) for code, number, body in hvm.Guest().entries()])


@bad(bases.hvm_image, "hvm_context.instance")
def hvm_cpu_instance_max(s: Stream) -> Item:
    """The CPU entry of vCPU 65535."""
    return put(s, [(code, 65535 if (code, number) == (hvm.CPU, 1) else number, body)
                   for code, number, body in hvm.Guest().entries()])


# --- HVM_CONTEXT: values that Xen refuses


@bad(bases.hvm_image, "hvm_context.value")
def hvm_cpu_cr0_paging_without_protection(s: Stream) -> Item:
    """cr0 with PG but without PE."""
    return change(s, hvm.CPU, poke("Q", 656, 0x80050032))


@bad(bases.hvm_image, "hvm_context.value")
def hvm_cpu_cr0_without_et(s: Stream) -> Item:
    """cr0 without ET, which is always set."""
    return change(s, hvm.CPU, poke("Q", 656, 0x80050023))


@bad(bases.hvm_image, "hvm_context.value")
def hvm_cpu_cr0_upper_half(s: Stream) -> Item:
    """cr0 with a bit above 31."""
    return change(s, hvm.CPU, poke("Q", 656, 1 << 32 | 0x80050033))


@bad(bases.hvm_image, "hvm_context.value")
def hvm_cpu_efer_lma_without_lme(s: Stream) -> Item:
    """EFER with LMA but without LME."""
    return change(s, hvm.CPU, poke("Q", 992, 0xC01))


@bad(bases.hvm_image, "hvm_context.value")
def hvm_cpu_dr7_upper_half(s: Stream) -> Item:
    """dr7 with a bit above 31."""
    return change(s, hvm.CPU, poke("Q", 728, 1 << 32 | 0x400))


@bad(bases.hvm_image, "hvm_context.value")
def hvm_cpu_tsc_aux_upper_half(s: Stream) -> Item:
    """TSC_AUX with a bit above 31."""
    return change(s, hvm.CPU, poke("Q", 1000, 1 << 40))


@bad(bases.hvm_image, "hvm_context.value")
def hvm_cpu_flags(s: Stream) -> Item:
    """An unknown flag of the CPU entry."""
    return change(s, hvm.CPU, poke("I", 1024, 3))


@bad(bases.hvm_image, "hvm_context.value")
def hvm_cpu_pad(s: Stream) -> Item:
    """The last word of the CPU entry, which must be zero, is not."""
    return change(s, hvm.CPU, poke("I", 1028, 1))


@bad(bases.hvm_image, "hvm_context.value")
def hvm_cpu_cr3_too_wide(s: Stream) -> Item:
    """cr3 beyond the physical address width of the CPUID policy (39 bits)."""
    return change(s, hvm.CPU, poke("Q", 672, 1 << 40))


@bad(bases.hvm_image, "hvm_context.value")
def hvm_pic_two_masters(s: Stream) -> Item:
    """The slave PIC says that it is the master."""
    return change(s, hvm.PIC, poke("B", 5, 0x40), 1)


@bad(bases.hvm_image, "hvm_context.value")
def hvm_pic_output(s: Stream) -> Item:
    """A PIC whose output is 2."""
    return change(s, hvm.PIC, poke("B", 7, 2))


@bad(bases.hvm_image, "hvm_context.value")
def hvm_pic_output_in_init(s: Stream) -> Item:
    """A PIC with output although it is being initialised."""
    def edit(data: bytearray) -> None:
        data[4] = 1
        data[7] = 1
    return change(s, hvm.PIC, edit)


@bad(bases.hvm_image, "hvm_context.value")
def hvm_lapic_x2apic_without_enable(s: Stream) -> Item:
    """A LAPIC in x2APIC mode that is not enabled."""
    return change(s, hvm.LAPIC, poke("Q", 0, 0xFEE00500))


@bad(bases.hvm_image, "hvm_context.value")
def hvm_pci_link_route(s: Stream) -> Item:
    """A PCI link routed to interrupt 16."""
    return change(s, hvm.PCI_LINK, poke("B", 0, 16))


@bad(bases.hvm_image, "hvm_context.value")
def hvm_pci_link_pad(s: Stream) -> Item:
    """Padding of the PCI_LINK entry is not zero."""
    return change(s, hvm.PCI_LINK, poke("B", 7, 1))


@bad(bases.hvm_image, "hvm_context.value")
def hvm_pit_count(s: Stream) -> Item:
    """A PIT channel counts from 0x10001."""
    return change(s, hvm.PIT, poke("I", 0, 0x10001))


@bad(bases.hvm_image, "hvm_context.value")
def hvm_pit_gate(s: Stream) -> Item:
    """Gate of PIT channel 0 is shut."""
    return change(s, hvm.PIT, poke("B", 15, 0))


@bad(bases.hvm_image, "hvm_context.value")
def hvm_pit_speaker(s: Stream) -> Item:
    """The PIT's speaker bit is 2."""
    return change(s, hvm.PIT, poke("I", 48, 2))


@bad(bases.hvm_image, "hvm_context.value")
def hvm_mtrr_count(s: Stream) -> Item:
    """MTRR capability with nine variable ranges."""
    return change(s, hvm.MTRR, poke("Q", 224, 0x509))


# --- HVM_CONTEXT: xsave and MSRs


@bad(bases.hvm_image, "hvm_context.xsave")
def hvm_xsave_xcr0(s: Stream) -> Item:
    """xcr0 outside xcr0_accum."""
    return change(s, hvm.CPU_XSAVE, poke("Q", 16, 3))


@bad(bases.hvm_image, "hvm_context.xsave")
def hvm_xsave_no_x87(s: Stream) -> Item:
    """xcr0 without x87."""
    return change(s, hvm.CPU_XSAVE, poke("Q", 8, 6))


@bad(bases.hvm_image, "hvm_context.xsave")
def hvm_xsave_xstate_bv(s: Stream) -> Item:
    """xstate_bv outside xcr0_accum."""
    return change(s, hvm.CPU_XSAVE, poke("Q", 24 + 512, 0xFF))


@bad(bases.hvm_image, "hvm_context.xsave")
def hvm_xsave_compacted(s: Stream) -> Item:
    """A compacted area."""
    return change(s, hvm.CPU_XSAVE, poke("Q", 24 + 520, 1 << 63))


@bad(bases.hvm_image, "hvm_context.xsave", "hvm_context.size")
def hvm_xsave_short(s: Stream) -> Item:
    """An area of 568 bytes, less than its own header needs."""
    return change(s, hvm.CPU_XSAVE, resize(24 + 568))


@bad(bases.hvm_image, "hvm_context.xsave", "hvm_context.size")
def hvm_xsave_no_avx_state(s: Stream) -> Item:
    """An area without room for the AVX state that xcr0_accum has."""
    return change(s, hvm.CPU_XSAVE, resize(24 + 576))


@bad(bases.hvm_image, "hvm_context.msr", "hvm_context.size")
def hvm_msr_count(s: Stream) -> Item:
    """CPU_MSR says two and holds one."""
    return change(s, hvm.CPU_MSR, poke("I", 0, 2))


@bad(bases.hvm_image, "hvm_context.msr", "hvm_context.size")
def hvm_msr_count_wraps(s: Stream) -> Item:
    """CPU_MSR count 0x10000001, which times 16 is 16 in 32 bits."""
    return change(s, hvm.CPU_MSR, poke("I", 0, 0x10000001))


@bad(bases.hvm_image, "hvm_context.msr")
def hvm_msr_reserved(s: Stream) -> Item:
    """The reserved word of an MSR is not zero."""
    return change(s, hvm.CPU_MSR, poke("I", 8 + 4, 1))


@bad(bases.hvm_image, "hvm_context.msr")
def hvm_msr_index(s: Stream) -> Item:
    """An MSR that Xen does not load from here."""
    return change(s, hvm.CPU_MSR, poke("I", 8, 0x1B))


# --- HVM_PARAMS


def with_params(s: Stream, params: List[Tuple[int, int]]) -> Record:
    record = libxc.hvm_params(params)
    s.replace(s.first(Xc.HVM_PARAMS), record)
    return record


def plus(s: Stream, *more: Tuple[int, int]) -> Record:
    return with_params(s, hvm.Guest().params() + list(more))


@bad(bases.hvm_image, "hvm_params.length")
def hvm_params_short(s: Stream) -> Item:
    """A body of 4 bytes."""
    record = s.first(Xc.HVM_PARAMS)
    del record.body[4:]
    return record


@bad(bases.hvm_image, "hvm_params.length")
def hvm_params_count_low(s: Stream) -> Item:
    """The count is one less than the entries."""
    record = s.first(Xc.HVM_PARAMS)
    return record.set("I", 0, record.get("I", 0) - 1)


@bad(bases.hvm_image, "hvm_params.length")
def hvm_params_count_high(s: Stream) -> Item:
    """The count is one more than the entries."""
    record = s.first(Xc.HVM_PARAMS)
    return record.set("I", 0, record.get("I", 0) + 1)


@bad(bases.hvm_image, "hvm_params.length")
def hvm_params_count_wraps(s: Stream) -> Item:
    """The count is right in its lower 28 bits only: times 16 it wraps to the right size in 32 bits."""
    record = s.first(Xc.HVM_PARAMS)
    return record.set("I", 0, record.get("I", 0) | 0x10000000)


@bad(bases.hvm_image, "hvm_params.reserved")
def hvm_params_reserved(s: Stream) -> Item:
    """The reserved word is not zero."""
    return s.first(Xc.HVM_PARAMS).set("I", 4, 1)


@bad(bases.hvm_image, "hvm_params.empty")
def hvm_params_count_0(s: Stream) -> Item:
    """Count 0, in an image of Xen 4.17."""
    return with_params(s, [])


@bad(bases.hvm_image, "hvm_params.index")
def hvm_params_index_39(s: Stream) -> Item:
    """Parameter 39, the first that no release knows."""
    return plus(s, (39, 1))


@bad(bases.hvm_image, "hvm_params.index")
def hvm_params_index_64_bits(s: Stream) -> Item:
    """Index 0x100000013: Xen's restorer would cut it to 19."""
    return plus(s, (1 << 32 | 19, 1))


@bad(bases.hvm_image, "hvm_params.index", "hvm_params.refused")
def hvm_params_index_3(s: Stream) -> Item:
    """Parameter 3, which has no meaning."""
    return plus(s, (3, 1))


@bad(bases.hvm_image, "hvm_params.refused")
def hvm_params_dm_domain(s: Stream) -> Item:
    """DM_DOMAIN, which Xen refuses to set since 4.17."""
    return plus(s, (13, 1))


@bad(bases.hvm_image, "hvm_params.refused")
def hvm_params_nested(s: Stream) -> Item:
    """NESTEDHVM, which went to the domain's creation."""
    return plus(s, (24, 1))


@bad(bases.hvm_image, "hvm_params.old_pae")
def hvm_params_pae(s: Stream) -> Item:
    """PAE_ENABLED in an image of Xen 4.17."""
    return plus(s, (4, 1))


@bad(bases.hvm_image, "hvm_params.duplicate")
def hvm_params_twice(s: Stream) -> Item:
    """CONSOLE_PFN twice with different values."""
    return plus(s, (17, hvm.CONSOLE - 1))


@bad(bases.hvm_image, "hvm_params.zero")
def hvm_params_zero_value(s: Stream) -> Item:
    """A parameter with value 0, which savers leave out."""
    return plus(s, (38, 0))


@bad(bases.hvm_image, "hvm_params.value")
def hvm_params_acpi_location(s: Stream) -> Item:
    """ACPI_IOPORTS_LOCATION 2."""
    return with_params(s, [(i, 2 if i == 19 else v) for i, v in hvm.Guest().params()])


@bad(bases.hvm_image, "hvm_params.value")
def hvm_params_ioreq_pages(s: Stream) -> Item:
    """65 pages for ioreq servers."""
    return with_params(s, [(i, 65 if i == 33 else v) for i, v in hvm.Guest().params()])


@bad(bases.hvm_image, "hvm_params.value")
def hvm_params_fip_width(s: Stream) -> Item:
    """X87_FIP_WIDTH 5."""
    return with_params(s, [(i, 5 if i == 36 else v) for i, v in hvm.Guest().params()])


@bad(bases.hvm_image, "hvm_params.value")
def hvm_params_tss_size(s: Stream) -> Item:
    """A TSS of 103 bytes, one too small."""
    return with_params(s, [(i, 103 << 32 | hvm.VM86_TSS << 12 if i == 37 else v) for i, v in hvm.Guest().params()])


@bad(bases.hvm_image, "hvm_params.value")
def hvm_params_viridian_base(s: Stream) -> Item:
    """VIRIDIAN without its base bit."""
    return plus(s, (9, 2))


@bad(bases.hvm_image, "hvm_params.value")
def hvm_params_viridian_unknown(s: Stream) -> Item:
    """VIRIDIAN with a bit that no release defines."""
    return plus(s, (9, 1 << 40 | 1))


@bad(bases.hvm_image, "hvm_params.value")
def hvm_params_mca_cap(s: Stream) -> Item:
    """MCA_CAP with a bit besides bit 0."""
    return plus(s, (38, 2))


@bad(bases.hvm_image, "hvm_params.value")
def hvm_params_timer_mode(s: Stream) -> Item:
    """TIMER_MODE 4."""
    return plus(s, (10, 4))


@bad(bases.hvm_image, "hvm_params.pfn")
def hvm_params_store_in_hole(s: Stream) -> Item:
    """STORE_PFN lies in the hole."""
    return with_params(s, [(i, hvm.HOLES[0] if i == 1 else v) for i, v in hvm.Guest().params()])


@bad(bases.hvm_image, "hvm_params.pfn")
def hvm_params_console_outside(s: Stream) -> Item:
    """CONSOLE_PFN lies behind everything that the image describes."""
    return with_params(s, [(i, 0xFEFFF if i == 17 else v) for i, v in hvm.Guest().params()])


@bad(bases.hvm_image, "hvm_params.store")
def hvm_params_no_store(s: Stream) -> Item:
    """No STORE_PFN: the guest would find no xenstore."""
    return with_params(s, [(i, v) for i, v in hvm.Guest().params() if i != 1])


# --- what nobody reads, and what belongs to nobody


@bad(bases.hvm_image, "hvm_context.stranger")
def hvm_context_stranger(s: Stream) -> Item:
    """The TSC_ADJUST entry of vCPU 1 says vCPU 5, which has no other entry."""
    return put(s, [(code, 5 if code == hvm.TSC_ADJUST and number == 1 else number, body)
                   for code, number, body in hvm.Guest().entries()])


@bad(bases.hvm_image, "hvm_context.padding")
def hvm_context_msr_padding(s: Stream) -> Item:
    """CPU_MSR: the four bytes behind the count are not zero."""
    return change(s, hvm.CPU_MSR, poke("I", 4, 0x100))


@bad(bases.hvm_image, "hvm_context.padding")
def hvm_context_end_instance(s: Stream) -> Item:
    """END has instance 1."""
    record = s.first(Xc.HVM_CONTEXT)
    return record.set_native("H", len(record.body) - 6, 1)
