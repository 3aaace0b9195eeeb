# SPDX-License-Identifier: MIT
"""Real images: what Xen itself wrote in the lab.  Not made here but captured with lab/capture, so they say nothing
about our own understanding and everything about Xen's."""

import lzma
from pathlib import Path

from vectors.catalogue import good

FOLDER = Path(__file__).resolve().parent.parent / "real"


def load(name: str) -> bytes:
    return lzma.decompress((FOLDER / (name + ".img.xz")).read_bytes())


@good("xl")
def real_xl_pv() -> bytes:
    """Real: a PV guest of 4 MiB (lab/tiny) as `xl save` of Xen 4.17.7 wrote it."""
    return load("xl-4.17-pv")


@good("xl")
def real_xl_pvh() -> bytes:
    """Real: a PVH guest of 4 MiB (lab/tiny) as `xl save` of Xen 4.17.7 wrote it, a million holes included."""
    return load("xl-4.17-pvh")


@good("xl")
def real_xl_check_pv64() -> bytes:
    """Real: the 64-bit PV checking guest of 8 MiB (lab/guest) as `xl save` of Xen 4.17.7 wrote it."""
    return load("xl-4.17-check-pv64")


@good("xl")
def real_xl_check_pv64_live() -> bytes:
    """Real: the 64-bit PV checking guest as `xl migrate` of Xen 4.17.7 sent it live,
    in six passes, while it rewrote its memory."""
    return load("xl-4.17-check-pv64-live")


@good("xl")
def real_xl_check_pv32() -> bytes:
    """Real: the 32-bit PV checking guest of 8 MiB (lab/guest) as `xl save` of Xen 4.17.7 wrote it,
    on a hypervisor built with 32-bit PV guests."""
    return load("xl-4.17-check-pv32")


@good("xl")
def real_xl_check_pv32_live() -> bytes:
    """Real: the 32-bit PV checking guest as `xl migrate` of Xen 4.17.7 sent it live,
    in six passes, while it rewrote its memory."""
    return load("xl-4.17-check-pv32-live")


@good("xl")
def real_xl_check_pvh() -> bytes:
    """Real: the PVH checking guest of 8 MiB (lab/guest) as `xl save` of Xen 4.17.7 wrote it."""
    return load("xl-4.17-check-pvh")


@good("xl")
def real_xl_check_pvh_live() -> bytes:
    """Real: the PVH checking guest as `xl migrate` of Xen 4.17.7 sent it live,
    in six passes, while it rewrote its memory."""
    return load("xl-4.17-check-pvh-live")


@good("xl")
def real_xl_check_hvm() -> bytes:
    """Real: the HVM checking guest of 16 MiB (lab/guest) as `xl save` of Xen 4.17.7 wrote it,
    with its device model's state."""
    return load("xl-4.17-check-hvm")


@good("xl")
def real_xl_check_hvm_live() -> bytes:
    """Real: the HVM checking guest as `xl migrate` of Xen 4.17.7 sent it live,
    in six passes, while it rewrote its memory."""
    return load("xl-4.17-check-hvm-live")
