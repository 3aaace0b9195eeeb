# SPDX-License-Identifier: MIT
"""What a legacy image has to become, worked out from its pieces and not from its bytes."""

import struct
from typing import Dict, List, Optional, Sequence, Tuple

from . import legacy, libxc, libxl, xl
from .base import Header, Item, Record, Stream, Xc
from .legacy_guest import ONLINE

CONVERTER = (0, 1)            # where other images have Xen's version

Rounds = List[List[Item]]


def split(image: legacy.Image) -> Tuple[List[Item], Rounds]:
    """The head, and what belongs to each complete round: a torn last one is left out."""
    head: List[Item] = []
    rounds: Rounds = []
    current: List[Item] = []
    for item in image.items:
        if isinstance(item, (legacy.P2mSize, legacy.ExtendedInfo, legacy.Frames)):
            head.append(item)
        elif isinstance(item, legacy.Qemu):
            rounds[-1].append(item)
        elif isinstance(item, legacy.Piece) and item.layer == "legacy":
            current.append(item)
            if isinstance(item, (legacy.SharedInfo, legacy.HvmTail)):
                rounds.append(current)
                current = []
    return head, rounds


class Memory:
    """Batches become PAGE_DATA; compressed rounds need what the guest's pages held before.  gone: pfns that have no
    memory in the end, whose pages are left out."""

    def __init__(self, gone: Sequence[int] = ()) -> None:
        self.pages: Dict[int, bytes] = {}
        self.gone = frozenset(gone)

    def round(self, items: List[Item]) -> List[Record]:
        units = b"".join(item.data for item in items if isinstance(item, legacy.Compressed))
        found: List[Record] = []
        comparing = False              # behind VERIFY come pages that were there already
        for item in items:
            if isinstance(item, legacy.Tsc):
                found.append(libxc.tsc_info(item.mode, item.khz, item.nsec, item.incarnation))
            elif isinstance(item, legacy.Marker) and item.chunk == legacy.VERIFY:
                comparing = True
            elif isinstance(item, legacy.Batch) and not comparing:
                pages, units = self._batch(item, units)
                found += [libxc.page_data(pages)] if pages else []
        return found

    def _batch(self, batch: legacy.Batch, units: bytes) -> Tuple[List[libxc.Page], bytes]:
        pages = []
        for pfn, kind, data in batch.memory():
            if batch.compressed and libxc.has_data(kind):
                data, used = legacy.decode(units, self.pages[pfn])
                units = units[used:]
            self.pages[pfn] = data
            if pfn not in self.gone:
                pages.append((pfn, kind, data))
        return pages, units


def xsave(blob: bytes) -> bytes:
    """Cut to what its features take, nothing if it has none."""
    accum = struct.unpack_from("<Q", blob, 8)[0]
    ends = {2: 832, 62: 960, 5: 1152, 6: 1664, 7: 2688}
    size = 576 if accum else 0
    for bit, end in ends.items():
        if accum >> bit & 1:
            size = max(size, end)
    return blob[:16 + size] if size else b""


def vcpu(state: legacy.VcpuState, number: int, online: bool) -> List[Item]:
    basic = bytearray(state.basic)
    if online:
        basic[512] |= ONLINE
    found: List[Item] = [libxc.vcpu_basic(number, bytes(basic))]
    if state.extended is not None:
        size = struct.unpack_from("<I", state.extended, 4)[0]
        found.append(libxc.vcpu_extended(number, state.extended[:size]))
    if state.xsave is not None and xsave(state.xsave):
        found.append(libxc.vcpu_xsave(number, xsave(state.xsave)))
    return found


def pv_tail(items: List[Item]) -> List[Item]:
    infos = [item for item in items if isinstance(item, legacy.VcpuInfo)]
    numbers = [n for n in sorted(infos[-1].online) if n <= infos[-1].max_id] if infos else [0]
    states = [item for item in items if isinstance(item, legacy.VcpuState)]
    found: List[Item] = []
    for number, state in zip(numbers, states):
        found += vcpu(state, number, not infos)
    return found + [libxc.shared_info(item.page) for item in items if isinstance(item, legacy.SharedInfo)]


def hvm_tail(items: List[Item]) -> List[Item]:
    """Parameters from chunks, those of the tail, the context.  Of a chunk that recurs the last counts."""
    params = {legacy.PARAMS[item.chunk]: item.value for item in items if isinstance(item, legacy.Param)}
    tail = next(item for item in items if isinstance(item, legacy.HvmTail))
    if bool(params.get(32)) != bool(params.get(33)):
        params = {index: value for index, value in params.items() if index not in (32, 33)}
    magic = {5: tail.ioreq, 6: tail.bufioreq, 1: tail.store}
    found: List[Item] = []
    for group in (params, magic):
        chosen = [(index, value) for index, value in group.items() if value]
        if chosen:
            found.append(libxc.hvm_params(chosen))
    return found + [libxc.hvm_context(tail.context)]


