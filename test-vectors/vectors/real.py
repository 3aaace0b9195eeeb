# SPDX-License-Identifier: MIT
"""Real images: what Xen itself wrote in the lab.  Not made here but captured with lab/capture, so they say nothing
about our own understanding and everything about Xen's."""

import lzma
from pathlib import Path

from vectors.catalogue import good

FOLDER = Path(__file__).resolve().parent.parent / "real"


def load(name: str) -> bytes:
    return lzma.decompress((FOLDER / (name + ".img.xz")).read_bytes())


def _real(name: str, sentence: str) -> None:
    def image() -> bytes:
        return load("xl-4.17-" + name)
    image.__name__ = "real_xl_" + name.replace("-", "_")
    image.__doc__ = "Real: " + sentence
    good("xl")(image)


_real("pv", "a PV guest of 4 MiB (lab/tiny) as `xl save` of Xen 4.17.7 wrote it.")
_real("pvh", "a PVH guest of 4 MiB (lab/tiny) as `xl save` of Xen 4.17.7 wrote it, a million holes included.")

for _name, _guest, _mib, _more in (
        ("check-pv64", "64-bit PV", 8, ""),
        ("check-pv32", "32-bit PV", 8, ", on a hypervisor built with 32-bit PV guests"),
        ("check-pvh", "PVH", 8, ""),
        ("check-hvm", "HVM", 16, ", with its device model's state")):
    _real(_name, "the %s checking guest of %d MiB (lab/guest) as `xl save` of Xen 4.17.7 wrote it%s." % (_guest, _mib, _more))
    _real(_name + "-live", "the %s checking guest as `xl migrate` of Xen 4.17.7 sent it live, in six passes, "
          "while it rewrote its memory." % _guest)
