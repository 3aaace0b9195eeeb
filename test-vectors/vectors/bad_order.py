# SPDX-License-Identifier: MIT
"""Bad framing of libxc records, and libxc records in the wrong place, missing or too many."""

import struct

from xenstream import hvm, libxc, policy, pv
from xenstream.base import Item, Record, Stream, Xc

from . import bases
from .catalogue import bad, bad_bytes

# --- framing


@bad(bases.pv64, "record.length")
def end_with_body(s: Stream) -> Item:
    """END carries 8 bytes."""
    s.first(Xc.END).body += bytes(8)
    return s.first(Xc.END)


@bad(bases.pv64, "record.length")
def static_data_end_with_body(s: Stream) -> Item:
    """STATIC_DATA_END carries 8 bytes."""
    s.first(Xc.STATIC_DATA_END).body += bytes(8)
    return s.first(Xc.STATIC_DATA_END)


@bad(bases.pv64, "record.length")
def verify_with_body(s: Stream) -> Item:
    """VERIFY carries one byte, in a stream that is good otherwise."""
    record = libxc.verify()
    record.body += b"\0"
    s.before(s.first(Xc.TSC_INFO), record, libxc.page_data(pv.Guest().pages()))
    return record


@bad(bases.remus_pv_libxc, "record.length")
def checkpoint_with_body(s: Stream) -> Item:
    """CHECKPOINT carries 16 bytes."""
    s.first(Xc.CHECKPOINT).body += bytes(16)
    return s.first(Xc.CHECKPOINT)


@bad(bases.hvm_image, "record.padding")
def padding_first_byte(s: Stream) -> Item:
    """The first padding byte behind an odd-sized record is not zero."""
    record = libxc.unknown(0x80000001, b"12345")
    record.padding = b"\1\0\0"
    s.before(s.first(Xc.END), record)
    return record


@bad(bases.pv64, "record.padding")
def padding_last_byte(s: Stream) -> Item:
    """The last padding byte is not zero."""
    record = s.first(Xc.VCPU_XSAVE)
    record.body += b"\0"
    record.padding = bytes(6) + b"\x80"
    return record


@bad(bases.pv64, "record.limit")
def length_above_limit(s: Stream) -> Item:
    """A body of 128 MiB and one byte is announced."""
    s.first(Xc.SHARED_INFO).length = 0x08000001
    return s.first(Xc.SHARED_INFO)


@bad_bytes("libxc", "record.large", suffix=".img.gz")
def length_above_8_mib() -> bytes:
    """An optional record of 8 MiB and 8 bytes: within today's limit, but Xen 4.6-4.9 refuse it; gzip'd."""
    s = bases.pv64()
    s.before(s.first(Xc.END), libxc.unknown(0x80000007, bytes((8 << 20) + 8)))
    return bases.gzipped(s)


@bad(bases.pv64, "record.unknown")
def unknown_mandatory(s: Stream) -> Item:
    """A record of type 0x13, the first without a meaning."""
    record = libxc.unknown(0x13, bytes(8))
    s.before(s.first(Xc.TSC_INFO), record)
    return record


@bad(bases.pv64, "record.unknown")
def unknown_mandatory_highest(s: Stream) -> Item:
    """A record of type 0x7fffffff, the highest mandatory one."""
    record = libxc.unknown(0x7FFFFFFF)
    s.before(s.first(Xc.END), record)
    return record


@bad(bases.hvm_image, "record.obsolete")
def toolstack_record(s: Stream) -> Item:
    """A TOOLSTACK record, withdrawn before the format was released."""
    record = libxc.toolstack(bytes(16))
    s.before(s.first(Xc.END), record)
    return record


@bad(bases.remus_pv_libxc, "record.back_channel")
def dirty_pfn_list(s: Stream) -> Item:
    """CHECKPOINT_DIRTY_PFN_LIST travels from secondary to primary, never in a stream that is saved."""
    record = libxc.dirty_pfn_list([1, 2, 3])
    s.before(s.last(Xc.TSC_INFO), record)
    return record