def start(image: legacy.Image, head: List[Item]) -> List[Item]:
    found: List[Item] = [libxc.image_header(3),
                         libxc.domain_header(libxc.PV if image.kind == "pv" else libxc.HVM, CONVERTER)]
    if image.kind == "hvm":
        return found + [libxc.static_data_end()]
    size = next(item.value for item in head if isinstance(item, legacy.P2mSize))
    frames = next(item.pfns for item in head if isinstance(item, legacy.Frames))
    info: Optional[legacy.ExtendedInfo] = next((i for i in head if isinstance(i, legacy.ExtendedInfo)), None)
    context = info.get(b"vcpu") if info else None
    width = image.tw if context is None else 4 if len(context) == 0xAF0 else 8
    return found + [libxc.pv_info(width, 4 if width == 8 else 3), libxc.static_data_end(),
                    libxc.p2m_frames(0, size - 1, frames)]


def tail(image: legacy.Image, items: List[Item]) -> List[Item]:
    return (pv_tail if image.kind == "pv" else hvm_tail)(items)


def libxc_image(image: legacy.Image) -> List[Item]:
    """All complete rounds folded into one image: everybody's pages in turn, the last round's state."""
    head, rounds = split(image)
    memory = Memory([pfn for item in rounds[-1] if isinstance(item, legacy.Unmapped) for pfn in item.pfns])
    items = start(image, head)
    for each in rounds:
        items += memory.round(each)
    return items + tail(image, rounds[-1]) + [libxc.end()]


def physmap(entries: List[legacy.PhysmapEntry]) -> List[Tuple[bytes, bytes]]:
    found = []
    for offset, first, size, name in entries:
        node = b"physmap/%x/" % offset
        found += [(node + b"start_addr", b"%x" % first), (node + b"size", b"%x" % size)]
        found += [(node + b"name", name[:-1])] if name else []
    return found


def emulator(image: legacy.Image, items: List[Item]) -> List[Item]:
    """What a round left of the device model."""
    found: List[Item] = []
    if image.kind == "hvm":
        found += [libxl.xenstore_data(physmap(item.entries), 0) for item in items
                  if isinstance(item, legacy.Toolstack) and item.entries]
        found += [libxl.emulator_context(item.state, 0) for item in items if isinstance(item, legacy.Qemu)]
    return found


def libxl_stream(image: legacy.Image) -> List[Item]:
    last = split(image)[1][-1]
    return [libxl.header(converted=True), libxl.libxc_context(), *libxc_image(image),
            *emulator(image, last), libxl.end()]


def checkpointed(image: legacy.Image) -> List[Item]:
    """Each round kept for itself, in a libxl stream that has no end."""
    head, rounds = split(image)
    memory = Memory()
    items: List[Item] = [libxl.header(converted=True), libxl.libxc_context(), *start(image, head)]
    for each in rounds:
        items += [*memory.round(each), *tail(image, each), libxc.checkpoint()]
        items += [*emulator(image, each), libxl.checkpoint_end()]
    return items


def version_2(image: legacy.Image) -> List[Item]:
    """For receivers older than 4.14: another number in the header, and no STATIC_DATA_END."""
    items = [item for item in libxl_stream(image)
             if not (isinstance(item, Record) and item.kind is Xc.STATIC_DATA_END)]
    Stream(items).header("image").set(version=2)
    return items


def xl_file(image: legacy.Image) -> Optional[List[Item]]:
    """Only what was a file of xl becomes one: nothing else has its configuration."""
    head = [item for item in image.items if item.layer == "xl"]
    if not head or not isinstance(head[0], Header):
        return None
    values = dict(head[0].values, mandatory_flags=head[0].values["mandatory_flags"] | xl.STREAM_V2_FLAG)
    fixed = Header("xl", head[0].order, [(name, head[0].letters[name], value) for name, value in values.items()])
    return [fixed, *head[1:], *libxl_stream(image)]


def expected(image: legacy.Image, form: str = "libxl") -> Optional[bytes]:
    """The converted stream as libxc, libxl or xl, or as libxl in another way; None where that cannot be made."""
    items = {"libxc": libxc_image, "libxl": libxl_stream, "xl": xl_file, "checkpointed": checkpointed,
             "version 2": version_2}[form](image)
    return None if items is None else Stream(items).encode()
