# SPDX-License-Identifier: MIT
"""Good bare libxc images."""

from typing import List

from xenstream import hvm, libxc, pv
from xenstream.base import BIG, Item, Stream, Xc

from . import bases
from .catalogue import good


@good("libxc")
def libxc_pv64() -> Stream:
    """64-bit PV guest of two vCPUs in a version 3 image as Xen 4.17 writes it."""
    return bases.pv64()


@good("libxc")
def libxc_pv32() -> Stream:
    """32-bit PV guest (three page-table levels, 2800 byte vCPU contexts) in a version 3 image."""
    return bases.pv32()


@good("libxc")
def libxc_pv64_v2() -> Stream:
    """64-bit PV guest in a version 2 image of Xen 4.13: no STATIC_DATA_END, no policies."""
    return bases.pv64_v2()


@good("libxc")
def libxc_pv32_v2() -> Stream:
    """32-bit PV guest in a version 2 image of Xen 4.13."""
    return pv.stream(4, version=2, xen=(4, 13))


@good("libxc")
def libxc_pv64_v2_xen46() -> Stream:
    """64-bit PV guest saved by Xen 4.6: version 2, extended vCPU state of 56 bytes, no MSR record."""
    return pv.stream(8, version=2, xen=(4, 6))


@good("libxc")
def libxc_hvm() -> Stream:
    """HVM guest in a version 3 image of Xen 4.17: HVM_CONTEXT comes before HVM_PARAMS, against the spec's text."""
    return bases.hvm_image()


@good("libxc")
def libxc_hvm_params_first() -> Stream:
    """HVM guest with HVM_PARAMS before HVM_CONTEXT, the order that the spec asks for and no saver has."""
    s = bases.hvm_image()
    s.move_before(s.first(Xc.HVM_PARAMS), s.first(Xc.HVM_CONTEXT))
    return s


@good("libxc")
def libxc_hvm_v2() -> Stream:
    """HVM guest in a version 2 image of Xen 4.13, which still saves the parameter PAE_ENABLED."""
    return bases.hvm_v2()


@good("libxc")
def libxc_hvm_v2_xen46() -> Stream:
    """HVM guest saved by Xen 4.6: short CPU, RTC and VMCE entries, VM86_TSS as parameter 15, IOREQ pages 5 and 6."""
    return Stream(hvm.Guest(xen=(4, 6)).image(version=2))


@good("libxc")
def libxc_hvm_xen414() -> Stream:
    """HVM guest saved by Xen 4.14, the first to write version 3, with one MSR in its policy."""
    return Stream(hvm.Guest(xen=(4, 14)).image())


@good("libxc")
def libxc_hvm_xen421() -> Stream:
    """HVM guest saved by Xen 4.21, whose LAPIC entries have 32 bytes."""
    return Stream(hvm.Guest(xen=(4, 21)).image())


@good("libxc")
def libxc_hvm_viridian() -> Stream:
    """HVM guest with viridian enlightenments: parameter 9 and two more kinds of context entries."""
    return Stream(hvm.Guest(viridian=True).image())


@good("libxc")
def libxc_hvm_viridian_v2() -> Stream:
    """HVM guest with viridian enlightenments from Xen 4.9, whose per-vCPU entry has 16 bytes."""
    return Stream(hvm.Guest(viridian=True, xen=(4, 9)).image(version=2))


@good("libxc")
def libxc_hvm_no_xsave() -> Stream:
    """HVM guest whose vCPUs have no xsave state, so that the context has no CPU_XSAVE entry."""
    guest = hvm.Guest()
    guest.xsave = False
    return Stream(guest.image())


@good("libxc")
def libxc_hvm_changeset_zero() -> Stream:
    """HVM guest whose context header carries changeset 0, as builds from git do in some releases."""
    s = bases.hvm_image()
    s.first(Xc.HVM_CONTEXT).set_native("Q", 8 + 8, 0)
    return s


@good("libxc")
def libxc_pvh() -> Stream:
    """PVH guest: an HVM image whose context has local APICs only and which has no device model."""
    return bases.pvh()


@good("libxc")
def libxc_pvh_v2() -> Stream:
    """PVH guest saved by Xen 4.12, version 2."""
    return Stream(hvm.Guest(pvh=True, xen=(4, 12)).image(version=2))


@good("libxc", suffix=".img.gz")
def libxc_hvm_holes() -> bytes:
    """HVM guest with its special pages just below pfn 0xff000, so that a million holes are described, gzip'd."""
    return bases.gzipped(Stream(hvm.Guest(shift=0xFF000 - hvm.PAGES).image()))


@good("libxc", "image.big_endian")
def libxc_pv64_big_endian() -> Stream:
    """PV image with a big-endian body: the spec allows it, Xen's restorer refuses it."""
    return pv.stream(8, order=BIG)


@good("libxc", "image.big_endian")
def libxc_hvm_big_endian() -> Stream:
    """HVM image with a big-endian body; what Xen hands over as blobs stays little-endian."""
    return hvm.stream(order=BIG)


