# SPDX-License-Identifier: MIT
"""Legacy images (Xen 3.0-4.5) as a flat list of pieces: header, chunks, tails, and the containers around them.

TW is the width of the toolstack that saved, in bytes: 4 or 8.  It sizes whatever was an unsigned long.
"""

import struct
from typing import Iterable, Iterator, List, Optional, Sequence, Set, Tuple

from .base import PAGE_SIZE, Item, Stream
from .libxc import XTAB, Page, has_data

# Chunk ids of the body.
END = 0
(VERIFY, VCPU_INFO, IDENT_PT, VM86_TSS, TMEM, TMEM_EXTRA, TSC, CONSOLE, LAST_CHECKPOINT, ACPI, VIRIDIAN, COMPRESSED,
 ENABLE_COMPRESSION, GENERATION_ID, PAGING, MONITOR, SHARING, TOOLSTACK, IOREQ_PFN, IOREQ_PAGES,
 X87_FIP) = range(-1, -22, -1)

# The HVM parameter that each chunk of 16 bytes carries.
PARAMS = {IDENT_PT: 12, VM86_TSS: 15, CONSOLE: 17, ACPI: 19, VIRIDIAN: 9, GENERATION_ID: 34, PAGING: 27,
          MONITOR: 28, SHARING: 29, IOREQ_PFN: 32, IOREQ_PAGES: 33, X87_FIP: 36}

WRAPPER_MAGICS = {"xend": b"LinuxGuestRecord", "xapi": b"XenSavedDomain\n", "xenopsd": b"XenSavedDomv2-\n",
                  "libvirt": b"libvirt-xml\n \0 \r"}

Part = Tuple[bytes, bool]           # bytes, and whether they are guest memory
PhysmapEntry = Tuple[int, int, int, bytes]  # phys_offset, start_addr, size, name with its NUL, or b""


def ulongs(tw: int, *values: int) -> bytes:
    return struct.pack("<%d%s" % (len(values), "I" if tw == 4 else "Q"), *values)


class Piece(Item):
    """A run of bytes with one meaning.  `size_word` and the like override what is worked out otherwise."""

    layer = "legacy"

    def parts(self) -> Iterator[Part]:
        raise NotImplementedError

    def encode(self) -> bytes:
        return b"".join(data for data, _ in self.parts())


class Bytes(Piece):
    """Bytes as they are: damage, trailing text, parts of containers."""

    def __init__(self, data: bytes, layer: str = "legacy") -> None:
        super().__init__()
        self.data = data
        self.layer = layer

    def parts(self) -> Iterator[Part]:
        yield self.data, False


class P2mSize(Piece):
    def __init__(self, tw: int, value: int) -> None:
        super().__init__()
        self.tw, self.value = tw, value

    def parts(self) -> Iterator[Part]:
        yield ulongs(self.tw, self.value), False


class ExtendedInfo(Piece):
    """Signature, total, blocks of {id, size, data}."""

    def __init__(self, tw: int, blocks: List[Tuple[bytes, bytes]]) -> None:
        super().__init__()
        self.tw, self.blocks = tw, blocks
        self.total: Optional[int] = None
        self.sizes: dict = {}              # block id -> size to claim

    def get(self, name: bytes) -> Optional[bytes]:
        return next((data for block, data in self.blocks if block == name), None)

    def parts(self) -> Iterator[Part]:
        body = b"".join(name + struct.pack("<I", self.sizes.get(name, len(data))) + data
                        for name, data in self.blocks)
        total = len(body) if self.total is None else self.total
        yield b"\xff" * self.tw + struct.pack("<I", total) + body, False


class Frames(Piece):
    """Which pages hold the guest's P2M."""

    def __init__(self, tw: int, pfns: List[int]) -> None:
        super().__init__()
        self.tw, self.pfns = tw, pfns

    def parts(self) -> Iterator[Part]:
        yield ulongs(self.tw, *self.pfns), False


class Batch(Piece):
    """Count, entries, pages.  The low bits of a hole's entry are whatever its pfn says here."""

    def __init__(self, tw: int, pages: Sequence[Page], compressed: bool = False) -> None:
        super().__init__()
        self.tw, self.pages, self.compressed = tw, list(pages), compressed
        self.count: Optional[int] = None
        self.high_bits = 0                 # of the first entry, TW 8

    def memory(self) -> List[Page]:
        """The entries that are no holes."""
        return [page for page in self.pages if page[1] != XTAB]

    def with_data(self) -> List[Page]:
        return [page for page in self.pages if has_data(page[1])]

    def parts(self) -> Iterator[Part]:
        entries = [kind << 28 | pfn for pfn, kind, _ in self.pages]
        if entries:
            entries[0] |= self.high_bits
        count = len(self.pages) if self.count is None else self.count
        yield struct.pack("<i", count) + ulongs(self.tw, *entries), False
        if not self.compressed:
            yield b"".join(data for _, _, data in self.pages), True


