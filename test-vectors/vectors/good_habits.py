# SPDX-License-Identifier: MIT
"""Good libxc images with less common content: other machines, other releases, guests converted from old files."""

import struct
from typing import List, Tuple

from xenstream import hvm, libxc, policy, pv
from xenstream.base import Item, Stream, Xc, xsave_area
from xenstream.hvm import Entry

from . import bases
from .catalogue import good

AVX512 = 0xE7
AVX512_SIZE = 2688


def with_leaves(s: Stream, leaves: List[policy.Leaf]) -> Stream:
    s.replace(s.first(Xc.CPUID_POLICY), libxc.cpuid_policy(leaves))
    return s


def with_entries(s: Stream, entries: List[Entry]) -> Stream:
    s.replace(s.first(Xc.HVM_CONTEXT), libxc.hvm_context(hvm.encode_context(entries)))
    return s


@good("libxc")
def libxc_hvm_full_policy() -> Stream:
    """A CPUID policy of 120 leaves, the most that any release takes."""
    return with_leaves(bases.hvm_image(), policy.full_leaves())


@good("libxc", "domain.newer")
def libxc_pv64_xen_newer() -> Stream:
    """Saved by Xen 4.23, of which the verifier knows nothing yet."""
    s = bases.pv64()
    s.header("domain").set(xen_minor=23)
    return s


@good("libxc")
def libxc_pv64_old_cpu() -> Stream:
    """A machine whose CPUID ends at leaf 0xA: no xstate leaves, no XSAVE records."""
    s = with_leaves(bases.pv64(), policy.old_leaves())
    s.remove_all(Xc.VCPU_XSAVE)
    return s


@good("libxc")
def libxc_pv64_avx512() -> Stream:
    """vCPUs that use AVX-512: an xsave area of 2688 bytes, described by CPUID leaf 0xD."""
    s = with_leaves(bases.pv64(), policy.avx512_leaves())
    for record in s.records(Xc.VCPU_XSAVE):
        record.body[8:] = struct.pack("<QQ", AVX512, AVX512) + xsave_area(AVX512, 7).ljust(AVX512_SIZE, b"\0")
    return s


@good("libxc")
def libxc_hvm_avx512() -> Stream:
    """An HVM guest that uses AVX-512."""
    area = xsave_area(AVX512, 7).ljust(AVX512_SIZE, b"\0")
    body = struct.pack("<QQQ", AVX512, AVX512, AVX512) + area
    entries = [(code, number, body if code == hvm.CPU_XSAVE else data) for code, number, data in hvm.Guest().entries()]
    return with_leaves(with_entries(bases.hvm_image(), entries), policy.avx512_leaves())


@good("libxc")
def libxc_pv64_sse_only() -> Stream:
    """vCPUs that never enabled AVX: an xsave area of 576 bytes."""
    s = bases.pv64()
    for record in s.records(Xc.VCPU_XSAVE):
        record.body[8:] = pv.Guest().xsave(3, 3, 3)
    return s


@good("libxc")
def libxc_pv64_amd_msrs() -> Stream:
    """Xen 4.13 on an AMD machine with debug address masks in use: six MSRs a vCPU."""
    s = bases.pv64_v2()
    for vcpu, record in enumerate(s.records(Xc.VCPU_MSRS)):
        msrs = [(0x140, 1), (0xC0000103, vcpu + 1), (0xC0011027, 0xF), (0xC0011019, 0xF), (0xC001101A, 0xF),
                (0xC001101B, 0xF)]
        s.replace(record, libxc.vcpu_msrs(vcpu, msrs))
    return s


@good("libxc")
def libxc_pv64_old_amd_msrs() -> Stream:
    """Xen 4.7 on an AMD machine: the debug address masks are the only MSRs it saves."""
    guest = pv.Guest()
    s = Stream(guest.image(version=2, xen=(4, 7)))
    for vcpu in guest.vcpus:
        s.after(s.records(Xc.VCPU_XSAVE)[vcpu], libxc.vcpu_msrs(vcpu, [(0xC0011027, 0xF), (0xC0011019, 0xF)]))
    return s