@good("libxc")
def libxc_pv64_one_vcpu() -> Stream:
    """PV guest with a single vCPU."""
    return Stream(pv.Guest(vcpus=1).image())


@good("libxc")
def libxc_pv64_offline_vcpus() -> Stream:
    """PV guest whose vCPUs 1 and 3 are offline and therefore have no records."""
    guest = pv.Guest(vcpus=5)
    guest.vcpus = [0, 2, 4]
    return Stream(guest.image())


@good("libxc")
def libxc_hvm_offline_vcpu() -> Stream:
    """HVM guest whose vCPU 1 is down: every per-vCPU entry is there, but for its CPU and CPU_MSR entries."""
    guest = hvm.Guest()
    keep = [e for e in guest.entries() if not (e[0] in (hvm.CPU, hvm.CPU_MSR) and e[1] == 1)]
    s = Stream(guest.image())
    s.replace(s.first(Xc.HVM_CONTEXT), libxc.hvm_context(hvm.encode_context(keep)))
    return s


@good("libxc")
def libxc_pv64_no_msrs() -> Stream:
    """PV guest whose MSRs are all zero: the MSRS records are left out."""
    s = bases.pv64()
    s.remove_all(Xc.VCPU_MSRS)
    return s


@good("libxc")
def libxc_pv64_no_xsave() -> Stream:
    """PV guest on a machine without xsave: no XSAVE records."""
    guest = pv.Guest()
    s = Stream(guest.image(version=2, xen=(4, 13)))
    s.remove_all(Xc.VCPU_XSAVE)
    return s


@good("libxc")
def libxc_pv64_unused_xsave() -> Stream:
    """PV vCPU that never used xsave: a blob of 16 zero bytes stands for no state."""
    s = bases.pv64()
    record = s.last(Xc.VCPU_XSAVE)
    record.body[8:] = bytes(16)
    return s


@good("libxc")
def libxc_pv64_no_user_table() -> Stream:
    """64-bit PV vCPU without a user page table: ctrlreg[1] is 0."""
    s = bases.pv64()
    for record in s.records(Xc.VCPU_BASIC):
        record.set_native("Q", 8 + 0x1380, 0)
    return s


@good("libxc")
def libxc_pv64_small_batches() -> Stream:
    """Every page in a PAGE_DATA record of its own."""
    return pv.stream(8, batch=1)


@good("libxc")
def libxc_pv64_two_batches() -> Stream:
    """1100 pfns, most of them holes: two PAGE_DATA records and three P2M frames."""
    return Stream(pv.Guest(pages=1100).image())


@good("libxc")
def libxc_pv64_trimmed_p2m() -> Stream:
    """P2M frames end below max_pfn, since the tail of the guest's list repeats one frame."""
    guest = pv.Guest(pages=1024)
    start = guest.start()
    guest.max_pfn = 2000
    guest.memory[pv.START_INFO] = (libxc.NOTAB, guest.start_info())
    return Stream([*start, *libxc.batches(guest.pages(range(1024))), *guest.tail(), libxc.end()])


@good("libxc", "p2m_frames.repeated")
def libxc_pv64_p2m_grows() -> Stream:
    """The P2M is announced in two pieces; no saver does that, every restorer copes."""
    guest = pv.Guest(pages=600)
    s = Stream(guest.image())
    s.replace(s.first(Xc.P2M_FRAMES), libxc.p2m_frames(0, 511, [pv.P2M]), libxc.p2m_frames(512, 599, [18]))
    return s


@good("libxc")
def libxc_pv64_broken_page() -> Stream:
    """A page lost to a memory error is announced as BROKEN, without data."""
    return Stream(pv.Guest(broken=[20]).image())


@good("libxc")
def libxc_hvm_broken_page() -> Stream:
    """A page lost to a memory error in an HVM guest."""
    guest = hvm.Guest()
    guest.memory[9] = (libxc.BROKEN, b"")
    return Stream(guest.image())


def live_memory(guest: pv.Guest) -> List[Item]:
    """Full pass with a page table that could not be read, two dirty passes, then the rest with the guest stopped."""
    first = [(pfn, libxc.XTAB, b"") if pfn == 9 else (pfn, kind, data) for pfn, kind, data in guest.pages()]
    return [libxc.page_data(first), libxc.page_data(guest.pages([2, 3, 15, 18, 19])),
            libxc.page_data(guest.pages([3, 18])), libxc.page_data(guest.pages([9, 18, 19]))]


@good("libxc")
def libxc_pv64_live() -> Stream:
    """Live save: four passes; a page table caught in mid-update is first sent as XTAB and later with its data."""
    guest = pv.Guest()
    return Stream([*guest.start(), *live_memory(guest), *guest.tail(), libxc.end()])