@bad(bases.pv64_v2, "record.version")
def v2_static_data_end(s: Stream) -> Item:
    """STATIC_DATA_END in a version 2 image."""
    record = libxc.static_data_end()
    s.after(s.first(Xc.PV_INFO), record)
    return record


@bad(bases.hvm_v2, "record.version")
def v2_cpuid_policy(s: Stream) -> Item:
    """A CPUID policy in a version 2 image."""
    record = libxc.cpuid_policy(policy.cpuid_leaves())
    s.before(s.first(Xc.PAGE_DATA), record)
    return record


@bad(bases.hvm_v2, "record.version")
def v2_msr_policy(s: Stream) -> Item:
    """An MSR policy in a version 2 image."""
    record = libxc.msr_policy(policy.msrs())
    s.before(s.first(Xc.PAGE_DATA), record)
    return record


# --- records of the other guest type


def _foreign(record: Record, s: Stream, place: Xc) -> Record:
    s.before(s.first(place), record)
    return record


@bad(bases.hvm_image, "record.guest")
def hvm_with_pv_info(s: Stream) -> Item:
    """X86_PV_INFO in an HVM image."""
    return _foreign(libxc.pv_info(8, 4), s, Xc.CPUID_POLICY)


@bad(bases.hvm_image, "record.guest")
def hvm_with_p2m_frames(s: Stream) -> Item:
    """X86_PV_P2M_FRAMES in an HVM image."""
    return _foreign(libxc.p2m_frames(0, 31, [5]), s, Xc.PAGE_DATA)


@bad(bases.hvm_image, "record.guest")
def hvm_with_vcpu_basic(s: Stream) -> Item:
    """X86_PV_VCPU_BASIC in an HVM image."""
    return _foreign(libxc.vcpu_basic(0, pv.Guest().basic(0)), s, Xc.END)


@bad(bases.hvm_image, "record.guest")
def hvm_with_vcpu_extended(s: Stream) -> Item:
    """X86_PV_VCPU_EXTENDED in an HVM image."""
    return _foreign(libxc.vcpu_extended(0, pv.Guest().extended(0)), s, Xc.END)


@bad(bases.hvm_image, "record.guest")
def hvm_with_vcpu_xsave(s: Stream) -> Item:
    """X86_PV_VCPU_XSAVE in an HVM image."""
    return _foreign(libxc.vcpu_xsave(0, pv.Guest().xsave()), s, Xc.END)


@bad(bases.hvm_image, "record.guest")
def hvm_with_vcpu_msrs(s: Stream) -> Item:
    """X86_PV_VCPU_MSRS in an HVM image."""
    return _foreign(libxc.vcpu_msrs(0, [(0x140, 1)]), s, Xc.END)


@bad(bases.hvm_image, "record.guest")
def hvm_with_shared_info(s: Stream) -> Item:
    """SHARED_INFO in an HVM image."""
    return _foreign(libxc.shared_info(pv.Guest().shared_info()), s, Xc.END)


@bad(bases.pv64, "record.guest")
def pv_with_hvm_context(s: Stream) -> Item:
    """HVM_CONTEXT in a PV image."""
    return _foreign(hvm.Guest().context(), s, Xc.END)


@bad(bases.pv64, "record.guest")
def pv_with_hvm_params(s: Stream) -> Item:
    """HVM_PARAMS in a PV image."""
    return _foreign(libxc.hvm_params(hvm.Guest().params()), s, Xc.END)


@bad(bases.pv64, "record.guest", "order.hvm_context")
def pv_image_called_hvm(s: Stream) -> Item:
    """A PV image whose domain header says HVM."""
    s.header("domain").set(type=libxc.HVM)
    return s.first(Xc.PV_INFO)


