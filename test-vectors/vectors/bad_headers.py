# SPDX-License-Identifier: MIT
"""Bad input as a whole, bad libxc image header, bad domain header."""

from xenstream import libxc, libxl
from xenstream.base import Item, Raw, Stream, Xc, Xl, fill

from . import bases
from .catalogue import bad, bad_bytes

# --- the input as a whole


@bad_bytes("none", "stream.empty")
def empty() -> bytes:
    """Not one byte."""
    return b""


@bad_bytes("none", "stream.unknown", "stream.truncated")
def one_byte() -> bytes:
    """One byte, from which no format can be told."""
    return b"\xff"


@bad_bytes("none", "stream.unknown")
def random_bytes() -> bytes:
    """Bytes of no known format, and no plausible legacy stream either."""
    return fill(7, 5000)


@bad_bytes("none", "stream.unknown")
def text_file() -> bytes:
    """A text file, given by mistake."""
    return b"This is not a saved domain.\nIt is a letter.\n" * 20


@bad_bytes("xl", "stream.compression", "stream.truncated", suffix=".img.gz")
def gzip_truncated() -> bytes:
    """A gzip'd image that ends in the middle of the compressed data."""
    data = bases.gzipped(bases.xl_pv())
    return data[:len(data) // 2]


@bad_bytes("xl", "stream.compression", suffix=".img.gz")
def gzip_checksum() -> bytes:
    """A gzip'd image whose checksum is wrong."""
    data = bytearray(bases.gzipped(bases.xl_pv()))
    data[-8] ^= 1
    return bytes(data)


@bad_bytes("none", "stream.compression", "stream.truncated", suffix=".img.gz")
def gzip_header_only() -> bytes:
    """A gzip header and nothing behind it."""
    return bases.gzipped(bases.xl_pv())[:10]


# --- truncation, layer by layer


@bad(bases.xl_pv, "stream.truncated")
def truncated_xl_magic(s: Stream) -> Item:
    """The file ends inside the magic of the xl header."""
    s.end_inside(s.header("xl"), 20)
    return s.header("xl")


@bad(bases.xl_pv, "stream.truncated")
def truncated_xl_header(s: Stream) -> Item:
    """The file ends one byte before the end of the fixed xl header."""
    s.end_inside(s.header("xl"), 47)
    return s.header("xl")


@bad(bases.xl_pv, "stream.truncated")
def truncated_xl_config(s: Stream) -> Item:
    """The file ends inside the config."""
    s.end_inside(s.items[1], 40)
    return s.items[1]


@bad(bases.xl_pv, "stream.truncated")
def truncated_after_xl_header(s: Stream) -> None:
    """The file ends with the xl header: no libxl stream at all."""
    s.end_inside(s.items[1], len(s.items[1].encode()))


@bad(bases.libxl_pv, "stream.truncated")
def truncated_libxl_header(s: Stream) -> Item:
    """The stream ends inside the libxl header."""
    s.end_inside(s.header("libxl"), 12)
    return s.header("libxl")


@bad(bases.pv64, "stream.truncated")
def truncated_image_header(s: Stream) -> Item:
    """The image ends inside its first header."""
    s.end_inside(s.header("image"), 23)
    return s.header("image")


@bad(bases.pv64, "stream.truncated")
def truncated_domain_header(s: Stream) -> Item:
    """The image ends inside the domain header."""
    s.end_inside(s.header("domain"), 1)
    return s.header("domain")


@bad(bases.pv64, "stream.truncated")
def truncated_headers_only(s: Stream) -> None:
    """Both headers, then nothing."""
    s.end_inside(s.header("domain"), 16)


@bad(bases.pv64, "stream.truncated")
def truncated_record_header(s: Stream) -> Item:
    """The image ends inside the header of a record."""
    s.end_inside(s.first(Xc.TSC_INFO), 5)
    return s.first(Xc.TSC_INFO)


@bad(bases.pv64, "stream.truncated")
def truncated_record_body(s: Stream) -> Item:
    """The image ends inside a vCPU context."""
    s.end_inside(s.first(Xc.VCPU_BASIC), 3000)
    return s.first(Xc.VCPU_BASIC)


@bad(bases.pv64, "stream.truncated")
def truncated_page_data_header(s: Stream) -> Item:
    """The image ends between the pfn list and the first page."""
    s.end_inside(s.first(Xc.PAGE_DATA), 8 + 8 + 24 * 8)
    return s.first(Xc.PAGE_DATA)


@bad(bases.pv64, "stream.truncated")
def truncated_pfn_list(s: Stream) -> Item:
    """The image ends inside the list of pfns."""
    s.end_inside(s.first(Xc.PAGE_DATA), 8 + 8 + 100)
    return s.first(Xc.PAGE_DATA)


@bad(bases.pv64, "stream.truncated")
def truncated_page(s: Stream) -> Item:
    """The image ends inside a page."""
    s.end_inside(s.first(Xc.PAGE_DATA), -1)
    return s.first(Xc.PAGE_DATA)


@bad(bases.libxl_hvm, "stream.truncated")
def truncated_padding(s: Stream) -> Item:
    """The stream ends one byte before the end of a record's padding."""
    record = s.first(Xl.XENSTORE_DATA)
    s.end_inside(record, -1)
    return record


@bad(bases.pv64, "stream.truncated")
def truncated_no_end(s: Stream) -> None:
    """The image ends with a whole record, but without END."""
    s.remove_all(Xc.END)


@bad(bases.pv64, "stream.truncated")
def truncated_inside_end(s: Stream) -> Item:
    """The image ends after the type of END, before its length."""
    s.end_inside(s.first(Xc.END), 4)
    return s.first(Xc.END)


@bad(bases.libxl_pv, "stream.truncated")
def truncated_no_libxl_end(s: Stream) -> None:
    """The libxc image is whole, but libxl's END is missing."""
    s.remove_all(Xl.END)


@bad(bases.libxl_hvm_plain, "stream.truncated")
def truncated_emulator(s: Stream) -> Item:
    """The stream ends inside the device model's state."""
    s.end_inside(s.first(Xl.EMULATOR_CONTEXT), 60)
    return s.first(Xl.EMULATOR_CONTEXT)


@bad(bases.libxl_pv, "stream.truncated")
def truncated_before_image(s: Stream) -> None:
    """Nothing follows LIBXC_CONTEXT."""
    s.end_inside(s.first(Xl.LIBXC_CONTEXT), 8)


# --- what comes after END


@bad(bases.pv64, "stream.trailing")
def trailing_byte(s: Stream) -> None:
    """One zero byte behind libxc's END."""
    s += [Raw(b"\0")]


@bad(bases.xl_pv, "stream.trailing")
def trailing_garbage(s: Stream) -> None:
    """A page of garbage behind libxl's END."""
    s += [Raw(fill(3))]


@bad(bases.pv64, "stream.trailing")
def trailing_record(s: Stream) -> None:
    """A record behind END."""
    s += [libxc.tsc_info()]


@bad(bases.pv64, "stream.trailing")
def trailing_second_image(s: Stream) -> None:
    """Two images in one file."""
    s += bases.pv64().items


@bad(bases.xl_pv, "stream.trailing")
def trailing_cut_go_message(s: Stream) -> None:
    """The GO message without its NUL."""
    s += [Raw(libxl.GO_MESSAGE[:-1])]


@bad(bases.xl_pv, "stream.trailing")
def trailing_go_message_and_more(s: Stream) -> None:
    """Bytes behind the GO message."""
    s += [libxl.go_message(), Raw(b"x")]


# --- libxc image header


@bad(bases.libxl_pv, "image.marker")
def image_marker(s: Stream) -> Item:
    """One bit of the marker is clear; inside a libxl stream, where nothing else can follow LIBXC_CONTEXT."""
    return s.header("image").set(marker=0xFFFFFFFFFFFFFFFE)


@bad(bases.pv64, "image.id")
def image_id(s: Stream) -> Item:
    """The id is "XENG"."""
    return s.header("image").set(id=0x58454E47)


@bad(bases.pv64, "image.id")
def image_id_swapped(s: Stream) -> Item:
    """The id in little-endian order, though the header is always big-endian."""
    return s.header("image").set(id=0x464E4558)


@bad(bases.pv64, "image.version")
def image_version_0(s: Stream) -> Item:
    """Version 0, which never was."""
    return s.header("image").set(version=0)


@bad(bases.pv64, "image.version")
def image_version_swapped(s: Stream) -> Item:
    """The version in little-endian order."""
    return s.header("image").set(version=0x03000000)


@bad(bases.pv64, "image.options")
def image_option_bit_1(s: Stream) -> Item:
    """The lowest reserved option bit is set."""
    return s.header("image").set(options=0x0002)


@bad(bases.pv64, "image.options")
def image_option_bit_15(s: Stream) -> Item:
    """The highest reserved option bit is set."""
    return s.header("image").set(options=0x8000)


@bad(bases.pv64, "image.reserved")
def image_reserved_16(s: Stream) -> Item:
    """The 16-bit reserved field is not zero."""
    return s.header("image").set(reserved1=1)


@bad(bases.pv64, "image.reserved")
def image_reserved_32(s: Stream) -> Item:
    """The 32-bit reserved field is not zero."""
    return s.header("image").set(reserved2=0x80000000)


@bad(bases.pv64, "domain.type", "domain.page_shift", "record.unknown", "record.limit", "stream.truncated",
     depth="frame")
def image_option_wrong_endian(s: Stream) -> None:
    """The header promises a big-endian body, the body is little-endian."""
    s.header("image").set(options=1)


# --- domain header


@bad(bases.pv64, "domain.type")
def domain_type_0(s: Stream) -> Item:
    """Domain type 0, which is none."""
    return s.header("domain").set(type=0)


@bad(bases.pv64, "domain.type")
def domain_type_5(s: Stream) -> Item:
    """A domain type beyond all known ones."""
    return s.header("domain").set(type=5)


@bad(bases.pv64, "domain.page_shift")
def domain_page_shift_0(s: Stream) -> Item:
    """Pages of one byte."""
    return s.header("domain").set(page_shift=0)


@bad(bases.pv64, "domain.page_shift")
def domain_page_shift_13(s: Stream) -> Item:
    """Pages of 8 KiB, which x86 does not have."""
    return s.header("domain").set(page_shift=13)


@bad(bases.hvm_image, "domain.page_shift")
def domain_page_shift_64(s: Stream) -> Item:
    """A shift that no integer survives."""
    return s.header("domain").set(page_shift=64)


@bad(bases.pv64, "domain.reserved")
def domain_reserved(s: Stream) -> Item:
    """The reserved field is not zero."""
    return s.header("domain").set(reserved=1)


@bad(bases.pv64, "domain.version")
def domain_version_3_by_413(s: Stream) -> Item:
    """A version 3 image that claims to come from Xen 4.13, which wrote version 2."""
    return s.header("domain").set(xen_minor=13)


@bad(bases.hvm_v2, "domain.version")
def domain_version_2_by_417(s: Stream) -> Item:
    """A version 2 image that claims to come from Xen 4.17, which writes version 3."""
    return s.header("domain").set(xen_minor=17)


@bad(bases.pv64_v2, "domain.version")
def domain_version_45(s: Stream) -> Item:
    """Xen 4.5, which still wrote the legacy format."""
    return s.header("domain").set(xen_minor=5)


@bad(bases.pv64, "domain.version")
def domain_version_huge(s: Stream) -> Item:
    """A Xen version that will not come in our time."""
    return s.header("domain").set(xen_major=0x04000000)
