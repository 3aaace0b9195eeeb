# SPDX-License-Identifier: MIT
"""Input made to hurt the reader: small files that ask for much."""

import struct
import zlib

from xenstream import hvm, libxc, libxl, pv
from xenstream.base import BIG, Item, Raw, Record, Stream, Xc, Xl

from . import bases
from .catalogue import bad, bad_bytes


def only(s: Stream, record: Record, place: Xc) -> Record:
    """The stream ends with this record, put before the first of that kind."""
    s.before(s.first(place), record)
    del s.items[s.at(record) + 1:]
    return record


def announced(kind: int, length: int, layer: str = "libxc") -> Record:
    """A record header that announces a body which is not there."""
    record = Record(kind, b"", layer=layer)
    record.length = length
    record.padding = b""
    return record


@bad(bases.pv64, "record.limit", "stream.truncated")
def hostile_length_max(s: Stream) -> Item:
    """A PAGE_DATA record of 4 GiB - 1, and nothing behind its header."""
    return only(s, announced(Xc.PAGE_DATA, 0xFFFFFFFF), Xc.PAGE_DATA)


@bad(bases.pv64, "record.limit", "stream.truncated")
def hostile_length_wraps(s: Stream) -> Item:
    """Length 0xfffffff9, which rounded up to 8 is 0 in 32 bits."""
    return only(s, announced(Xc.SHARED_INFO, 0xFFFFFFF9), Xc.PAGE_DATA)


@bad(bases.pv64, "stream.truncated")
def hostile_length_at_limit(s: Stream) -> Item:
    """A record of exactly 128 MiB is announced: legal, but it does not come."""
    return only(s, announced(Xc.PAGE_DATA, 0x08000000), Xc.PAGE_DATA)


@bad(bases.pv64, "record.limit", "stream.truncated")
def hostile_optional_length(s: Stream) -> Item:
    """An optional record of 2 GiB to skip."""
    return only(s, announced(0x80000000, 0x80000000), Xc.PAGE_DATA)


@bad(bases.libxl_hvm, "record.limit", "stream.truncated")
def hostile_libxl_length_max(s: Stream) -> Item:
    """A libxl record of 4 GiB - 1; Xen's reader would try to allocate it."""
    record = announced(Xl.EMULATOR_CONTEXT, 0xFFFFFFFF, "libxl")
    s.before(s.first(Xl.XENSTORE_DATA), record)
    del s.items[s.at(record) + 1:]
    return record


@bad(bases.libxl_hvm, "record.limit", "stream.truncated")
def hostile_libxl_length_wraps(s: Stream) -> Item:
    """A libxl record of length 0xfffffffd: rounded up in 32 bits it is empty."""
    record = announced(Xl.XENSTORE_DATA, 0xFFFFFFFD, "libxl")
    s.before(s.first(Xl.XENSTORE_DATA), record)
    del s.items[s.at(record) + 1:]
    return record


@bad(bases.pv64, "page_data.count", "page_data.length", "stream.truncated", "record.limit")
def hostile_page_count(s: Stream) -> Item:
    """A PAGE_DATA of 128 MiB whose count is 0xffffffff, of which only the first bytes come."""
    record = Record(Xc.PAGE_DATA, struct.pack("<II", 0xFFFFFFFF, 0))
    record.length = 0x08000000
    record.padding = b""
    return only(s, record, Xc.PAGE_DATA)


@bad(bases.hvm_image, "page_data.pfn", "page_data.length", "stream.truncated")
def hostile_scattered_pfns(s: Stream) -> Item:
    """64 pages without data, each pfn in another part of the 52-bit space: no array may follow them."""
    record = libxc.page_data([(1 << 40 | n << 45, libxc.XTAB, b"") for n in range(1, 65)])
    s.after(s.last(Xc.PAGE_DATA), record)
    return record


@bad(bases.hvm_image, "page_data.scattered", "page_data.missing")
def hostile_strewn_pfns(s: Stream) -> None:
    """5120 holes, each 2^20 pfns from the next: a map that follows them grows to megabytes from 40 KiB."""
    for batch in range(5):
        pages = [((batch << 10 | n) << 20, libxc.XTAB, b"") for n in range(1024)]
        s.after(s.last(Xc.PAGE_DATA), libxc.page_data(pages))


@bad(bases.pv64, "p2m_frames.count", "page_data.missing")
def hostile_p2m_max(s: Stream) -> Item:
    """A P2M of 2^32 pfns with a frame list that is short by one: maps of pfns must not be made on its word."""
    record = libxc.p2m_frames(0xFFFFFFFF - 512, 0xFFFFFFFF, [5])
    s.replace(s.first(Xc.P2M_FRAMES), record)
    return record