@bad(bases.hvm_image, "record.guest", "order.pv_info", "order.p2m_frames")
def hvm_image_called_pv(s: Stream) -> None:
    """An HVM image whose domain header says PV."""
    s.header("domain").set(type=libxc.PV)


# --- static section


@bad(bases.pv64, "order.static_data_end")
def no_static_data_end_pv(s: Stream) -> Item:
    """Version 3 PV image without STATIC_DATA_END: wrong from the first P2M_FRAMES on."""
    s.remove_all(Xc.STATIC_DATA_END)
    return s.first(Xc.P2M_FRAMES)


@bad(bases.hvm_image, "order.static_data_end")
def no_static_data_end_hvm(s: Stream) -> Item:
    """Version 3 HVM image without STATIC_DATA_END: wrong from the first PAGE_DATA on."""
    s.remove_all(Xc.STATIC_DATA_END)
    return s.first(Xc.PAGE_DATA)


@bad(bases.hvm_image, "order.static_data_end", "order.page_data")
def no_static_data_end_no_memory(s: Stream) -> None:
    """Version 3 HVM image without STATIC_DATA_END and without memory, which Xen's restorer lets through."""
    s.remove_all(Xc.STATIC_DATA_END, Xc.PAGE_DATA)


@bad(bases.pv64, "order.static_data_end")
def late_static_data_end(s: Stream) -> Item:
    """STATIC_DATA_END comes behind P2M_FRAMES."""
    s.move_after(s.first(Xc.STATIC_DATA_END), s.first(Xc.P2M_FRAMES))
    return s.first(Xc.P2M_FRAMES)


@bad(bases.pv64, "order.duplicate")
def two_static_data_ends(s: Stream) -> Item:
    """STATIC_DATA_END twice."""
    record = libxc.static_data_end()
    s.after(s.first(Xc.STATIC_DATA_END), record)
    return record


@bad(bases.hvm_image, "order.static_data")
def late_cpuid_policy(s: Stream) -> Item:
    """The CPUID policy behind STATIC_DATA_END, where a restorer stores but never applies it."""
    record = s.first(Xc.CPUID_POLICY)
    s.move_after(record, s.first(Xc.STATIC_DATA_END))
    return record


@bad(bases.hvm_image, "order.static_data")
def late_msr_policy(s: Stream) -> Item:
    """The MSR policy behind the memory."""
    record = s.first(Xc.MSR_POLICY)
    s.move_after(record, s.last(Xc.PAGE_DATA))
    return record


@bad(bases.pv64, "order.static_data", "order.pv_info")
def late_pv_info_v3(s: Stream) -> Item:
    """X86_PV_INFO behind STATIC_DATA_END in a version 3 image."""
    record = s.first(Xc.PV_INFO)
    s.move_after(record, s.first(Xc.STATIC_DATA_END))
    return record


@bad(bases.pv64, "order.duplicate")
def two_cpuid_policies(s: Stream) -> Item:
    """The CPUID policy twice."""
    record = libxc.cpuid_policy(policy.cpuid_leaves())
    s.after(s.first(Xc.CPUID_POLICY), record)
    return record


@bad(bases.pv64, "order.duplicate")
def two_msr_policies(s: Stream) -> Item:
    """The MSR policy twice."""
    record = libxc.msr_policy(policy.msrs())
    s.after(s.first(Xc.MSR_POLICY), record)
    return record


@bad(bases.pv64, "order.policy")
def no_cpuid_policy(s: Stream) -> None:
    """A version 3 image of Xen 4.17 without CPUID policy."""
    s.remove_all(Xc.CPUID_POLICY)


@bad(bases.hvm_image, "order.policy")
def no_policies(s: Stream) -> None:
    """A version 3 image of Xen 4.17 without any policy."""
    s.remove_all(Xc.CPUID_POLICY, Xc.MSR_POLICY)


# --- PV: what needs what


@bad(bases.pv64, "order.duplicate")
def two_pv_infos(s: Stream) -> Item:
    """X86_PV_INFO twice."""
    record = libxc.pv_info(8, 4)
    s.after(s.first(Xc.PV_INFO), record)
    return record


