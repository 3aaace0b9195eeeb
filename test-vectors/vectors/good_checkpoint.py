# SPDX-License-Identifier: MIT
"""Good checkpointed streams (Remus and COLO), which end where the link breaks."""

from xenstream import hvm, libxc, libxl, pv, xl
from xenstream.base import Stream, Xc, Xl

from . import bases
from .catalogue import good


@good("libxc", "checkpoint.eof")
def remus_libxc_pv() -> Stream:
    """Remus at the libxc level: two checkpoints of a PV guest, then end of file."""
    return bases.remus_pv_libxc()


@good("libxc", "checkpoint.eof")
def remus_libxc_pv_v2() -> Stream:
    """Remus at the libxc level with a version 2 image of Xen 4.13."""
    return bases.remus_pv_libxc(version=2, xen=(4, 13))


@good("libxc", "checkpoint.end")
def remus_libxc_pv_xen46() -> Stream:
    """Xen 4.6 appended END when the checkpoint callback asked to stop."""
    s = bases.remus_pv_libxc(version=2, xen=(4, 6))
    s += [libxc.end()]
    return s


@good("libxc", "checkpoint.eof")
def remus_libxc_idle() -> Stream:
    """Between two checkpoints the guest touched nothing: no PAGE_DATA at all in the second round."""
    s = bases.remus_pv_libxc()
    s.remove(s.last(Xc.PAGE_DATA))
    return s


@good("libxc", "checkpoint.partial")
def remus_libxc_torn() -> Stream:
    """The link broke inside a page of the third round; a restore drops that round and runs from the second."""
    guest = pv.Guest()
    s = bases.remus_pv_libxc()
    torn = libxc.page_data(guest.pages([15, 18]))
    s += [torn]
    s.end_inside(torn, 5000)
    return s


@good("libxl", "checkpoint.eof")
def remus_libxl_pv() -> Stream:
    """Remus of a PV guest in a libxl stream: CHECKPOINT_END after each libxc CHECKPOINT."""
    return bases.remus_pv()


@good("libxl", "checkpoint.eof")
def remus_libxl_hvm() -> Stream:
    """Remus of an HVM guest: emulator records before each CHECKPOINT_END."""
    return bases.remus_hvm()


@good("libxl", "checkpoint.eof")
def remus_libxl_pvh() -> Stream:
    """Remus of a PVH guest, without emulator records."""
    s = Stream(bases.rounds(hvm.Guest(pvh=True), 3, []))
    s.remove_all(Xl.XENSTORE_DATA, Xl.EMULATOR_CONTEXT)
    return s


@good("xl", "checkpoint.eof")
def remus_xl_hvm() -> Stream:
    """Remus of an HVM guest as `xl remus` sends it."""
    return Stream([*xl.header(xl.config("hvm", 2, hvm.PAGES)), *bases.remus_hvm().items])


@good("libxl", "checkpoint.end")
def remus_libxl_pv_xen46() -> Stream:
    """Remus of Xen 4.6 that was asked to stop: libxc END and libxl END follow the last checkpoint."""
    guest = pv.Guest()
    s = Stream([libxl.header(), libxl.libxc_context(), *guest.start(2, (4, 6)), *libxc.batches(guest.pages()),
                *guest.tail((4, 6)), libxc.checkpoint(), libxl.checkpoint_end(), libxc.end(), libxl.end()])
    return s


@good("libxl", "checkpoint.eof")
def colo_libxl_hvm() -> Stream:
    """Forward direction of COLO: CHECKPOINT_STATE NEW after each CHECKPOINT_END."""
    return bases.colo_hvm()


@good("libxl", "checkpoint.partial")
def remus_libxl_torn_checkpoint() -> Stream:
    """The link broke after libxc's CHECKPOINT but before CHECKPOINT_END: the second checkpoint does not count."""
    s = bases.remus_hvm()
    s.remove(s.last(Xl.CHECKPOINT_END))
    return s


@good("libxc", "checkpoint.eof", "record.optional")
def remus_libxc_optional_record() -> Stream:
    """An optional record between two checkpoints: legal, though Xen's restorer fails when it replays one."""
    s = bases.remus_pv_libxc()
    s.before(s.last(Xc.TSC_INFO), libxc.unknown(0x80000042, b"12345"))
    return s
