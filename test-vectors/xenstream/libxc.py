# SPDX-License-Identifier: MIT
"""The libxc image: its two headers and a function for each record type 0x00-0x12.

Fields of records follow the byte order of the stream.  What Xen hands over as a blob (vCPU contexts, xsave
areas, MSR lists, shared_info, HVM context) is x86 memory and stays little-endian whatever the stream's order.
"""

import struct
from typing import List, Sequence, Tuple

from .base import LITTLE, PAGE_SIZE, Header, Record, Xc

PV = 1
HVM = 2

# Page types: the upper four bits of a PAGE_DATA entry.
NOTAB = 0x0
L1TAB, L2TAB, L3TAB, L4TAB = 1, 2, 3, 4
PINNED = 8
BROKEN = 0xD
XALLOC = 0xE
XTAB = 0xF

Page = Tuple[int, int, bytes]  # pfn, type, 4096 bytes or b"" for a type without data


def image_header(version: int = 3, order: str = LITTLE) -> Header:
    """Always big-endian itself; option bit 0 tells the order of what follows."""
    return Header("image", ">", [
        ("marker", "Q", 0xFFFFFFFFFFFFFFFF), ("id", "I", 0x58454E46), ("version", "I", version),
        ("options", "H", 0 if order == LITTLE else 1), ("reserved1", "H", 0), ("reserved2", "I", 0)])


def domain_header(kind: int, xen: Tuple[int, int] = (4, 17), order: str = LITTLE) -> Header:
    return Header("domain", order, [
        ("type", "I", kind), ("page_shift", "H", 12), ("reserved", "H", 0),
        ("xen_major", "I", xen[0]), ("xen_minor", "I", xen[1])])


def _empty(kind: Xc, order: str) -> Record:
    return Record(kind, b"", order)


def end(order: str = LITTLE) -> Record:
    return _empty(Xc.END, order)


def has_data(page_type: int) -> bool:
    return page_type < XTAB and page_type not in (BROKEN, XALLOC)


def page_data(pages: Sequence[Page], order: str = LITTLE) -> Record:
    body = struct.pack(order + "II", len(pages), 0)
    body += b"".join(struct.pack(order + "Q", kind << 60 | pfn) for pfn, kind, _ in pages)
    for pfn, kind, data in pages:
        if len(data) != (PAGE_SIZE if has_data(kind) else 0):
            raise ValueError("pfn %#x of type %#x has %d bytes" % (pfn, kind, len(data)))
        body += data
    return Record(Xc.PAGE_DATA, body, order)


def pv_info(width: int, levels: int, order: str = LITTLE) -> Record:
    return Record(Xc.PV_INFO, struct.pack(order + "BBHI", width, levels, 0, 0), order)


def p2m_frames(start: int, last: int, frames: Sequence[int], order: str = LITTLE) -> Record:
    return Record(Xc.P2M_FRAMES, struct.pack(order + "II%dQ" % len(frames), start, last, *frames), order)


def _vcpu(kind: Xc, vcpu: int, blob: bytes, order: str) -> Record:
    return Record(kind, struct.pack(order + "II", vcpu, 0) + blob, order)


def vcpu_basic(vcpu: int, blob: bytes, order: str = LITTLE) -> Record:
    return _vcpu(Xc.VCPU_BASIC, vcpu, blob, order)


def vcpu_extended(vcpu: int, blob: bytes, order: str = LITTLE) -> Record:
    return _vcpu(Xc.VCPU_EXTENDED, vcpu, blob, order)


def vcpu_xsave(vcpu: int, blob: bytes, order: str = LITTLE) -> Record:
    return _vcpu(Xc.VCPU_XSAVE, vcpu, blob, order)


def vcpu_msrs(vcpu: int, msrs: Sequence[Tuple[int, int]], order: str = LITTLE) -> Record:
    blob = b"".join(struct.pack("<IIQ", index, 0, value) for index, value in msrs)
    return _vcpu(Xc.VCPU_MSRS, vcpu, blob, order)


def shared_info(page: bytes, order: str = LITTLE) -> Record:
    return Record(Xc.SHARED_INFO, page, order)


def tsc_info(mode: int = 0, khz: int = 2394230, nsec: int = 86543210987, incarnation: int = 1,
             order: str = LITTLE) -> Record:
    return Record(Xc.TSC_INFO, struct.pack(order + "IIQII", mode, khz, nsec, incarnation, 0), order)


def hvm_context(blob: bytes, order: str = LITTLE) -> Record:
    return Record(Xc.HVM_CONTEXT, blob, order)


def hvm_params(params: Sequence[Tuple[int, int]], order: str = LITTLE) -> Record:
    body = struct.pack(order + "II", len(params), 0)
    body += b"".join(struct.pack(order + "QQ", index, value) for index, value in params)
    return Record(Xc.HVM_PARAMS, body, order)


def toolstack(blob: bytes = b"", order: str = LITTLE) -> Record:
    return Record(Xc.TOOLSTACK, blob, order)


def verify(order: str = LITTLE) -> Record:
    return _empty(Xc.VERIFY, order)


def checkpoint(order: str = LITTLE) -> Record:
    return _empty(Xc.CHECKPOINT, order)


def dirty_pfn_list(pfns: Sequence[int], order: str = LITTLE) -> Record:
    return Record(Xc.DIRTY_PFN_LIST, struct.pack(order + "%dQ" % len(pfns), *pfns), order)


def static_data_end(order: str = LITTLE) -> Record:
    return _empty(Xc.STATIC_DATA_END, order)


def cpuid_policy(leaves: Sequence[Tuple[int, ...]], order: str = LITTLE) -> Record:
    return Record(Xc.CPUID_POLICY, b"".join(struct.pack(order + "6I", *leaf) for leaf in leaves), order)


def msr_policy(msrs: Sequence[Tuple[int, int, int]], order: str = LITTLE) -> Record:
    return Record(Xc.MSR_POLICY, b"".join(struct.pack(order + "IIQ", *msr) for msr in msrs), order)


def unknown(kind: int, body: bytes = b"", order: str = LITTLE) -> Record:
    """A record of any type number, 0x80000000 and up being optional."""
    return Record(kind, body, order, "libxc")


def batches(pages: Sequence[Page], size: int = 1024, order: str = LITTLE) -> List[Record]:
    """The pages cut into PAGE_DATA records of `size` entries, as a saver does."""
    return [page_data(pages[n:n + size], order) for n in range(0, len(pages), size)]