@bad(bases.pv64, "order.pv_info")
def no_pv_info(s: Stream) -> Item:
    """No X86_PV_INFO: P2M_FRAMES cannot be understood."""
    s.remove_all(Xc.PV_INFO)
    return s.first(Xc.P2M_FRAMES)


@bad(bases.pv64_v2, "order.pv_info")
def late_pv_info_v2(s: Stream) -> Item:
    """X86_PV_INFO behind P2M_FRAMES in a version 2 image."""
    s.move_after(s.first(Xc.PV_INFO), s.first(Xc.P2M_FRAMES))
    return s.first(Xc.P2M_FRAMES)


@bad(bases.pv64, "order.p2m_frames")
def no_p2m_frames(s: Stream) -> Item:
    """No X86_PV_P2M_FRAMES: PAGE_DATA has no bounds."""
    s.remove_all(Xc.P2M_FRAMES)
    return s.first(Xc.PAGE_DATA)


@bad(bases.pv64, "order.p2m_frames")
def late_p2m_frames(s: Stream) -> Item:
    """X86_PV_P2M_FRAMES behind PAGE_DATA."""
    s.move_after(s.first(Xc.P2M_FRAMES), s.first(Xc.PAGE_DATA))
    return s.first(Xc.PAGE_DATA)


@bad(bases.pv64, "order.page_data")
def no_memory_pv(s: Stream) -> Item:
    """A PV image without any PAGE_DATA."""
    s.remove_all(Xc.PAGE_DATA)
    return s.first(Xc.SHARED_INFO)


@bad(bases.hvm_image, "order.page_data")
def no_memory_hvm(s: Stream) -> Item:
    """An HVM image without any PAGE_DATA."""
    s.remove_all(Xc.PAGE_DATA)
    return s.first(Xc.HVM_CONTEXT)


@bad(bases.pv64, "order.page_data", "order.pv_info", "order.static_data_end")
def nothing_but_end(s: Stream) -> Item:
    """Headers and END, which Xen's own verifier calls good."""
    s.items[2:] = [libxc.end()]
    return s.items[2]


@bad(bases.pv64, "order.page_data", "order.page_data_late")
def memory_last(s: Stream) -> Item:
    """All memory behind the end-of-stream records."""
    s.move_before(s.first(Xc.PAGE_DATA), s.first(Xc.END))
    return s.first(Xc.SHARED_INFO)


@bad(bases.pv64, "order.page_data_late")
def memory_between_vcpus(s: Stream) -> Item:
    """One more PAGE_DATA among the vCPU records."""
    record = libxc.page_data(pv.Guest().pages([15]))
    s.before(s.last(Xc.VCPU_BASIC), record)
    return record


@bad(bases.hvm_image, "order.page_data_late")
def memory_after_context(s: Stream) -> Item:
    """One more PAGE_DATA behind the HVM context."""
    record = libxc.page_data(hvm.Guest().pages([2]))
    s.after(s.first(Xc.HVM_CONTEXT), record)
    return record


@bad(bases.pv64, "order.vcpu_basic")
def no_vcpus(s: Stream) -> None:
    """A PV image without any vCPU."""
    s.remove_all(Xc.VCPU_BASIC, Xc.VCPU_EXTENDED, Xc.VCPU_XSAVE, Xc.VCPU_MSRS)


@bad(bases.pv64, "order.vcpu_basic")
def no_vcpu_0(s: Stream) -> None:
    """A PV image with vCPU 1 only; start_info hangs on vCPU 0."""
    for kind in (Xc.VCPU_BASIC, Xc.VCPU_EXTENDED, Xc.VCPU_XSAVE, Xc.VCPU_MSRS):
        s.remove(s.first(kind))


@bad(bases.pv64, "order.shared_info")
def no_shared_info(s: Stream) -> None:
    """A PV image without SHARED_INFO."""
    s.remove_all(Xc.SHARED_INFO)