class Marker(Piece):
    """A chunk that is only its id: VERIFY, LAST_CHECKPOINT, ENABLE_COMPRESSION, END, or an unknown one."""

    def __init__(self, chunk: int) -> None:
        super().__init__()
        self.chunk = chunk

    def parts(self) -> Iterator[Part]:
        yield struct.pack("<i", self.chunk), False


class VcpuInfo(Piece):
    """The highest vCPU number and a bitmap of those online."""

    def __init__(self, max_id: int, online: Sequence[int]) -> None:
        super().__init__()
        self.max_id, self.online = max_id, list(online)

    def parts(self) -> Iterator[Part]:
        words = max(self.max_id, 0) // 64 + 1
        bitmap = sum(1 << vcpu for vcpu in self.online)
        yield struct.pack("<ii", VCPU_INFO, self.max_id) + bitmap.to_bytes(words * 8, "little"), False


class Param(Piece):
    """The shape that all HVM parameters share."""

    def __init__(self, chunk: int, value: int, pad: int = 0) -> None:
        super().__init__()
        self.chunk, self.value, self.pad = chunk, value, pad

    def parts(self) -> Iterator[Part]:
        yield struct.pack("<iIQ", self.chunk, self.pad, self.value), False


class Tsc(Piece):
    def __init__(self, mode: int = 0, nsec: int = 86543210987, khz: int = 2394230, incarnation: int = 1) -> None:
        super().__init__()
        self.mode, self.nsec, self.khz, self.incarnation = mode, nsec, khz, incarnation

    def parts(self) -> Iterator[Part]:
        yield struct.pack("<iIQII", TSC, self.mode, self.nsec, self.khz, self.incarnation), False


class Toolstack(Piece):
    """What libxl added since 4.2: the regions that QEMU had moved.  A 64-bit tool leaks 4 bytes behind each name."""

    def __init__(self, tw: int, entries: Sequence[PhysmapEntry] = ()) -> None:
        super().__init__()
        self.tw, self.entries = tw, list(entries)
        self.version = 1
        self.count: Optional[int] = None
        self.length: Optional[int] = None
        self.more = b""

    def parts(self) -> Iterator[Part]:
        body = struct.pack("<II", self.version, len(self.entries) if self.count is None else self.count)
        for offset, start, size, name in self.entries:
            body += struct.pack("<QQQI", offset, start, size, len(name)) + name + b"\xd0\x1f\x7f\x55" * (self.tw == 8)
        body += self.more
        length = len(body) if self.length is None else self.length
        yield struct.pack("<iI", TOOLSTACK, length) + body, False


class Compressed(Piece):
    """Units, one for each page of the round's batches that has data."""

    def __init__(self, tw: int, data: bytes) -> None:
        super().__init__()
        self.tw, self.data = tw, data
        self.length: Optional[int] = None

    def parts(self) -> Iterator[Part]:
        length = len(self.data) if self.length is None else self.length
        yield struct.pack("<i", COMPRESSED) + ulongs(self.tw, length) + self.data, False


class Tmem(Piece):
    """Transcendent memory: one pool of two pages.  Its oid has 8 bytes in 4.0.0 and 4.0.1, 24 later."""

    def __init__(self, oid_size: int = 24, pages: int = 2) -> None:
        super().__init__()
        self.oid_size, self.pages = oid_size, pages

    def parts(self) -> Iterator[Part]:
        none = 0xFFFFFFFF
        yield struct.pack("<iIIIIIII", TMEM, 1, 16, none, 1, 100, 0, none), False
        yield struct.pack("<IIIQQ", 0, 1, self.pages, 0x1122334455667788, 0x99AABBCCDDEEFF00), False
        for index in range(self.pages):
            yield bytes([index + 1]).ljust(self.oid_size, b"\0") + struct.pack("<I", index), False
            yield bytes([0x70 + index]) * PAGE_SIZE, True
        yield struct.pack("<I", none), False


