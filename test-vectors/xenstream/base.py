# SPDX-License-Identifier: MIT
"""A stream as a flat list of headers and records, and the edits that spoil it.

The list is flat on purpose: in a checkpointed stream libxl and libxc records alternate, and a flat list shows
exactly what the wire shows.  Every item knows how to encode itself; after Stream.encode() it also knows its offset.
"""

import struct
from enum import IntEnum
from typing import Iterator, List, Optional, Tuple, Union

LITTLE = "<"
BIG = ">"
PAGE_SIZE = 4096


class Xc(IntEnum):
    """Record types of the libxc image."""

    END = 0x00
    PAGE_DATA = 0x01
    PV_INFO = 0x02
    P2M_FRAMES = 0x03
    VCPU_BASIC = 0x04
    VCPU_EXTENDED = 0x05
    VCPU_XSAVE = 0x06
    SHARED_INFO = 0x07
    TSC_INFO = 0x08
    HVM_CONTEXT = 0x09
    HVM_PARAMS = 0x0A
    TOOLSTACK = 0x0B
    VCPU_MSRS = 0x0C
    VERIFY = 0x0D
    CHECKPOINT = 0x0E
    DIRTY_PFN_LIST = 0x0F
    STATIC_DATA_END = 0x10
    CPUID_POLICY = 0x11
    MSR_POLICY = 0x12


class Xl(IntEnum):
    """Record types of the libxl stream."""

    END = 0
    LIBXC_CONTEXT = 1
    XENSTORE_DATA = 2
    EMULATOR_CONTEXT = 3
    CHECKPOINT_END = 4
    CHECKPOINT_STATE = 5


class Item:
    """Anything that takes bytes in a stream."""

    layer = "raw"

    def __init__(self) -> None:
        self.offset: Optional[int] = None

    def encode(self) -> bytes:
        raise NotImplementedError


class Raw(Item):
    """Bytes that are no part of any format: trailers, garbage, foreign wrappers."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.data = data

    def encode(self) -> bytes:
        return self.data


class Header(Item):
    """A fixed header: its fields can be set by name, each has one struct letter."""

    def __init__(self, layer: str, order: str, fields: List[Tuple[str, str, int]]) -> None:
        super().__init__()
        self.layer = layer
        self.order = order
        self.letters = {name: letter for name, letter, _ in fields}
        self.values = {name: value for name, _, value in fields}

    def set(self, **values: int) -> "Header":
        for name, value in values.items():
            if name not in self.values:
                raise KeyError(name)
            self.values[name] = value
        return self

    def encode(self) -> bytes:
        return b"".join(struct.pack(self.order + self.letters[n], v) for n, v in self.values.items())


class Record(Item):
    """One record.  length and padding are worked out unless a vector overrides them."""

    def __init__(self, kind: Union[Xc, Xl, int], body: bytes = b"", order: str = LITTLE,
                 layer: Optional[str] = None) -> None:
        super().__init__()
        self.kind = kind
        self.layer = layer or ("libxl" if isinstance(kind, Xl) else "libxc")
        self.order = order
        self.body = bytearray(body)
        self.length: Optional[int] = None
        self.padding: Optional[bytes] = None
        self.index = -1

    def encode(self) -> bytes:
        length = len(self.body) if self.length is None else self.length
        padding = bytes(-len(self.body) % 8) if self.padding is None else self.padding
        return struct.pack(self.order + "II", int(self.kind), length) + bytes(self.body) + padding

    def get(self, letter: str, offset: int) -> int:
        return struct.unpack_from(self.order + letter, self.body, offset)[0]

    def set(self, letter: str, offset: int, value: int) -> "Record":
        """Overwrites one integer of the body, in the record's byte order."""
        struct.pack_into(self.order + letter, self.body, offset, value)
        return self

    def set_native(self, letter: str, offset: int, value: int) -> "Record":
        """Overwrites one integer inside an opaque x86 blob, which is little-endian in every stream."""
        struct.pack_into(LITTLE + letter, self.body, offset, value)
        return self