@bad(bases.hvm_image, "order.hvm_context")
def no_hvm_context(s: Stream) -> None:
    """An HVM image without HVM_CONTEXT."""
    s.remove_all(Xc.HVM_CONTEXT)


@bad(bases.hvm_image, "order.hvm_params")
def no_hvm_params(s: Stream) -> None:
    """An HVM image without HVM_PARAMS."""
    s.remove_all(Xc.HVM_PARAMS)


@bad(bases.pv64, "order.tsc_info")
def no_tsc_info_pv(s: Stream) -> None:
    """A PV image of Xen 4.17 without X86_TSC_INFO."""
    s.remove_all(Xc.TSC_INFO)


@bad(bases.hvm_image, "order.tsc_info")
def no_tsc_info_hvm(s: Stream) -> None:
    """An HVM image of Xen 4.17 without X86_TSC_INFO."""
    s.remove_all(Xc.TSC_INFO)


@bad(bases.pv64, "order.tail")
def shared_info_last(s: Stream) -> Item:
    """SHARED_INFO behind the vCPUs, as only the converter writes it, in an image of Xen 4.17."""
    record = s.first(Xc.SHARED_INFO)
    s.move_before(record, s.first(Xc.END))
    return record


@bad(bases.pv64, "order.tail")
def vcpu_records_by_kind(s: Stream) -> Item:
    """The vCPU records sorted by kind instead of by vCPU."""
    s.move_after(s.last(Xc.VCPU_BASIC), s.first(Xc.VCPU_BASIC))
    s.move_after(s.last(Xc.VCPU_EXTENDED), s.first(Xc.VCPU_EXTENDED))
    return s.first(Xc.VCPU_EXTENDED)


@bad(bases.pv64, "order.repeated")
def two_tsc_infos(s: Stream) -> Item:
    """X86_TSC_INFO twice."""
    record = libxc.tsc_info()
    s.after(s.first(Xc.TSC_INFO), record)
    return record


@bad(bases.pv64, "order.repeated")
def two_shared_infos(s: Stream) -> Item:
    """SHARED_INFO twice."""
    record = libxc.shared_info(pv.Guest().shared_info())
    s.after(s.first(Xc.SHARED_INFO), record)
    return record


@bad(bases.pv64, "order.repeated")
def vcpu_basic_twice(s: Stream) -> Item:
    """X86_PV_VCPU_BASIC of vCPU 1 twice."""
    record = libxc.vcpu_basic(1, pv.Guest().basic(1))
    s.after(s.last(Xc.VCPU_BASIC), record)
    return record


@bad(bases.pv64, "order.repeated")
def vcpu_xsave_twice(s: Stream) -> Item:
    """X86_PV_VCPU_XSAVE of vCPU 0 twice."""
    record = libxc.vcpu_xsave(0, pv.Guest().xsave())
    s.after(s.first(Xc.VCPU_XSAVE), record)
    return record


@bad(bases.hvm_image, "order.repeated")
def two_hvm_contexts(s: Stream) -> Item:
    """HVM_CONTEXT twice."""
    record = hvm.Guest().context()
    s.after(s.first(Xc.HVM_CONTEXT), record)
    return record


# --- VERIFY and CHECKPOINT


@bad(bases.pv64, "order.verify")
def verify_twice(s: Stream) -> Item:
    """VERIFY twice."""
    guest = pv.Guest()
    second = libxc.verify()
    s.before(s.first(Xc.TSC_INFO), libxc.verify(), libxc.page_data(guest.pages()), second,
             libxc.page_data(guest.pages()))
    return second


@bad(bases.pv64, "order.verify")
def verify_before_memory(s: Stream) -> Item:
    """VERIFY before any PAGE_DATA: there is nothing to compare with."""
    record = libxc.verify()
    s.before(s.first(Xc.PAGE_DATA), record)
    return record


