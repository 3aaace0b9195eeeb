#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Turns an image of version 3 back into what Xen 4.5 would have written.

For tests only: it gives converters real guests to work on.  What 4.5 had no place for is lost: policies, MSRs of PV
vCPUs.  The image is read twice, since a legacy image begins with what a newer one has near its end.
"""

import argparse
import mmap
import os
import struct
import sys
from typing import BinaryIO, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(HERE, "..", "..", "test-vectors"))
from xenstream import legacy, xl                        # noqa: E402
from xenstream.base import PAGE_SIZE, Item, Xc, Xl      # noqa: E402
from xenstream.libxc import PV, XTAB, has_data          # noqa: E402

CHUNK_OF = {param: chunk for chunk, param in legacy.PARAMS.items()}
IOREQ, BUFIOREQ, STORE, VM86_TSS_SIZED = 5, 6, 1, 37
MAGIC = (IOREQ, BUFIOREQ, STORE)
UNKNOWN = (4, 37)             # PAE_ENABLED and the sized TSS: 4.5 had no chunk for them
UNUSED = struct.pack("<QQ", 1, 0)  # xsave of a vCPU that never used it
WIDTHS = {4: 0xAF0, 8: 0x1430}


class Unfit(Exception):
    """The image is no such thing, or cannot be said in the old format."""


class Found(NamedTuple):
    kind: int
    start: int                # of the body
    length: int
    nested: bool              # in the libxc image


class Image:
    """The records of an image of version 2 or 3, all little-endian, found but not read."""

    def __init__(self, data: mmap.mmap) -> None:
        self.data = data
        self.config: Optional[bytes] = None
        self.records: List[Found] = []
        at = 0
        if data[:len(xl.MAGIC)] == xl.MAGIC:
            flags, _, length = struct.unpack_from("<III", data, 36)
            if not flags & xl.STREAM_V2_FLAG:
                raise Unfit("legacy already")
            self.config = data[48:48 + length]
            self.flags = flags
            at = 48 + length
        self.libxl = data[at:at + 8] == b"LibxlFmt"
        self._scan(at + 16 if self.libxl else at)

    def _scan(self, at: int) -> None:
        nested = not self.libxl
        if nested:
            at = self._image_header(at)
        while True:
            kind, length = struct.unpack_from("<II", self.data, at)
            self.records.append(Found(kind, at + 8, length, nested))
            at += 8 + (length + 7) // 8 * 8
            if not nested and kind == Xl.LIBXC_CONTEXT:
                at, nested = self._image_header(at), True
            elif kind == Xc.END:
                if not nested or not self.libxl:
                    return
                nested = False

    def _image_header(self, at: int) -> int:
        marker, ident, _, options = struct.unpack_from(">QIIH", self.data, at)
        if marker != 0xFFFFFFFFFFFFFFFF or ident != 0x58454E46 or options:
            raise Unfit("no little-endian image of version 2 or 3")
        self.guest = struct.unpack_from("<I", self.data, at + 24)[0]
        return at + 40

    def body(self, record: Found) -> bytes:
        return self.data[record.start:record.start + record.length]

    def all(self, kind: int, nested: bool = True) -> List[bytes]:
        return [self.body(record) for record in self.records if record.kind == kind and record.nested == nested]

    def one(self, kind: int) -> bytes:
        found = self.all(kind)
        if len(found) != 1:
            raise Unfit("%d records of type %#x" % (len(found), kind))
        return found[0]

    def entries(self, record: Found) -> Tuple[int, ...]:
        count = struct.unpack_from("<I", self.data, record.start)[0]
        return struct.unpack_from("<%dQ" % count, self.data, record.start + 8)


def batch(image: Image, tw: int, record: Found) -> legacy.Batch:
    """A hole's entry says nothing.  The pages are cut out of the record one by one."""
    entries = image.entries(record)
    at = record.start + 8 + 8 * len(entries)
    pages = []
    for entry in entries:
        kind, pfn = entry >> 60, entry & ((1 << 52) - 1)
        if pfn >> 28:
            raise Unfit("pfn %#x does not fit into an entry" % pfn)
        size = PAGE_SIZE if has_data(kind) else 0
        pages.append((0 if kind == XTAB else pfn, kind, image.data[at:at + size]))
        at += size
    return legacy.Batch(tw, pages)


def memory(image: Image, tw: int, p2m_size: int) -> Iterator[Item]:
    for record in image.records:
        if record.nested and record.kind == Xc.PAGE_DATA:
            for pfn in (entry & 0xFFFFFFF for entry in image.entries(record) if entry >> 60 != XTAB):
                if pfn >= p2m_size:
                    raise Unfit("pfn %#x beyond the P2M" % pfn)
            yield batch(image, tw, record)
        elif record.nested and record.kind == Xc.VERIFY:
            yield legacy.Marker(legacy.VERIFY)
        elif record.nested and record.kind == Xc.TSC_INFO:
            mode, khz, nsec, incarnation, _ = struct.unpack("<IIQII", image.body(record))
            yield legacy.Tsc(mode, nsec, khz, incarnation)


def mapped(image: Image) -> Dict[int, int]:
    """The last type of each pfn that is no hole."""
    found: Dict[int, int] = {}
    for record in image.records:
        if record.nested and record.kind == Xc.PAGE_DATA:
            found.update((entry & 0xFFFFFFF, entry >> 60) for entry in image.entries(record))
    return {pfn: kind for pfn, kind in found.items() if kind != XTAB}


# --- PV

