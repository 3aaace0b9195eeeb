# SPDX-License-Identifier: MIT
"""Good streams, from which most vectors are made by one edit."""

import gzip
from typing import List, Optional, Sequence, Tuple

from xenstream import hvm, libxc, libxl, pv, xl
from xenstream.base import LITTLE, Item, Record, Stream, Xc

XEN = (4, 17)
CONVERTER = (0, 1)


def pv64() -> Stream:
    return pv.stream(8)


def pv32() -> Stream:
    return pv.stream(4)


def pv64_v2() -> Stream:
    return pv.stream(8, version=2, xen=(4, 13))


def hvm_image() -> Stream:
    return hvm.stream()


def hvm_v2() -> Stream:
    return Stream(hvm.Guest(xen=(4, 13)).image(version=2))


def pvh() -> Stream:
    return hvm.stream(pvh=True)


def libxl_items(image: Sequence[Item], emulator: Sequence[Item] = (), order: str = LITTLE,
                converted: bool = False) -> List[Item]:
    """A libxl stream around an image."""
    return [libxl.header(order, converted), libxl.libxc_context(order), *image, *emulator, libxl.end(order)]


def emulator(xenstore: bool = True, number: int = libxl.QEMU_UPSTREAM, order: str = LITTLE) -> List[Item]:
    """What the device model leaves: its regions in xenstore if it notes them there, and its state."""
    state = libxl.emulator_context(libxl.qemu_state(), number, order)
    return [libxl.xenstore_data(libxl.physmap(), number, order), state] if xenstore else [state]


def libxl_pv() -> Stream:
    return Stream(libxl_items(pv.Guest().image()))


def libxl_pvh() -> Stream:
    return Stream(libxl_items(hvm.Guest(pvh=True).image()))


def libxl_hvm() -> Stream:
    return Stream(libxl_items(hvm.Guest().image(), emulator()))


def libxl_hvm_plain() -> Stream:
    """Without xenstore data, which upstream's verifier always refuses and which would hide what a vector is about."""
    return Stream(libxl_items(hvm.Guest().image(), emulator(xenstore=False)))


def xl_pv() -> Stream:
    return Stream([*xl.header(xl.config("pv", 2, pv.PAGES)), *libxl_pv().items])


def xl_pvh() -> Stream:
    return Stream([*xl.header(xl.config("pvh", 2, hvm.PAGES)), *libxl_pvh().items])


def xl_hvm() -> Stream:
    return Stream([*xl.header(xl.config("hvm", 2, hvm.PAGES)), *libxl_hvm().items])


def xl_hvm_plain() -> Stream:
    return Stream([*xl.header(xl.config("hvm", 2, hvm.PAGES)), *libxl_hvm_plain().items])


# --- checkpointed streams

DIRTY = ([2, 3, 15, 18], [18, 19])  # what the guest touches between checkpoints


def remus_pv_libxc(order: str = LITTLE, xen: Tuple[int, int] = XEN, version: int = 3) -> Stream:
    """Bare libxc, two checkpoints, then the link breaks."""
    guest = pv.Guest()
    items = guest.start(version, xen, order) + list(libxc.batches(guest.pages(), order=order))
    items += guest.tail(xen, order) + [libxc.checkpoint(order)]
    items += libxc.batches(guest.pages(DIRTY[0]), order=order)
    items += guest.tail(xen, order) + [libxc.checkpoint(order)]
    return Stream(items)


def rounds(guest: hvm.Guest, version: int, between: Sequence[Item]) -> List[Item]:
    """Two rounds of an HVM guest, each closed by libxc CHECKPOINT, the emulator's state and CHECKPOINT_END."""
    items: List[Item] = [libxl.header(), libxl.libxc_context(), *guest.start(version)]
    items += [*libxc.batches(guest.pages()), *guest.tail(), libxc.checkpoint()]
    items += [*emulator(), libxl.checkpoint_end(), *between]
    items += [*libxc.batches(guest.pages([2, 3, 9])), *guest.tail(), libxc.checkpoint()]
    return items + [*emulator(), libxl.checkpoint_end()]


def remus_hvm() -> Stream:
    return Stream(rounds(hvm.Guest(), 3, []))


def remus_pv() -> Stream:
    """The same nested in libxl for a PV guest: no emulator records."""
    items: List[Item] = [libxl.header(), libxl.libxc_context()]
    for item in remus_pv_libxc().items:
        items.append(item)
        if isinstance(item, Record) and item.kind is Xc.CHECKPOINT:
            items.append(libxl.checkpoint_end())
    return Stream(items)


def colo_hvm() -> Stream:
    """The forward direction: after each checkpoint the primary says that the next one is to come."""
    return Stream(rounds(hvm.Guest(), 3, [libxl.checkpoint_state(0)]) + [libxl.checkpoint_state(0)])


def converted_pv(version: int = 3, batch: Optional[int] = 1024) -> Stream:
    """What the legacy converter makes of a PV image: SHARED_INFO last, no policies, no MSRs, no holes."""
    guest = pv.Guest()
    memory = [page for page in guest.pages() if page[1] != libxc.XTAB]
    items = guest.start(version, CONVERTER) + [libxc.page_data(memory[:10]), libxc.tsc_info()]
    items += [libxc.page_data(memory[10:])]
    for vcpu in guest.vcpus:
        items += [libxc.vcpu_basic(vcpu, guest.basic(vcpu)),
                  libxc.vcpu_extended(vcpu, guest.extended(vcpu, 128, 56)),
                  libxc.vcpu_xsave(vcpu, guest.xsave())]
    return Stream(items + [libxc.shared_info(guest.shared_info()), libxc.end()])


def converted_hvm(version: int = 3) -> Stream:
    """Parameters in two records, before the context."""
    guest = hvm.Guest(xen=CONVERTER)
    memory = [page for page in guest.pages() if page[1] != libxc.XTAB]
    chunks = [(12, hvm.IDENT_PT << 12), (27, hvm.PAGING), (28, hvm.MONITOR), (29, hvm.SHARING),
              (15, hvm.VM86_TSS << 12), (17, hvm.CONSOLE), (19, 1)]
    magic = [(5, hvm.IOREQ), (6, hvm.IOREQ + 1), (1, hvm.STORE)]
    items = guest.start(version) + [libxc.page_data(memory[:8]), libxc.tsc_info(), libxc.page_data(memory[8:])]
    return Stream(items + [libxc.hvm_params(chunks), libxc.hvm_params(magic), guest.context(), libxc.end()])


def gzipped(stream: Stream, split: int = 0) -> bytes:
    """The same bytes in every run: no time stamp, no name.  With split, two members."""
    data = stream.encode()
    parts = [data[:split], data[split:]] if split else [data]
    return b"".join(gzip.compress(part, 1, mtime=0) for part in parts)
