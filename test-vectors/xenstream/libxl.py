# SPDX-License-Identifier: MIT
"""The libxl stream: header and records around the libxc image, and QEMU's device model state."""

import struct
from typing import List, Sequence, Tuple

from .base import BIG, LITTLE, Header, Raw, Record, Xl

QEMU_UPSTREAM = 2
GO_MESSAGE = b"domain is yours, you are cleared to unpause\0"


def header(order: str = LITTLE, converted: bool = False) -> Header:
    """Always big-endian itself; option bit 0 tells the order of the records, bit 1 the converter's work."""
    options = (1 if order == BIG else 0) | (2 if converted else 0)
    return Header("libxl", ">", [("ident", "Q", 0x4C6962786C466D74), ("version", "I", 2), ("options", "I", options)])


def end(order: str = LITTLE) -> Record:
    return Record(Xl.END, b"", order)


def libxc_context(order: str = LITTLE) -> Record:
    return Record(Xl.LIBXC_CONTEXT, b"", order)


def _emulator(kind: Xl, payload: bytes, emulator: int, order: str) -> Record:
    return Record(kind, struct.pack(order + "II", emulator, 0) + payload, order)


def xenstore_data(pairs: Sequence[Tuple[bytes, bytes]], emulator: int = QEMU_UPSTREAM,
                  order: str = LITTLE) -> Record:
    payload = b"".join(key + b"\0" + value + b"\0" for key, value in pairs)
    return _emulator(Xl.XENSTORE_DATA, payload, emulator, order)


def emulator_context(payload: bytes, emulator: int = QEMU_UPSTREAM, order: str = LITTLE) -> Record:
    return _emulator(Xl.EMULATOR_CONTEXT, payload, emulator, order)


def checkpoint_end(order: str = LITTLE) -> Record:
    return Record(Xl.CHECKPOINT_END, b"", order)


def checkpoint_state(control: int, order: str = LITTLE) -> Record:
    return Record(Xl.CHECKPOINT_STATE, struct.pack(order + "I", control), order)


def unknown(kind: int, body: bytes = b"", order: str = LITTLE) -> Record:
    return Record(kind, body, order, "libxl")


def physmap() -> List[Tuple[bytes, bytes]]:
    """What QEMU used to note in xenstore about the memory regions it had moved: here, the video memory."""
    node = b"physmap/f0000000/"
    return [(node + b"start_addr", b"0xf0000000"), (node + b"size", b"0x800000"), (node + b"name", b"vga.vram")]


def go_message() -> Raw:
    """What the sender of a live migration writes behind the stream once the source is gone."""
    return Raw(GO_MESSAGE)


def qemu_section(number: int, name: bytes, version: int, payload: bytes, instance: int = 0) -> bytes:
    """One full section; the payload's length is nowhere on the wire."""
    return (b"\x04" + struct.pack(">IB", number, len(name)) + name
            + struct.pack(">II", instance, version) + payload)


def qemu_state() -> bytes:
    """Device state as xen-save-devices-state writes it: magic, version, full sections, end mark."""
    timer = struct.pack(">qQq", 0, 0, 86543210987)
    rtc = bytes(range(0x40, 0x40 + 128)) + struct.pack(">B", 0x0C)
    port92 = b"\x02"
    return (struct.pack(">II", 0x5145564D, 3)
            + qemu_section(0, b"timer", 2, timer)
            + qemu_section(2, b"port92", 1, port92)
            + qemu_section(5, b"mc146818rtc", 3, rtc)
            + b"\0")