class Vcpus:
    """What the vCPU records say, by vCPU."""

    def __init__(self, image: Image) -> None:
        self.basic = self._by_number(image, Xc.VCPU_BASIC)
        self.extended = self._by_number(image, Xc.VCPU_EXTENDED)
        self.xsave = self._by_number(image, Xc.VCPU_XSAVE)
        if 0 not in self.basic:
            raise Unfit("no vCPU 0")

    @staticmethod
    def _by_number(image: Image, kind: int) -> Dict[int, bytes]:
        return {struct.unpack_from("<I", body)[0]: body[8:] for body in image.all(kind)}

    def info(self, tw: int) -> legacy.ExtendedInfo:
        blocks = [(b"vcpu", self.basic[0])]
        if self.extended:
            blocks.append((b"extv", b""))
        if self.xsave:
            size = max(len(blob) for blob in [UNUSED, *self.xsave.values()])
            blocks.append((b"xcnt", struct.pack("<I", 16 + size)))
        return legacy.ExtendedInfo(tw, blocks)

    def states(self) -> List[Item]:
        """Of a vCPU without xsave 4.5 wrote the two words of an unused area."""
        found: List[Item] = []
        for number, basic in sorted(self.basic.items()):
            extended = (self.extended.get(number) or struct.pack("<II24x", number, 32)).ljust(128, b"\0")
            blob = (self.xsave.get(number) or UNUSED) if self.xsave else None
            found.append(legacy.VcpuState(number, basic, extended if self.extended else None, blob))
        return found


def pv(image: Image, tw: int) -> Iterator[Item]:
    width = image.one(Xc.PV_INFO)[0]
    frames = image.one(Xc.P2M_FRAMES)
    first, last = struct.unpack_from("<II", frames)
    vcpus = Vcpus(image)
    if first or len(vcpus.basic[0]) != WIDTHS[width]:
        raise Unfit("a P2M that does not begin at 0, or a context of another width")
    yield legacy.P2mSize(tw, last + 1)
    yield vcpus.info(tw)
    yield legacy.Frames(tw, list(struct.unpack("<%dQ" % (len(frames) // 8 - 1), frames[8:])))
    yield from memory(image, tw, last + 1)
    yield legacy.VcpuInfo(max(vcpus.basic), sorted(vcpus.basic))
    yield legacy.Toolstack(tw)
    yield legacy.Marker(legacy.LAST_CHECKPOINT)
    yield legacy.Marker(legacy.END)
    there = mapped(image)
    yield legacy.Unmapped(tw, [pfn for pfn in range(last + 1) if pfn not in there])
    yield from vcpus.states()
    yield legacy.SharedInfo(image.one(Xc.SHARED_INFO))


# --- HVM

def hvm_params(image: Image) -> Dict[int, int]:
    found: Dict[int, int] = {}
    for body in image.all(Xc.HVM_PARAMS):
        words = struct.unpack("<%dQ" % ((len(body) - 8) // 8), body[8:])
        found.update(zip(words[::2], words[1::2]))
    if VM86_TSS_SIZED in found:
        found[legacy.PARAMS[legacy.VM86_TSS]] = found[VM86_TSS_SIZED] & 0xFFFFFFFF
    return found


def physmap(image: Image) -> List[legacy.PhysmapEntry]:
    """Regions of the emulator, from the nodes that qemu keeps in xenstore."""
    regions: Dict[int, Dict[bytes, bytes]] = {}
    for body in image.all(Xl.XENSTORE_DATA, nested=False):
        words = body[8:].split(b"\0")
        for key, value in zip(words[0:-1:2], words[1:-1:2]):
            parts = key.split(b"/")
            if parts[0] == b"physmap":
                regions.setdefault(int(parts[1], 16), {})[parts[2]] = value
    return [(offset, int(node[b"start_addr"], 16), int(node[b"size"], 16),
             node[b"name"] + b"\0" if b"name" in node else b"") for offset, node in regions.items()]


def hvm(image: Image, tw: int) -> Iterator[Item]:
    p2m_size = max(mapped(image)) + 1
    params = hvm_params(image)
    yield legacy.P2mSize(tw, p2m_size)
    yield from memory(image, tw, p2m_size)
    yield legacy.VcpuInfo(0, [0])
    for param, value in params.items():
        if param in CHUNK_OF:
            yield legacy.Param(CHUNK_OF[param], value)
        elif param not in MAGIC + UNKNOWN:
            raise Unfit("HVM parameter %d" % param)
    yield legacy.Toolstack(tw, physmap(image))
    yield legacy.Marker(legacy.LAST_CHECKPOINT)
    yield legacy.Marker(legacy.END)
    yield legacy.HvmTail(*[params.get(param, 0) for param in MAGIC], image.one(Xc.HVM_CONTEXT))
    for body in image.all(Xl.EMULATOR_CONTEXT, nested=False):
        yield legacy.Qemu("xl", body[8:])


def unconvert(image: Image, out: BinaryIO, tw: int, bare: bool) -> None:
    if image.config is not None and not bare:
        flags = image.flags & ~xl.STREAM_V2_FLAG
        out.write(xl.MAGIC + struct.pack("<IIII", 0x01020304, flags, 0, len(image.config)) + image.config)
    for piece in (pv if image.guest == PV else hvm)(image, tw):
        out.write(piece.encode())


def main(arguments: Optional[Sequence[str]] = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("image", help="xl, libxl or libxc image of version 2 or 3")
    parser.add_argument("legacy", help="file to write")
    parser.add_argument("--bare", action="store_true", help="without xl's header")
    parser.add_argument("--width", type=int, choices=(32, 64), default=64, help="of the toolstack (64)")
    options = parser.parse_args(arguments)
    with open(options.image, "rb") as file, open(options.legacy, "wb") as out:
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            try:
                unconvert(Image(data), out, options.width // 8, options.bare)
            except Unfit as error:
                print("unconvert: %s: %s" % (options.image, error), file=sys.stderr)
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