class TmemExtra(Piece):
    """Pages that went away while the guest was live."""

    def __init__(self, oid_size: int = 24) -> None:
        super().__init__()
        self.oid_size = oid_size

    def parts(self) -> Iterator[Part]:
        gone = struct.pack("<I", 0) + b"\1".ljust(self.oid_size, b"\0") + struct.pack("<I", 0)
        yield struct.pack("<i", TMEM_EXTRA) + gone + struct.pack("<I", 0xFFFFFFFF), False


class VcpuState(Piece):
    """One vCPU in the tail of a PV image; what the extended info does not announce is None."""

    def __init__(self, number: int, basic: bytes, extended: Optional[bytes], xsave: Optional[bytes]) -> None:
        super().__init__()
        self.number, self.basic, self.extended, self.xsave = number, basic, extended, xsave
        self.mask = 7
        self.size: Optional[int] = None    # of xsave

    def parts(self) -> Iterator[Part]:
        yield self.basic, False
        if self.extended is not None:
            yield self.extended, False
        if self.xsave is not None:
            size = len(self.xsave) if self.size is None else self.size
            yield struct.pack("<QQ", self.mask, size) + self.xsave, False


class Unmapped(Piece):
    """Begins the tail of a PV image."""

    def __init__(self, tw: int, pfns: Sequence[int]) -> None:
        super().__init__()
        self.tw, self.pfns = tw, list(pfns)
        self.count: Optional[int] = None

    def parts(self) -> Iterator[Part]:
        count = len(self.pfns) if self.count is None else self.count
        yield struct.pack("<I", count) + ulongs(self.tw, *self.pfns), False


