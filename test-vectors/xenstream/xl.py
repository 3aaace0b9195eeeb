# SPDX-License-Identifier: MIT
"""The header that xl puts before a stream, with the guest's configuration."""

import json
import struct
from typing import List, Optional

from .base import LITTLE, Header, Item, Raw

MAGIC = b"Xen saved domain, xl format\n \0 \r"
JSON_FLAG = 1
STREAM_V2_FLAG = 2


class OptionalData(Raw):
    """config_len, config and whatever follows them; the words can be overridden one by one."""

    layer = "xl"

    def __init__(self, config: bytes, tail: bytes = b"", order: str = LITTLE) -> None:
        super().__init__(b"")
        self.config = config
        self.tail = tail
        self.order = order
        self.config_len: Optional[int] = None

    def encode(self) -> bytes:
        length = len(self.config) if self.config_len is None else self.config_len
        return struct.pack(self.order + "I", length) + self.config + self.tail


def header(config: bytes, flags: int = JSON_FLAG | STREAM_V2_FLAG, tail: bytes = b"",
           order: str = LITTLE) -> List[Item]:
    """The 48 fixed bytes and the optional data behind them."""
    data = OptionalData(config, tail, order)
    fixed = Header("xl", order, [
        ("magic", "32s", MAGIC), ("byteorder", "I", 0x01020304), ("mandatory_flags", "I", flags),
        ("optional_flags", "I", 0), ("optional_data_len", "I", len(data.encode()))])
    return [fixed, data]


def config(kind: str, vcpus: int, pages: int, name: str = "vector") -> bytes:
    """A domain configuration as libxl prints it, with the NUL that its length counts."""
    tree = {
        "c_info": {"type": kind, "name": name, "uuid": "9b3a44f5-6d0d-4f4b-9f3c-0c1d2e3f4a5b",
                   "run_hotplug_scripts": "True"},
        "b_info": {"max_vcpus": vcpus, "avail_vcpus": list(range(vcpus)), "max_memkb": pages * 4,
                   "target_memkb": pages * 4, "shadow_memkb": 1024, "type." + kind: {}},
        "on_reboot": "restart",
    }
    if kind == "hvm":
        tree["b_info"]["device_model_version"] = "qemu_xen"
    return json.dumps(tree, indent=4).encode() + b"\0"
