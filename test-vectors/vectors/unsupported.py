# SPDX-License-Identifier: MIT
"""Well formed by some other description."""

import struct

from xenstream import legacy, libxl, pv, xl
from xenstream.legacy_guest import HvmSaver, PvSaver
from xenstream.base import BIG, Stream

from . import bases
from .catalogue import unsupported


def image_version(version: int) -> Stream:
    s = bases.pv64()
    s.header("image").set(version=version)
    return s


@unsupported("libxc", "image.version")
def image_version_1() -> Stream:
    """A libxc image of version 1, which Xen never released."""
    return image_version(1)


@unsupported("libxc", "image.version")
def image_version_4() -> Stream:
    """A libxc image of version 4, newer than all known."""
    return image_version(4)


@unsupported("libxl", "image.version")
def image_version_4_in_libxl() -> Stream:
    """A libxc image of version 4 inside a libxl stream."""
    s = bases.libxl_hvm()
    s.header("image").set(version=4)
    return s


@unsupported("libxl", "libxl.version")
def libxl_version_1() -> Stream:
    """A libxl stream of version 1, the name libxl gives to legacy streams, which have no header."""
    s = bases.libxl_pv()
    s.header("libxl").set(version=1)
    return s


@unsupported("libxl", "libxl.version")
def libxl_version_3() -> Stream:
    """A libxl stream of version 3, newer than all known."""
    s = bases.libxl_pv()
    s.header("libxl").set(version=3)
    return s


@unsupported("xl", "xl.big_endian")
def xl_big_endian() -> Stream:
    """An xl header by a big-endian toolstack."""
    config = xl.config("pv", 2, pv.PAGES)
    inner = bases.libxl_items(pv.Guest().image(order=BIG), order=BIG)
    return Stream([*xl.header(config, order=BIG), *inner])


@unsupported("libxc", "domain.page_shift")
def page_shift_16() -> Stream:
    """Pages of 64 KiB, as another architecture may have them one day."""
    s = bases.pv64()
    s.header("domain").set(page_shift=16)
    return s


@unsupported("libxc", "domain.type")
def domain_type_3() -> Stream:
    """Domain type 3, kept for the first kind of PVH guests and never used."""
    s = bases.pvh()
    s.header("domain").set(type=3)
    return s


@unsupported("libxc", "domain.type")
def domain_type_4() -> Stream:
    """Domain type 4, kept for ARM guests and never used."""
    s = bases.pvh()
    s.header("domain").set(type=4)
    return s


@unsupported("legacy", "stream.legacy")
def legacy_pv_64() -> bytes:
    """A legacy PV image by a 64-bit toolstack: no magic, just sizes."""
    return PvSaver(8).image().encode()


@unsupported("legacy", "stream.legacy")
def legacy_pv_32() -> bytes:
    """A legacy PV image by a 32-bit toolstack."""
    return PvSaver(4).image().encode()


@unsupported("legacy", "stream.legacy")
def legacy_hvm_64() -> bytes:
    """A legacy HVM image by a 64-bit toolstack."""
    return HvmSaver(8).image().encode()


@unsupported("legacy", "stream.legacy")
def legacy_hvm_32() -> bytes:
    """A legacy HVM image by a 32-bit toolstack."""
    return HvmSaver(4).image().encode()


@unsupported("xl", "stream.legacy")
def xl_legacy_json() -> bytes:
    """A file of `xl save` 4.5: JSON config, legacy image."""
    head = Stream(xl.header(xl.config("pv", 2, pv.PAGES), xl.JSON_FLAG)).encode()
    return head + PvSaver(8).image().encode()


@unsupported("xl", "stream.legacy")
def xl_legacy_text() -> bytes:
    """A file of `xl save` 4.4: config in xl.cfg syntax, legacy image."""
    head = Stream(xl.header(b"name = 'vector'\nbuilder = 'hvm'\n", 0)).encode()
    return head + HvmSaver(8).image().encode()


@unsupported("xl", "stream.legacy")
def xl_v2_flag_cleared() -> bytes:
    """A libxl stream behind an xl header without the v2 flag: readers go by the flag."""
    s = bases.xl_pv()
    s.header("xl").set(mandatory_flags=xl.JSON_FLAG)
    return s.encode()


@unsupported("wrapper", "stream.wrapper")
def libvirt() -> bytes:
    """A file of libvirt: its own header and XML before a libxl stream."""
    return legacy.libvirt_header("pv", 2) + bases.libxl_pv().encode()


@unsupported("wrapper", "stream.wrapper")
def libvirt_legacy() -> bytes:
    """A file of libvirt with a legacy stream."""
    return legacy.libvirt(PvSaver(8).image()).encode()


@unsupported("wrapper", "stream.wrapper", "stream.legacy")
def xend() -> bytes:
    """A file of xend (`xm save`)."""
    return legacy.xend(PvSaver(8).image()).encode()


@unsupported("wrapper", "stream.wrapper", "stream.legacy")
def xapi() -> bytes:
    """A file of xapi with a legacy image."""
    return legacy.xapi(PvSaver(4).image()).encode()


@unsupported("wrapper", "stream.wrapper", "stream.unknown", "stream.legacy")
def xenopsd() -> bytes:
    """A structured file of xenopsd around a libxc image of version 3."""
    image = bases.pv64().encode()
    return (b"XenSavedDomv2-\n" + struct.pack("<QQ", 0x00F0, len(image)) + image + struct.pack("<QQ", 0xFFFF, 0))


@unsupported("none", "stream.unknown", "stream.legacy")
def colo_back_channel() -> bytes:
    """COLO's back channel: libxl records without any header."""
    return Stream([libxl.checkpoint_state(1), libxl.checkpoint_state(2), libxl.checkpoint_state(3)]).encode()
