# SPDX-License-Identifier: MIT
"""What Xen 4.5 and older wrote, and other toolstacks' wrappers: just enough to be recognised."""

import struct
from typing import Sequence, Tuple

from .base import LITTLE, PAGE_SIZE, fill
from .pv import Guest

XEND_MAGIC = b"LinuxGuestRecord"
XAPI_MAGIC = b"XenSavedDomain\n"
LIBVIRT_MAGIC = b"libvirt-xml\n \0 \r"


def _long(width: int, value: int) -> bytes:
    return struct.pack(LITTLE + ("I" if width == 4 else "Q"), value)


def batch(width: int, pages: Sequence[Tuple[int, bytes]]) -> bytes:
    """Count, one word a page, then the pages."""
    return (struct.pack("<i", len(pages)) + b"".join(_long(width, pfn) for pfn, _ in pages)
            + b"".join(data for _, data in pages))


def pv_image(width: int = 8) -> bytes:
    """A PV guest without checkpoint extras, saved by a tool of the given word size."""
    guest = Guest()
    context = guest.basic(0)
    info = b"vcpu" + struct.pack("<I", len(context)) + context + b"extv" + struct.pack("<I", 0)
    head = (_long(width, guest.max_pfn) + b"\xff" * width + struct.pack("<I", len(info)) + info + _long(width, 5))
    pages = [(kind << 28 | pfn, data) for pfn, kind, data in guest.pages() if data]
    vcpus = struct.pack("<iiQ", -2, 1, 3)
    tail = struct.pack("<I", 0)
    for vcpu in guest.vcpus:
        tail += guest.basic(vcpu) + guest.extended(vcpu, 128, 56)
    return head + batch(width, pages) + vcpus + struct.pack("<i", 0) + tail + guest.shared_info()


def hvm_image(width: int = 8) -> bytes:
    """An HVM guest: no extended info, straight to the first chunk."""
    pages = [(pfn, fill(pfn)) for pfn in range(8)]
    params = struct.pack("<iIQ", -3, 0, 27 << 12)
    return (_long(width, 32) + batch(width, pages) + params + struct.pack("<i", 0)
            + struct.pack("<3Q", 28, 29, 25) + struct.pack("<I", PAGE_SIZE) + fill(5))


def libvirt(stream: bytes, version: int = 2) -> bytes:
    """libvirt's header of 64 bytes and its XML, before the same stream that libxl writes."""
    xml = b"<domain type='xen'><name>vector</name></domain>\0"
    return LIBVIRT_MAGIC + struct.pack("<II", version, len(xml)) + bytes(40) + xml + stream


def xend(stream: bytes) -> bytes:
    config = b"(domain (domid 1) (name vector) (image (linux (kernel ''))))"
    return XEND_MAGIC + struct.pack(">i", len(config)) + config + stream


def xapi(stream: bytes) -> bytes:
    return XAPI_MAGIC + stream