@bad(bases.remus_pv_libxc, "order.verify")
def verify_in_checkpointed(s: Stream) -> Item:
    """VERIFY in a checkpointed stream."""
    record = libxc.verify()
    s.before(s.first(Xc.TSC_INFO), record, libxc.page_data(pv.Guest().pages()))
    return record


@bad(bases.pv64, "order.checkpoint")
def checkpoint_before_state(s: Stream) -> Item:
    """CHECKPOINT straight after the memory, before any vCPU."""
    record = libxc.checkpoint()
    s.before(s.first(Xc.TSC_INFO), record)
    return record


@bad(bases.remus_pv_libxc, "order.checkpoint")
def checkpoint_without_shared_info(s: Stream) -> Item:
    """The second checkpoint lacks SHARED_INFO."""
    s.remove(s.last(Xc.SHARED_INFO))
    return s.last(Xc.CHECKPOINT)


@bad(bases.remus_hvm, "order.checkpoint")
def checkpoint_without_context(s: Stream) -> Item:
    """The second checkpoint of an HVM guest lacks HVM_CONTEXT."""
    s.remove(s.last(Xc.HVM_CONTEXT))
    return s.last(Xc.CHECKPOINT)


@bad(bases.remus_pv_libxc, "checkpoint.end")
def end_after_checkpoint(s: Stream) -> Item:
    """END after a checkpoint, which releases after 4.6 do not write."""
    record = libxc.end()
    s += [record]
    return record


@bad(bases.remus_pv_libxc, "stream.truncated")
def torn_before_first_checkpoint(s: Stream) -> Item:
    """A checkpointed stream that broke before its first checkpoint: there is nothing to restore."""
    place = s.first(Xc.SHARED_INFO)
    s.end_inside(place, 100)
    return place


@bad(bases.remus_pv_libxc, "order.duplicate", "order.static_data")
def static_record_after_checkpoint(s: Stream) -> Item:
    """The second round starts with X86_PV_INFO again, though static records come once a stream."""
    record = libxc.pv_info(8, 4)
    s.after(s.first(Xc.CHECKPOINT), record)
    return record


@bad(bases.pv64, "page_data.count", "page_data.length", depth="record")
def records_swapped_types(s: Stream) -> Item:
    """The types of two neighbours are exchanged: TSC_INFO's body in a PAGE_DATA record."""
    record = s.first(Xc.TSC_INFO)
    wrong = Record(Xc.PAGE_DATA, bytes(record.body))
    s.replace(record, wrong)
    if struct.unpack_from("<I", wrong.body)[0] != 0:
        raise ValueError("the count should be the TSC mode, 0")
    return wrong


@bad(bases.hvm_image, "order.page_data_late", "order.page_data", "order.tail")
def context_before_memory(s: Stream) -> None:
    """HVM_CONTEXT before the memory: a restorer keeps it for later, but no saver sends it so early."""
    s.move_before(s.first(Xc.HVM_CONTEXT), s.first(Xc.PAGE_DATA))


@bad(bases.pv64, "order.page_data_late", "order.page_data", "order.tail")
def vcpu_before_memory(s: Stream) -> None:
    """A vCPU context before the memory."""
    s.move_before(s.first(Xc.VCPU_BASIC), s.first(Xc.PAGE_DATA))


@bad(bases.pv64_v2, "order.pv_info")
def shared_info_before_pv_info(s: Stream) -> Item:
    """SHARED_INFO comes first of all, when its width is not yet known."""
    record = s.first(Xc.SHARED_INFO)
    s.move_before(record, s.first(Xc.PV_INFO))
    return record


@bad(bases.pv64, "order.static_data_end")
def static_data_end_before_end(s: Stream) -> Item:
    """STATIC_DATA_END is the last record but one."""
    s.move_before(s.first(Xc.STATIC_DATA_END), s.first(Xc.END))
    return s.first(Xc.P2M_FRAMES)
