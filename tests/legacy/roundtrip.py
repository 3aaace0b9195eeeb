#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""There and back again: newer images made legacy by unconvert.py and converted by ours are what they were.

Taken are the streams that the legacy vectors have to become, each by way of both toolstack widths, bare and, where it
came from one, as a file of xl; they have to be the same to the byte.  And all good vectors of newer releases, and any
images given besides, of which page data, state of vCPUs, HVM context and qemu's state have to be the same.
"""

import argparse
import json
import mmap
import os
import subprocess
import sys
import tempfile
from typing import List, Tuple

import unconvert
from unconvert import Found, Image
from xenstream.base import Xc, Xl

# What the old format cannot say: other byte orders, checkpoints of the new kind, a guest that grew, newer parameters;
# and what was never in it: HVM guests without a parameter, a device model whose state is no QEVM.
UNFIT = ("good-remus-", "good-colo-", "good-libxc-pv64-big-endian", "good-libxc-hvm-big-endian",
         "good-libxc-pv32-big-endian", "good-libxl-hvm-big-endian", "good-libxl-mixed-byte-orders",
         "good-libxc-pv64-p2m-grows", "good-libxc-hvm-mca-cap",
         "good-libxc-hvm-empty-params", "good-libxl-hvm-traditional")
KEPT = (Xc.PAGE_DATA, Xc.P2M_FRAMES, Xc.VCPU_BASIC, Xc.SHARED_INFO, Xc.TSC_INFO, Xc.HVM_CONTEXT)


def convert(program: str, path: str, form: str, out: str) -> str:
    """Our output goes to `out`; the explanation if there is none."""
    if os.path.exists(out):
        os.unlink(out)
    done = subprocess.run([program, "-f", form, path, out], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return "" if done.returncode == 0 else "status %d: %s" % (done.returncode, done.stderr.decode(errors="replace"))


def read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def kept(path: str) -> List[Tuple[int, bytes]]:
    """Records that conversion there and back has to leave alone; of PAGE_DATA the holes do not count, nor do pages
    behind VERIFY, which are left out."""
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        image = Image(data)
        nested = [record for record in image.records if record.nested]
        verify = next((n for n, record in enumerate(nested) if record.kind == Xc.VERIFY), len(nested))
        found = [(record.kind, body(image, record)) for n, record in enumerate(nested)
                 if record.kind in KEPT and (n < verify or record.kind != Xc.PAGE_DATA)]
        found += [(0x100, blob[8:]) for blob in image.all(Xl.EMULATOR_CONTEXT, nested=False)]
    return sorted(entry for entry in found if entry[1])


def body(image: Image, record: Found) -> bytes:
    if record.kind != Xc.PAGE_DATA:
        return image.body(record)
    batch = unconvert.batch(image, 8, record)
    batch.pages = batch.memory()
    return batch.encode() if batch.pages else b""


class Check:
    def __init__(self, program: str, directory: str) -> None:
        self.program = program
        self.legacy = os.path.join(directory, "legacy.img")
        self.out = os.path.join(directory, "out.img")
        self.faults = self.done = 0

    def fault(self, path: str, width: int, text: str) -> None:
        print("%s, width %d: %s" % (os.path.basename(path), width, text))
        self.faults += 1

    def again(self, path: str, width: int) -> bool:
        self.done += 1
        with open(path, "rb") as file:
            form = "xl" if file.read(8) == b"Xen save" else "libxl"
        if unconvert.main([path, self.legacy, "--width", str(width)]):
            self.fault(path, width, "cannot be said in the old format")
            return False
        text = convert(self.program, self.legacy, form, self.out)
        if text:
            self.fault(path, width, text)
        return not text

    def same(self, path: str) -> None:
        for width in (32, 64):
            if self.again(path, width) and read(self.out) != read(path):
                self.fault(path, width, "is not what it was")

    def like(self, path: str) -> None:
        for width in (32, 64):
            if self.again(path, width) and kept(self.out) != kept(path):
                self.fault(path, width, "lost or changed a record that conversion has to keep")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="our convert-legacy-stream")
    parser.add_argument("vectors", help="directory with the vectors and manifest.json")
    parser.add_argument("images", nargs="*", help="other images of version 2 or 3")
    options = parser.parse_args()
    with open(os.path.join(options.vectors, "manifest.json"), encoding="utf-8") as file:
        rows = [row for row in json.load(file)["vectors"]]
    # In memory if possible: each output is brought to disk.
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as directory:
        check = Check(os.path.abspath(options.program), directory)
        for row in rows:
            if row.get("convert", {}).get("expected"):
                check.same(os.path.join(options.vectors, row["convert"]["expected"]))
            elif row["verdict"] == "good" and row["file"].endswith(".img") and not row["name"].startswith(UNFIT):
                check.like(os.path.join(options.vectors, row["file"]))
        for path in options.images:
            check.like(path)
    print("roundtrip: %d images, %d faults" % (check.done, check.faults))
    return 1 if check.faults else 0


if __name__ == "__main__":
    sys.exit(main())