@good("libxc")
def libxc_hvm_two_msrs() -> Stream:
    """CPU_MSR entries of two MSRs, speculation control and CPUID faulting."""
    msrs = [(0x48, 1), (0x140, 1)]
    body = struct.pack("<II", len(msrs), 0) + b"".join(struct.pack("<IIQ", i, 0, v) for i, v in msrs)
    entries = [(code, number, body if code == hvm.CPU_MSR else data) for code, number, data in hvm.Guest().entries()]
    return with_entries(bases.hvm_image(), entries)


@good("libxc")
def libxc_hvm_no_msrs() -> Stream:
    """No MSR of the list is set, so that the context has no CPU_MSR entry."""
    return with_entries(bases.hvm_image(), [entry for entry in hvm.Guest().entries() if entry[0] != hvm.CPU_MSR])


@good("libxc")
def libxc_hvm_mca_cap() -> Stream:
    """MCA_CAP, the last parameter there is, in its place at the end."""
    s = bases.hvm_image()
    s.replace(s.first(Xc.HVM_PARAMS), libxc.hvm_params(hvm.Guest().params() + [(38, 1)]))
    return s


@good("libxc")
def libxc_hvm_params_repeated() -> Stream:
    """HVM_PARAMS in two records, as the converter writes them but nothing forbids others."""
    s = bases.hvm_image()
    params = hvm.Guest().params()
    s.replace(s.first(Xc.HVM_PARAMS), libxc.hvm_params(params[:4]), libxc.hvm_params(params[4:]))
    return s


@good("libxc")
def libxc_hvm_idle_xsave() -> Stream:
    """Before Xen 4.12 a vCPU that never used xsave could have a CPU_XSAVE entry with empty masks."""
    guest = hvm.Guest(xen=(4, 11))
    body = struct.pack("<QQQ", 7, 0, 0) + xsave_area(0, 0)
    entries = [(code, number, body if code == hvm.CPU_XSAVE and number == 1 else data)
               for code, number, data in guest.entries()]
    return with_entries(Stream(guest.image(2)), entries)


@good("libxc")
def libxc_pv32_two_frames() -> Stream:
    """1100 pfns of a 32-bit guest need two P2M frames, since each holds 1024."""
    return Stream(pv.Guest(4, pages=1100).image())


@good("libxc")
def libxc_pv64_512_pages() -> Stream:
    """512 pfns of a 64-bit guest: the P2M fills exactly one frame."""
    return Stream(pv.Guest(pages=512).image())


@good("libxc")
def libxc_pv64_513_pages() -> Stream:
    """513 pfns of a 64-bit guest: one more than fits one P2M frame."""
    return Stream(pv.Guest(pages=513).image())


@good("libxc")
def libxc_pv64_1024_pages() -> Stream:
    """1024 pfns: exactly one full batch."""
    return Stream(pv.Guest(pages=1024).image())


def old_context(guest: hvm.Guest, sizes: List[Tuple[int, int]], gone: Tuple[int, ...]) -> List[Entry]:
    """The guest's entries cut to what an older release wrote."""
    cut = dict(sizes)
    return [(code, number, data[:cut.get(code, len(data))]) for code, number, data in guest.entries()
            if code not in gone]


@good("libxc", "domain.converted")
def libxc_converted_hvm_xen42() -> Stream:
    """Converted from Xen 4.2: VMCE entries of 8 bytes, no TSC_ADJUST."""
    guest = hvm.Guest(xen=bases.CONVERTER)
    return with_entries(bases.converted_hvm(), old_context(guest, [(hvm.VMCE_VCPU, 8)], (hvm.TSC_ADJUST,)))


@good("libxc", "domain.converted")
def libxc_converted_hvm_xen34() -> Stream:
    """Converted from Xen 3.4: CPU entries of 1016 bytes without TSC_AUX, no xsave and no VMCE."""
    guest = hvm.Guest(xen=bases.CONVERTER)
    entries = []
    for code, number, data in old_context(guest, [], (hvm.CPU_XSAVE, hvm.VMCE_VCPU, hvm.TSC_ADJUST)):
        entries.append((code, number, data[:1000] + data[1008:] if code == hvm.CPU else data))
    return with_entries(bases.converted_hvm(), entries)


@good("libxc", "domain.converted")
def libxc_converted_hvm_long_xsave() -> Stream:
    """Converted from Xen 4.2: the xsave area is longer than its states need, the rest is zero."""
    guest = hvm.Guest(xen=bases.CONVERTER)
    body = struct.pack("<QQQ", 7, 3, 3) + xsave_area(3, 3).ljust(832, b"\0")
    entries = [(code, number, body if code == hvm.CPU_XSAVE else data) for code, number, data in guest.entries()]
    return with_entries(bases.converted_hvm(), entries)


