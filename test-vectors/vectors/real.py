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