@bad(bases.pv64, "shared_info.max_pfn", "p2m_frames.start", "page_data.missing")
def hostile_p2m_high_window(s: Stream) -> None:
    """P2M frames of the last 512 pfns below 2^32 only, correct in number: 4 billion pfns from 16 bytes."""
    record = libxc.p2m_frames(0xFFFFFE00, 0xFFFFFFFF, [5])
    s.replace(s.first(Xc.P2M_FRAMES), record)


@bad(bases.hvm_image, "hvm_params.length")
def hostile_params_count(s: Stream) -> Item:
    """HVM_PARAMS with count 0xffffffff."""
    return s.first(Xc.HVM_PARAMS).set("I", 0, 0xFFFFFFFF)


@bad(bases.hvm_image, "hvm_params.index")
def hostile_many_params(s: Stream) -> Item:
    """16384 parameters, every one wrong: findings must not pile up without bound."""
    record = libxc.hvm_params([(100 + n, n) for n in range(16384)])
    s.replace(s.first(Xc.HVM_PARAMS), record)
    return record


@bad(bases.hvm_image, "hvm_context.size", "hvm_context.duplicate", "hvm_context.end")
def hostile_many_entries(s: Stream) -> Item:
    """100000 empty entries in one context."""
    header = hvm.encode_context([(hvm.HEADER, 0, hvm.Guest().header())])
    record = libxc.hvm_context(header + struct.pack("<HHI", hvm.TSC_ADJUST, 0, 0) * 100000)
    s.replace(s.first(Xc.HVM_CONTEXT), record)
    return record


@bad(bases.pv64, "stream.truncated")
def hostile_many_optional_records(s: Stream) -> None:
    """50000 empty optional records and no END: notes must not pile up without bound."""
    s.remove_all(Xc.END)
    s += [libxc.unknown(0x80000000 + n) for n in range(50000)]


@bad(bases.pv64, "vcpu_extended.vcpu_id")
def hostile_many_vcpus(s: Stream) -> Item:
    """4096 EXTENDED records for vCPUs that do not exist, spread over the whole number space."""
    guest = pv.Guest()
    records = [libxc.vcpu_extended((n * 0x100001) & 0xFFFFFFFF, guest.extended(0)) for n in range(2, 4098)]
    s.before(s.last(Xc.END), *records)
    return records[0]


@bad(bases.libxl_hvm, "xenstore_data.key", "xenstore_data.pairs", "xenstore_data.nul")
def hostile_xenstore_nuls(s: Stream) -> Item:
    """100001 NULs: empty keys without end, and a last one without value."""
    record = libxl.xenstore_data([])
    record.body += bytes(100001)
    s.replace(s.first(Xl.XENSTORE_DATA), record)
    return record


@bad(bases.libxl_hvm, "xenstore_data.nul", "xenstore_data.key", "xenstore_data.pairs")
def hostile_xenstore_long_key(s: Stream) -> Item:
    """A key of a mebibyte without its NUL."""
    record = libxl.xenstore_data([])
    record.body += b"k" * (1 << 20)
    s.replace(s.first(Xl.XENSTORE_DATA), record)
    return record


@bad(bases.libxl_hvm_plain, "image.marker", "order.libxc_context", "order.duplicate", "image.id")
def hostile_nested_libxl(s: Stream) -> Item:
    """A libxl stream inside a libxl stream inside another, a hundred deep."""
    nest = [item for _ in range(100) for item in (libxl.header(), libxl.libxc_context())]
    s.items[2:2] = nest
    return nest[0]


@bad_bytes("libxc", "stream.truncated", suffix=".img.gz")
def hostile_gzip_bomb() -> bytes:
    """A few KiB of gzip that become 32 MiB of an optional record: time, but no memory."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    head = Stream(pv.Guest().start()).encode() + announced(0x80000000, 0x08000000).encode()
    parts = [packer.compress(head)] + [packer.compress(bytes(1 << 20)) for _ in range(32)]
    return b"".join(parts) + packer.flush()


@bad(bases.pv64, "record.unknown", "record.limit", "domain.type", "domain.page_shift", "stream.truncated",
     depth="frame")
def hostile_all_ones(s: Stream) -> None:
    """An image header, then nothing but ones."""
    s.items[1:] = [Raw(b"\xff" * 4096)]


@bad(bases.pv64, "domain.type", "domain.page_shift", "stream.truncated", "order.page_data", "stream.trailing")
def hostile_all_zeros(s: Stream) -> None:
    """An image header, then nothing but zeros, which read as END."""
    s.items[1:] = [Raw(bytes(4096))]


@bad(lambda: pv.stream(8, order=BIG), "record.limit", "stream.truncated", layer="libxc")
def hostile_big_endian_length(s: Stream) -> Item:
    """A big-endian image whose first record announces 4 GiB - 1."""
    record = announced(Xc.PAGE_DATA, 0xFFFFFFFF)
    record.order = BIG
    return only(s, record, Xc.PV_INFO)