class Stream:
    """A whole stream.  What a vector does to it reads like a description of the fault."""

    def __init__(self, items: Optional[List[Item]] = None) -> None:
        self.items: List[Item] = list(items or [])
        self.cut: Optional[Tuple[Optional[Item], int]] = None

    def __iadd__(self, more: List[Item]) -> "Stream":
        self.items.extend(more)
        return self

    def records(self, kind: Union[Xc, Xl]) -> List[Record]:
        return [i for i in self.items if isinstance(i, Record) and i.kind is kind]

    def first(self, kind: Union[Xc, Xl]) -> Record:
        return self.records(kind)[0]

    def last(self, kind: Union[Xc, Xl]) -> Record:
        return self.records(kind)[-1]

    def header(self, layer: str) -> Header:
        for item in self.items:
            if isinstance(item, Header) and item.layer == layer:
                return item
        raise KeyError(layer)

    def at(self, item: Item) -> int:
        return next(n for n, i in enumerate(self.items) if i is item)

    def remove(self, *items: Item) -> None:
        for item in items:
            del self.items[self.at(item)]

    def remove_all(self, *kinds: Union[Xc, Xl]) -> None:
        for kind in kinds:
            self.remove(*self.records(kind))

    def before(self, item: Item, *new: Item) -> None:
        place = self.at(item)
        self.items[place:place] = new

    def after(self, item: Item, *new: Item) -> None:
        place = self.at(item) + 1
        self.items[place:place] = new

    def replace(self, item: Item, *new: Item) -> None:
        place = self.at(item)
        self.items[place:place + 1] = new

    def move_before(self, item: Item, place: Item) -> None:
        self.remove(item)
        self.before(place, item)

    def move_after(self, item: Item, place: Item) -> None:
        self.remove(item)
        self.after(place, item)

    def end_inside(self, item: Item, keep: int) -> None:
        """The stream ends after the first `keep` bytes of this item (may be negative: from its end)."""
        self.cut = (item, keep)

    def end_after(self, length: int) -> None:
        """The stream ends after this many bytes in all."""
        self.cut = (None, length)

    def _walk(self) -> Iterator[Tuple[Item, bytes]]:
        records = 0
        offset = 0
        for item in self.items:
            item.offset = offset
            if isinstance(item, Record):
                item.index = records
                records += 1
            data = item.encode()
            offset += len(data)
            yield item, data

    def encode(self) -> bytes:
        parts = []
        for item, data in self._walk():
            if self.cut and self.cut[0] is item:
                parts.append(data[:self.cut[1]])
                return b"".join(parts)
            parts.append(data)
        whole = b"".join(parts)
        return whole[:self.cut[1]] if self.cut else whole

    def locate(self, item: Item) -> None:
        """Makes item.offset and item.index valid even behind a cut."""
        for _ in self._walk():
            pass


def fill(seed: int, size: int = PAGE_SIZE) -> bytes:
    """Bytes that look like memory: never zero throughout, the same in every run, different for each seed."""
    state = (seed * 2654435761 + 0x9E3779B9) & 0xFFFFFFFF
    words = []
    for _ in range(16):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        words.append(state | 1)
    pattern = struct.pack("<16I", *words)
    return (pattern * (size // len(pattern) + 1))[:size]


def patch(size: int, values: List[Tuple[int, str, int]], base: bytes = b"") -> bytes:
    """A little-endian structure of `size` bytes, zero but for (offset, struct letter, value)."""
    data = bytearray(base.ljust(size, b"\0"))
    for offset, letter, value in values:
        struct.pack_into(LITTLE + letter, data, offset, value)
    if len(data) != size:
        raise ValueError("structure grew to %d bytes" % len(data))
    return bytes(data)


def fxsave() -> bytes:
    """The legacy FPU image of a vCPU that has not used its FPU since reset."""
    return patch(512, [(0, "H", 0x037F), (24, "I", 0x1F80), (28, "I", 0xFFFF)])


def xsave_area(xstate_bv: int, accum: int) -> bytes:
    """A standard-format xsave area large enough for accum (x87, SSE, AVX)."""
    size = 576 if accum <= 3 else 576 + 256
    return patch(size, [(512, "Q", xstate_bv)], fxsave())
