#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Writes a big synthetic image: real headers, pfn arrays and end-of-stream records of an HVM guest, page data as
holes of a sparse file (or zeros, on a pipe).

usage: make_image.py [--mib N] [--batch N] [--passes N] [--format libxc|libxl] FILE|-
"""

import argparse
import os
import struct
import sys
from pathlib import Path
from typing import BinaryIO, Iterable, List

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "test-vectors"))
from vectors import bases  # noqa: E402
from xenstream import hvm, libxc, libxl  # noqa: E402

PAGE = 4096
CHUNK = bytes(1 << 20)


def put_hole(out: BinaryIO, size: int, sparse: bool) -> None:
    """Page data: nothing but zeros, which a sparse file does not store."""
    if sparse:
        out.seek(size, os.SEEK_CUR)
        return
    while size:
        size -= out.write(CHUNK[:min(size, len(CHUNK))])


def put_batch(out: BinaryIO, pfns: range, sparse: bool) -> None:
    body = 8 + 8 * len(pfns) + PAGE * len(pfns)
    out.write(struct.pack("<IIII", 1, body, len(pfns), 0))
    out.write(struct.pack("<%dQ" % len(pfns), *pfns))
    put_hole(out, PAGE * len(pfns), sparse)


def put_items(out: BinaryIO, items: Iterable[object]) -> None:
    for item in items:
        out.write(item.encode())


def write_image(out: BinaryIO, pages: int, batch: int, passes: int, layer: str, sparse: bool) -> None:
    guest = hvm.Guest()
    nested: List[object] = [libxl.header(), libxl.libxc_context()] if layer == "libxl" else []
    put_items(out, nested + guest.start(3))
    for _ in range(passes):
        for first in range(0, pages, batch):
            put_batch(out, range(first, min(first + batch, pages)), sparse)
    put_items(out, [*guest.tail(), libxc.end()])
    if nested:
        put_items(out, [*bases.emulator(xenstore=False), libxl.end()])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--mib", type=int, default=1024, help="guest memory")
    parser.add_argument("--batch", type=int, default=1024, help="pages in a record")
    parser.add_argument("--passes", type=int, default=1, help="times all memory is sent")
    parser.add_argument("--format", choices=("libxc", "libxl"), default="libxl")
    parser.add_argument("file")
    args = parser.parse_args()
    pages = args.mib * 256
    if args.file == "-":
        write_image(sys.stdout.buffer, pages, args.batch, args.passes, args.format, False)
        return
    with open(args.file, "wb") as out:
        write_image(out, pages, args.batch, args.passes, args.format, True)


if __name__ == "__main__":
    main()