@good("libxc", "domain.converted")
def libxc_converted_hvm_viridian() -> Stream:
    """Converted from Xen 4.4 with viridian: domain entry of 16 bytes, vCPU entries of 8, parameter 9."""
    guest = hvm.Guest(xen=bases.CONVERTER, viridian=True)
    s = with_entries(bases.converted_hvm(), old_context(guest, [(hvm.VIRIDIAN_DOMAIN, 16)], ()))
    first = s.first(Xc.HVM_PARAMS)
    s.replace(first, libxc.hvm_params([(12, hvm.IDENT_PT << 12), (17, hvm.CONSOLE), (9, 1)]))
    return s


@good("libxc", "checkpoint.eof")
def remus_libxc_hvm() -> Stream:
    """Remus at the libxc level: two checkpoints of an HVM guest."""
    guest = hvm.Guest()
    items: List[Item] = [*guest.start(), *libxc.batches(guest.pages()), *guest.tail(), libxc.checkpoint()]
    return Stream(items + [libxc.page_data(guest.pages([2, 3])), *guest.tail(), libxc.checkpoint()])


@good("libxc", "checkpoint.eof")
def remus_libxc_pv32() -> Stream:
    """One checkpoint of a 32-bit PV guest."""
    guest = pv.Guest(4)
    return Stream([*guest.start(), *libxc.batches(guest.pages()), *guest.tail(), libxc.checkpoint()])


@good("libxc")
def libxc_pv64_frame_list() -> Stream:
    """An old kernel that publishes its P2M as a list of lists of frames: no p2m_vaddr, no p2m_cr3."""
    s = bases.pv64()
    for offset in (0xC28, 0xC30, 0xC38):
        s.first(Xc.SHARED_INFO).set_native("Q", offset, 0)
    return s


@good("libxc")
def libxc_pv64_ldt() -> Stream:
    """A vCPU with an LDT of 16 entries."""
    s = bases.pv64()
    s.last(Xc.VCPU_BASIC).set_native("Q", 8 + 0x12D0, pv.KERNEL_64 + 0x10000).set_native("Q", 8 + 0x12D8, 16)
    return s


@good("libxc")
def libxc_pv64_large_gdt() -> Stream:
    """A GDT of 513 entries, which reaches into a second frame."""
    s = bases.pv64()
    s.first(Xc.VCPU_BASIC).set_native("Q", 8 + 0x1360, 513).set_native("Q", 8 + 0x12E8, 21)
    return s


@good("libxc")
def libxc_pv64_no_gdt() -> Stream:
    """A vCPU that has not set a GDT of its own."""
    s = bases.pv64()
    s.last(Xc.VCPU_BASIC).set_native("Q", 8 + 0x1360, 0).set_native("Q", 8 + 0x12E0, 0)
    return s


@good("libxc")
def libxc_pv64_pending_events() -> Stream:
    """Saved with events pending for vCPU 0, and one channel unmasked."""
    s = bases.pv64()
    record = s.first(Xc.SHARED_INFO)
    record.set_native("B", 0, 1).set_native("Q", 8, 1).set_native("Q", 0x800, 6).set_native("Q", 0xA00, (1 << 64) - 7)
    return s


@good("libxc")
def libxc_hvm_x2apic() -> Stream:
    """LAPICs in x2APIC mode."""
    entries = []
    for code, number, data in hvm.Guest().entries():
        if code == hvm.LAPIC:
            data = struct.pack("<Q", 0xFEE00C00 | (0x100 if number == 0 else 0)) + data[8:]
        entries.append((code, number, data))
    return with_entries(bases.hvm_image(), entries)


@good("libxc", "checkpoint.eof", "order.verify")
def remus_libxc_verify_xen413() -> Stream:
    """Xen 4.7-4.15 with debugging sent VERIFY in checkpointed streams only, by mistake."""
    guest = pv.Guest()
    xen = (4, 13)
    items = guest.start(2, xen) + [libxc.page_data(guest.pages()), libxc.verify(), libxc.page_data(guest.pages())]
    return Stream(items + guest.tail(xen) + [libxc.checkpoint()])