class SharedInfo(Piece):
    """Ends the tail of a PV image."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.page = page

    def parts(self) -> Iterator[Part]:
        yield self.page, False


class HvmTail(Piece):
    def __init__(self, ioreq: int, bufioreq: int, store: int, context: bytes) -> None:
        super().__init__()
        self.ioreq, self.bufioreq, self.store, self.context = ioreq, bufioreq, store, context
        self.length: Optional[int] = None

    def parts(self) -> Iterator[Part]:
        length = len(self.context) if self.length is None else self.length
        yield struct.pack("<QQQI", self.ioreq, self.bufioreq, self.store, length) + self.context, False


class Qemu(Piece):
    """The device model's state behind the tail.  Framing: to EOF, a length, or xapi's big-endian length."""

    SIGNATURES = {"eof": b"QemuDeviceModelRecord", "xl": b"DeviceModelRecord0002",
                  "remus": b"RemusDeviceModelState", "xapi": b"QemuDeviceModelRecord\n"}

    def __init__(self, framing: str, state: bytes) -> None:
        super().__init__()
        self.framing, self.state = framing, state
        self.length: Optional[int] = None

    def parts(self) -> Iterator[Part]:
        length = len(self.state) if self.length is None else self.length
        word = b"" if self.framing == "eof" else struct.pack(">I" if self.framing == "xapi" else "<I", length)
        yield self.SIGNATURES[self.framing] + word + self.state, False


class Image(Stream):
    """A whole file: the pieces, and what a converter has to find out about them."""

    def __init__(self, tw: int, kind: str, items: List[Item], container: str = "none") -> None:
        super().__init__(items)
        self.tw, self.kind, self.container = tw, kind, container

    def find(self, piece: type, nth: int = 0) -> Item:
        return [item for item in self.items if isinstance(item, piece)][nth]

    def param(self, chunk: int) -> Param:
        return next(item for item in self.items if isinstance(item, Param) and item.chunk == chunk)

    def end_of_body(self, nth: int = 0) -> Item:
        return [item for item in self.items if isinstance(item, Marker) and item.chunk == END][nth]

    def torn(self) -> "Image":
        """Ended by end_inside(): what is left of the piece becomes bytes, and nothing comes behind it."""
        item, keep = self.cut
        place = self.at(item)
        rest = item.encode()[:keep]
        self.cut = None
        self.items[place:] = [Bytes(rest)]
        return self

    def fields(self) -> Iterator[Tuple[int, int, Tuple[object, ...]]]:
        """Runs of bytes that are no guest memory, and what makes each one another than those of other images."""
        offset = 0
        contexts = tuple(len(item.get(b"vcpu") or b"") for item in self.items if isinstance(item, ExtendedInfo))
        later = False
        for item in self.items:
            for data, memory in item.parts() if isinstance(item, Piece) else [(item.encode(), False)]:
                start, offset = offset, offset + len(data)
                if data and not memory:
                    yield start, offset, (self.tw, self.kind, contexts, later, type(item).__name__, data)
            # Later rounds are decoded by way of a temporary file, and may be compressed.
            later = later or (isinstance(item, Marker) and item.chunk == END)

    def metadata(self) -> List[Tuple[int, int]]:
        """Ranges of them, joined where they touch."""
        return joined((start, end) for start, end, _ in self.fields())

    def fresh(self, seen: Set[Tuple[object, ...]]) -> List[Tuple[int, int]]:
        """Those that no image before had; seen: what they had, added to."""
        found = []
        for start, end, key in self.fields():
            if key not in seen:
                seen.add(key)
                found.append((start, end))
        return joined(found)


def joined(ranges: Iterable[Tuple[int, int]]) -> List[Tuple[int, int]]:
    found: List[Tuple[int, int]] = []
    for start, end in ranges:
        if found and found[-1][1] == start:
            start = found.pop()[0]
        found.append((start, end))
    return found


# --- compression of pages from the second Remus round on

UNCHANGED = b"\x00"


def full(page: bytes) -> bytes:
    return b"\x80" + page


def runs(old: bytes, new: bytes, longest: int = 127) -> bytes:
    """Markers of up to `longest` words that turn the old page into the new one; trailing skips are written too."""
    size = len(new) // 4
    differs = [old[n * 4:n * 4 + 4] != new[n * 4:n * 4 + 4] for n in range(size)]
    unit = b""
    at = 0
    while at < size:
        length = 1
        while length < longest and at + length < size and differs[at + length] == differs[at]:
            length += 1
        if differs[at]:
            unit += bytes([length]) + new[at * 4:(at + length) * 4]
        else:
            unit += bytes([0x80 | length])
        at += length
    return unit


def decode(unit: bytes, old: bytes) -> Tuple[bytes, int]:
    """The page that one unit makes of the old one, and how many bytes the unit took."""
    if unit[:1] == UNCHANGED:
        return old, 1
    if unit[0] == 0x80:
        return unit[1:1 + PAGE_SIZE], 1 + PAGE_SIZE
    page, at = bytearray(old), 0
    covered = 0
    while covered < PAGE_SIZE:
        length = (unit[at] & 0x7F) * 4
        if unit[at] & 0x80:
            at += 1
        else:
            page[covered:covered + length] = unit[at + 1:at + 1 + length]
            at += 1 + length
        covered += length
    return bytes(page), at


# --- containers

SXP = {"pv": "(domain (domid 1) (name vector) (memory 1) (vcpus 2) (image (linux (kernel ''))))",
       "hvm": "(domain (domid 1) (name vector) (memory 1) (vcpus 2) (image (hvm (kernel hvmloader) (acpi 1))))"}


def wrap(image: Image, container: str, before: bytes, after: bytes = b"") -> Image:
    items: List[Item] = [Bytes(before, container), *image.items]
    return Image(image.tw, image.kind, items + ([Bytes(after, container)] if after else []), container)


def xend(image: Image, socket: bytes = b"") -> Image:
    """A file of `xm save`, or with "receive\\n" in front a captured relocation socket."""
    config = SXP[image.kind].encode()
    return wrap(image, "xend", socket + WRAPPER_MAGICS["xend"] + struct.pack(">i", len(config)) + config)


def xapi(image: Image) -> Image:
    return wrap(image, "xapi", WRAPPER_MAGICS["xapi"])


def xenopsd(image: Image) -> Image:
    """Structured: xenops' own record, then a record for the image, then the end.  The lengths of images mean little."""
    inside = len(image.encode())
    notes = b"((time 20150601T12:00:00Z)(word_size 32))"
    before = (WRAPPER_MAGICS["xenopsd"] + struct.pack("<QQ", 0x000F, len(notes)) + notes
              + struct.pack("<QQ", 0x00F2, inside))
    return wrap(image, "xenopsd", before, struct.pack("<QQ", 0xFFFF, 0))


def libvirt(image: Image, version: int = 1) -> Image:
    """libvirt's header of 64 bytes and its XML, before the same stream that libxl writes."""
    return wrap(image, "libvirt", libvirt_header(image.kind, version))


def libvirt_header(kind: str, version: int) -> bytes:
    xml = ("<domain type='xen'><name>vector</name><os><type>%s</type></os></domain>"
           % ("hvm" if kind == "hvm" else "linux")).encode() + b"\0"
    return WRAPPER_MAGICS["libvirt"] + struct.pack("<II", version, len(xml)) + bytes(40) + xml
