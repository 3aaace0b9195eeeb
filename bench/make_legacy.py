#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Writes a big image as Xen 4.5 did: real headers, entries and tails of a guest; page data as in make_image.py.

usage: make_legacy.py [--guest hvm|pv] [--mib N] [--batch N] [--width 32|64] [--content holes|mixed]
                      [--live] [--bare] FILE|-
"""

import argparse
import struct
import sys
from array import array
from typing import BinaryIO, List, Optional

from make_image import Filler, holes, mixed, put_items, zeros  # noqa: E402

from xenstream import legacy, legacy_guest, pv, xl  # isort: skip  # make_image has put them on the path

CONFIG = {"hvm": b"builder = 'hvm'\nname = 'big'\n", "pv": b"name = 'big'\nkernel = '/boot/guest'\n"}


def put_batch(out: BinaryIO, width: int, first: int, pages: int, fill: Filler) -> None:
    out.write(struct.pack("<i", pages) + array("I" if width == 4 else "Q", range(first, first + pages)).tobytes())
    fill(out, first, pages)


def put_memory(out: BinaryIO, args: argparse.Namespace, begin: int, fill: Filler) -> None:
    pages = args.mib * 256
    for first in range(begin, pages, args.batch):
        put_batch(out, args.width // 8, first, min(args.batch, pages - first), fill)


def put_hvm(out: BinaryIO, args: argparse.Namespace, fill: Filler) -> None:
    saver = legacy_guest.HvmSaver(args.width // 8)
    put_items(out, [legacy.P2mSize(saver.tw, args.mib * 256), *([] if args.live else saver.tsc())])
    put_memory(out, args, 0, fill)
    put_items(out, [*(saver.tsc() if args.live else []), *saver.closing(), *saver.tail()])


def put_pv(out: BinaryIO, args: argparse.Namespace, fill: Filler) -> None:
    """The small guest's own pages, page tables and all; ordinary ones behind them, some of which are P2M frames."""
    saver = legacy_guest.PvSaver(args.width // 8)
    saver.guest = pv.Guest(8, len(saver.vcpus), args.mib * 256)
    frames = -(-saver.guest.max_pfn // 512)
    put_items(out, [legacy.P2mSize(saver.tw, saver.guest.max_pfn), saver.extended_info(),
                    legacy.Frames(saver.tw, [pv.P2M, *range(18, 18 + frames - 1)]),
                    *([] if args.live else saver.tsc()), saver.batch(range(pv.HOLES[0]))])
    put_memory(out, args, pv.HOLES[0], fill)
    put_items(out, [*(saver.tsc() if args.live else []), *saver.closing(), legacy.Unmapped(saver.tw, []), *saver.tail()[1:]])


def main(argv: Optional[List[str]] = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--guest", choices=("hvm", "pv"), default="hvm")
    parser.add_argument("--mib", type=int, default=2048, help="guest memory")
    parser.add_argument("--batch", type=int, default=1024, help="pages in a batch")
    parser.add_argument("--width", type=int, choices=(32, 64), default=64, help="of the toolstack")
    parser.add_argument("--content", choices=("holes", "mixed"), default="holes")
    parser.add_argument("--live", action="store_true", help="as of a guest that runs, of which more may follow")
    parser.add_argument("--bare", action="store_true", help="without xl's header")
    parser.add_argument("file")
    args = parser.parse_args(argv)

    def put(out: BinaryIO, fill: Filler) -> None:
        if not args.bare:
            config = CONFIG[args.guest]
            out.write(xl.MAGIC + struct.pack("<5I", 0x01020304, 0, 0, 4 + len(config), len(config)) + config)
        (put_pv if args.guest == "pv" else put_hvm)(out, args, fill)

    if args.file == "-":
        put(sys.stdout.buffer, zeros if args.content == "holes" else mixed())
        return
    with open(args.file, "wb") as out:
        put(out, holes if args.content == "holes" else mixed())


if __name__ == "__main__":
    main()