@good("libxc")
def libxc_hvm_live() -> Stream:
    """Live save of an HVM guest; a page ballooned out between two passes comes first with data, then as XTAB."""
    guest = hvm.Guest()
    memory = [libxc.page_data(guest.pages()), libxc.page_data(guest.pages([2, 3, 25])),
              libxc.page_data([(2, *guest.memory[2]), (11, libxc.XTAB, b"")])]
    return Stream([*guest.start(), *memory, *guest.tail(), libxc.end()])


@good("libxc")
def libxc_pv64_verify() -> Stream:
    """Live save with debugging: VERIFY, then every page a second time."""
    guest = pv.Guest()
    return Stream([*guest.start(), *live_memory(guest), libxc.verify(), libxc.page_data(guest.pages()),
                   *guest.tail(), libxc.end()])


@good("libxc", "record.optional")
def libxc_optional_records() -> Stream:
    """Unknown record types with bit 31 set, one empty, one odd-sized, which a reader has to skip."""
    s = bases.pv64()
    s.before(s.first(Xc.P2M_FRAMES), libxc.unknown(0x80000000), libxc.unknown(0xCAFE0001, b"skip me, please"))
    s.before(s.last(Xc.END), libxc.unknown(0xFFFFFFFF, bytes(24)))
    return s


@good("libxc")
def libxc_tsc_never_emulated() -> Stream:
    """TSC mode 2: neither frequency nor elapsed time."""
    s = bases.pv64()
    s.replace(s.first(Xc.TSC_INFO), libxc.tsc_info(2, 0, 0))
    return s


@good("libxc")
def libxc_tsc_always_emulated() -> Stream:
    """TSC mode 1 of a guest restored often: a large incarnation."""
    s = bases.hvm_image()
    s.replace(s.first(Xc.TSC_INFO), libxc.tsc_info(1, incarnation=4000000000))
    return s


@good("libxc", "tsc_info.old_mode")
def libxc_tsc_pvrdtscp() -> Stream:
    """TSC mode 3 from Xen 4.11, which Xen 4.12 and later refuse."""
    s = pv.stream(8, version=2, xen=(4, 11))
    s.replace(s.first(Xc.TSC_INFO), libxc.tsc_info(3))
    return s


@good("libxc", "vcpu_extended.empty", "vcpu_xsave.empty", "vcpu_msrs.empty")
def libxc_pv64_empty_records() -> Stream:
    """Xen 4.6-4.8 wrote vCPU records without a blob where there was nothing to say."""
    guest = pv.Guest()
    s = Stream(guest.image(version=2, xen=(4, 7)))
    for vcpu in guest.vcpus:
        s.before(s.last(Xc.END), libxc.vcpu_msrs(vcpu, []))
    for record in s.records(Xc.VCPU_EXTENDED) + s.records(Xc.VCPU_XSAVE):
        del record.body[8:]
    # in the saver's order: all records of a vCPU together
    s.move_after(s.first(Xc.VCPU_MSRS), s.first(Xc.VCPU_XSAVE))
    return s


@good("libxc", "hvm_params.empty", "hvm_params.store")
def libxc_hvm_empty_params() -> Stream:
    """Xen 4.6-4.8 wrote HVM_PARAMS with count 0 for a guest without any parameter."""
    s = Stream(hvm.Guest(pvh=True, xen=(4, 8)).image(version=2))
    s.replace(s.first(Xc.HVM_PARAMS), libxc.hvm_params([]))
    return s


@good("libxc", "image.big_endian")
def libxc_pv32_big_endian() -> Stream:
    """32-bit PV guest, version 2, with a big-endian body."""
    return pv.stream(4, version=2, xen=(4, 13), order=BIG)


@good("libxc", "domain.converted")
def libxc_converted_pv() -> Stream:
    """PV image by the legacy converter: version 3 without policies, holes left out, SHARED_INFO last."""
    return bases.converted_pv()


@good("libxc", "domain.converted")
def libxc_converted_pv_v2() -> Stream:
    """PV image by the converter of Xen 4.6-4.13, version 2."""
    return bases.converted_pv(2)


@good("libxc", "domain.converted", "order.tsc_info")
def libxc_converted_pv_no_tsc() -> Stream:
    """Converted PV image whose legacy stream had no TSC chunk."""
    s = bases.converted_pv()
    s.remove_all(Xc.TSC_INFO)
    return s


@good("libxc", "domain.converted")
def libxc_converted_hvm() -> Stream:
    """HVM image by the legacy converter: two HVM_PARAMS records, then HVM_CONTEXT."""
    return bases.converted_hvm()


@good("libxc", "domain.converted")
def libxc_converted_xalloc() -> Stream:
    """Converted live HVM image: a page already dirty in the first pass was only announced (XALLOC), data came later."""
    s = bases.converted_hvm()
    guest = hvm.Guest(xen=bases.CONVERTER)
    first = s.first(Xc.PAGE_DATA)
    pages = [(pfn, libxc.XALLOC, b"") if pfn == 3 else (pfn, *guest.memory[pfn]) for pfn in range(8)]
    s.replace(first, libxc.page_data(pages), libxc.page_data(guest.pages([3])))
    return s
