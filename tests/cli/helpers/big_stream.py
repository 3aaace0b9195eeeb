#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""big_stream.py MEBIBYTES: writes a libxc image of an HVM guest with so much more memory to standard output.

It is a good vector with zeros behind its own memory, made while they are written.
"""

import os
import struct
import sys
from typing import List

PAGE = 4096
BATCH = 1024
PAGE_DATA = 0x01


def records_after_headers(image: bytes) -> List[bytes]:
    """The records of a libxc image, each with header and padding."""
    records, at = [], 40
    while at < len(image):
        length = struct.unpack_from("<I", image, at + 4)[0]
        end = at + 8 + (length + 7) // 8 * 8
        records.append(image[at:end])
        at = end
    return records


def highest_pfn(record: bytes) -> int:
    count = struct.unpack_from("<I", record, 8)[0]
    entries = struct.unpack_from(f"<{count}Q", record, 16)
    return max(entry & (1 << 52) - 1 for entry in entries)


def batch(first: int, count: int) -> bytes:
    body = struct.pack(f"<II{count}Q", count, 0, *range(first, first + count))
    return struct.pack("<II", PAGE_DATA, len(body) + count * PAGE) + body


def write_all(data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(1, view) :]


def main() -> None:
    pages = int(sys.argv[1]) * (1 << 20) // PAGE
    zeros = bytes(BATCH * PAGE)
    with open(os.path.join(os.environ["VECTORS"], "good-libxc-hvm.img"), "rb") as stream:
        image = stream.read()
    write_all(image[:40])
    for record in records_after_headers(image):
        write_all(record)
        if struct.unpack_from("<I", record)[0] == PAGE_DATA:
            behind = highest_pfn(record) + 1
            for first in range(behind, behind + pages, BATCH):
                write_all(batch(first, BATCH) + zeros)


main()
