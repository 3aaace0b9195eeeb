#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Writes a big synthetic image: real headers, pfn arrays and end-of-stream records of a guest; page data as holes of
a sparse file (zeros on a pipe), or as pages that all differ and compress about as a guest's do.

usage: make_image.py [--guest hvm|pv] [--mib N] [--batch N] [--passes N] [--small-passes N] [--vcpus N]
                     [--content holes|mixed] [--format libxc|libxl] FILE|-
"""

import argparse
import os
import random
import struct
import sys
from array import array
from pathlib import Path
from typing import BinaryIO, Callable, Iterable, List, Optional

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "test-vectors"))
from vectors import bases  # noqa: E402
from xenstream import hvm, libxc, libxl, pv  # noqa: E402
from xenstream.base import LITTLE  # noqa: E402

PAGE = 4096
CHUNK = bytes(1 << 20)
MODELS = 1024       # pages that differ by more than their number
SMALL_PASS = 16     # pages in a small pass

# What to do with the page data of a batch: gets the file and the first pfn, and how many there are.
Filler = Callable[[BinaryIO, int, int], None]


def zeros(out: BinaryIO, first: int, pages: int) -> None:
    del first
    size = PAGE * pages
    while size:
        size -= out.write(CHUNK[:min(size, len(CHUNK))])


def holes(out: BinaryIO, first: int, pages: int) -> None:
    """Nothing but zeros, which a sparse file does not store."""
    del first
    out.seek(PAGE * pages, os.SEEK_CUR)


def models() -> List[bytes]:
    """A tenth zero, a third text, a third small numbers, the rest random; the same each time."""
    pick = random.Random(4096)
    words = [pick.randbytes(pick.randrange(2, 9)).hex().encode() for _ in range(400)]
    made = []
    for number in range(MODELS):
        kind = number % 10
        if kind == 0:
            made.append(bytes(PAGE))
        elif kind < 4:
            made.append(b" ".join(pick.choices(words, k=PAGE // 4))[:PAGE])
        elif kind < 7:
            made.append(array("I", pick.choices(range(1 << 12), k=PAGE // 4)).tobytes())
        else:
            made.append(pick.randbytes(PAGE))
    return made


def mixed() -> Filler:
    """Each model again and again, with the pfn in front unless it is all zero."""
    heads = [page[8:] for page in models()]

    def fill(out: BinaryIO, first: int, pages: int) -> None:
        pieces = []
        for pfn in range(first, first + pages):
            number = pfn % MODELS
            pieces.append(bytes(8) if number % 10 == 0 else struct.pack("<Q", pfn + 1))
            pieces.append(heads[number])
        out.write(b"".join(pieces))
    return fill


def put_batch(out: BinaryIO, first: int, pages: int, fill: Filler) -> None:
    body = 8 + 8 * pages + PAGE * pages
    out.write(struct.pack("<IIII", 1, body, pages, 0) + array("Q", range(first, first + pages)).tobytes())
    fill(out, first, pages)


def put_items(out: BinaryIO, items: Iterable[object]) -> None:
    for item in items:
        out.write(item.encode())


class Image:
    """What is to be written."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.pages = args.mib * 256
        self.batch = args.batch
        self.passes = args.passes
        self.small_passes = args.small_passes
        self.vcpus = args.vcpus
        self.nested = args.format == "libxl"
        self.hvm = args.guest == "hvm"

    def put_memory(self, out: BinaryIO, fill: Filler, begin: int) -> None:
        for _ in range(self.passes):
            for first in range(begin, self.pages, self.batch):
                put_batch(out, first, min(self.batch, self.pages - first), fill)
        for number in range(self.small_passes):
            put_batch(out, begin + number * 7919 % (self.pages - begin - SMALL_PASS), SMALL_PASS, fill)

    def put(self, out: BinaryIO, fill: Filler) -> None:
        guest = hvm.Guest(vcpus=self.vcpus) if self.hvm else pv.Guest(vcpus=self.vcpus, pages=self.pages)
        if self.nested:
            put_items(out, [libxl.header(), libxl.libxc_context()])
        put_items(out, guest.start(3))
        if not self.hvm:
            # Its own pages are what its vCPUs point at, page tables and all; its holes are filled.
            put_items(out, libxc.batches(guest.pages(range(pv.HOLES[0])), 1024, LITTLE))
        self.put_memory(out, fill, 0 if self.hvm else pv.HOLES[0])
        put_items(out, [*guest.tail(), libxc.end()])
        if self.nested:
            put_items(out, [*(bases.emulator(xenstore=False) if self.hvm else []), libxl.end()])


def main(argv: Optional[List[str]] = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--guest", choices=("hvm", "pv"), default="hvm")
    parser.add_argument("--mib", type=int, default=1024, help="guest memory")
    parser.add_argument("--batch", type=int, default=1024, help="pages in a record")
    parser.add_argument("--passes", type=int, default=1, help="times all memory is sent")
    parser.add_argument("--small-passes", type=int, default=0, help="passes of a few pages behind them")
    parser.add_argument("--vcpus", type=int, default=2)
    parser.add_argument("--content", choices=("holes", "mixed"), default="holes")
    parser.add_argument("--format", choices=("libxc", "libxl"), default="libxl")
    parser.add_argument("file")
    args = parser.parse_args(argv)
    image = Image(args)
    if args.file == "-":
        image.put(sys.stdout.buffer, zeros if args.content == "holes" else mixed())
        return
    with open(args.file, "wb") as out:
        image.put(out, holes if args.content == "holes" else mixed())


if __name__ == "__main__":
    main()
