# SPDX-License-Identifier: MIT
"""Bad xl headers and configs."""

from xenstream import hvm, pv, xl
from xenstream.base import Item, Stream

from . import bases
from .catalogue import bad

CONFIG = xl.config("pv", 2, pv.PAGES)


def with_config(s: Stream, config: bytes, flags: int = 3) -> Item:
    """The same image behind another config."""
    s.items[0:2] = xl.header(config, flags)
    return s.items[0]


@bad(bases.xl_pv, "xl.magic")
def xl_magic_first_line(s: Stream) -> Item:
    """The magic starts right and then says "xm format"."""
    return s.header("xl").set(magic=b"Xen saved domain, xm format\n \0 \r")  # type: ignore[arg-type]


@bad(bases.xl_pv, "xl.magic")
def xl_magic_newlines(s: Stream) -> Item:
    """A transfer in text mode changed the line feed in the magic."""
    return s.header("xl").set(magic=b"Xen saved domain, xl format\r\n \0 ")  # type: ignore[arg-type]


@bad(bases.xl_pv, "xl.magic")
def xl_magic_last_byte(s: Stream) -> Item:
    """The last byte of the magic is wrong."""
    return s.header("xl").set(magic=b"Xen saved domain, xl format\n \0 \0")  # type: ignore[arg-type]


@bad(bases.xl_pv, "xl.byteorder")
def xl_byteorder(s: Stream) -> Item:
    """The byteorder word is 0x01020305, neither order."""
    return s.header("xl").set(byteorder=0x01020305)


@bad(bases.xl_pv, "xl.byteorder")
def xl_byteorder_zero(s: Stream) -> Item:
    """The byteorder word is 0."""
    return s.header("xl").set(byteorder=0)


@bad(bases.xl_pv, "xl.byteorder")
def xl_byteorder_middle(s: Stream) -> Item:
    """The byteorder word of a PDP-11."""
    return s.header("xl").set(byteorder=0x02010403)


@bad(bases.xl_pv, "xl.mandatory_flags")
def xl_mandatory_bit_2(s: Stream) -> Item:
    """Mandatory flag 2, which no release knows."""
    return s.header("xl").set(mandatory_flags=7)


@bad(bases.xl_pv, "xl.mandatory_flags")
def xl_mandatory_bit_31(s: Stream) -> Item:
    """Mandatory flag 31."""
    return s.header("xl").set(mandatory_flags=0x80000003)


@bad(bases.xl_pv, "xl.optional_flags")
def xl_optional_flag(s: Stream) -> Item:
    """An optional flag, which no release defines."""
    return s.header("xl").set(optional_flags=1)


@bad(bases.xl_pv, "xl.optional_length")
def xl_optional_length_3(s: Stream) -> Item:
    """Optional data of 3 bytes, too short for a config's length."""
    return s.header("xl").set(optional_data_len=3)


@bad(bases.xl_pv, "stream.truncated", "xl.optional_length")
def xl_optional_length_max(s: Stream) -> Item:
    """Optional data of 4 GiB - 1."""
    return s.header("xl").set(optional_data_len=0xFFFFFFFF)


@bad(bases.xl_pv, "xl.config_length")
def xl_config_length_one_more(s: Stream) -> Item:
    """The config is one byte longer than the optional data."""
    s.items[1].config_len = len(CONFIG) + 1  # type: ignore[attr-defined]
    return s.header("xl")


@bad(bases.xl_pv, "xl.config_length")
def xl_config_length_negative(s: Stream) -> Item:
    """A config length of 0x80000000, which xl takes for a negative number and lets through."""
    s.items[1].config_len = 0x80000000  # type: ignore[attr-defined]
    return s.header("xl")


@bad(bases.xl_pv, "xl.config_length")
def xl_config_length_max(s: Stream) -> Item:
    """A config length of 0xffffffff."""
    s.items[1].config_len = 0xFFFFFFFF  # type: ignore[attr-defined]
    return s.header("xl")


@bad(bases.xl_pv, "xl.config_nul")
def xl_config_no_nul(s: Stream) -> Item:
    """JSON without the NUL at its end: xl reads on behind it."""
    return with_config(s, CONFIG[:-1])


@bad(bases.xl_pv, "xl.config_nul")
def xl_config_inner_nul(s: Stream) -> Item:
    """JSON with a NUL inside, where xl stops reading."""
    return with_config(s, CONFIG[:60] + b"\0" + CONFIG[60:])


@bad(bases.xl_pv, "xl.config_nul")
def xl_config_empty_json(s: Stream) -> Item:
    """The JSON flag is set, and the config has not even its NUL."""
    return with_config(s, b"")


@bad(bases.xl_pv, "libxl.ident", "stream.truncated")
def xl_optional_length_short(s: Stream) -> None:
    """The optional data ends 8 bytes early, so that the libxl header is looked for inside the config."""
    short = len(CONFIG) - 8
    s.items[1].config_len = short  # type: ignore[attr-defined]
    s.header("xl").set(optional_data_len=4 + short)


@bad(bases.xl_pv, "xl.text_config")
def xl_config_without_flag(s: Stream) -> Item:
    """The config is JSON, but the JSON flag is clear, so that xl would parse it as xl.cfg."""
    return with_config(s, CONFIG[:-1], xl.STREAM_V2_FLAG)


@bad(bases.xl_pv, "xl.json")
def xl_json_text(s: Stream) -> Item:
    """The JSON flag is set, the config is in xl.cfg syntax."""
    return with_config(s, b"name = 'vector'\nmemory = 96\n\0")


@bad(bases.xl_pv, "xl.json")
def xl_json_cut(s: Stream) -> Item:
    """The JSON lacks its last brace."""
    return with_config(s, CONFIG.rstrip(b"\0").rstrip()[:-1] + b"\0")


@bad(bases.xl_pv, "xl.json")
def xl_json_array(s: Stream) -> Item:
    """The JSON is an array."""
    return with_config(s, b"[ 1, 2, 3 ]\0")


@bad(bases.xl_pv, "xl.json")
def xl_json_garbage_behind(s: Stream) -> Item:
    """Something follows the JSON object."""
    return with_config(s, CONFIG[:-1] + b" }\0")


@bad(bases.xl_pv, "xl.json")
def xl_json_bad_escape(s: Stream) -> Item:
    """A string with an escape that JSON does not have."""
    return with_config(s, CONFIG.replace(b'"vector"', b'"vec\\qtor"'))


@bad(bases.xl_pv, "xl.json")
def xl_json_bad_utf8(s: Stream) -> Item:
    """A string that is not UTF-8."""
    return with_config(s, CONFIG.replace(b'"vector"', b'"vec\xff\xfetor"'))


@bad(bases.xl_pv, "xl.json")
def xl_json_deep(s: Stream) -> Item:
    """100000 open brackets: a reader must not recurse on the stream's word."""
    return with_config(s, b'{"a":' + b"[" * 100000 + b"]" * 100000 + b"}\0")


@bad(bases.xl_pv, "xl.json", "xl.vcpus")
def xl_json_huge_number(s: Stream) -> Item:
    """A vCPU count of 400 digits."""
    return with_config(s, CONFIG.replace(b'"max_vcpus": 2', b'"max_vcpus": ' + b"9" * 400))


@bad(bases.xl_pv, "xl.guest_type")
def xl_type_hvm_for_pv(s: Stream) -> Item:
    """The config says HVM, the image is of a PV guest."""
    return with_config(s, xl.config("hvm", 2, pv.PAGES))


@bad(bases.xl_hvm_plain, "xl.guest_type")
def xl_type_pv_for_hvm(s: Stream) -> Item:
    """The config says PV, the image is of an HVM guest."""
    return with_config(s, xl.config("pv", 2, hvm.PAGES))


@bad(bases.xl_pv, "xl.vcpus")
def xl_vcpus_too_few(s: Stream) -> Item:
    """The config has one vCPU, the image two."""
    return with_config(s, xl.config("pv", 1, pv.PAGES))


@bad(bases.xl_hvm_plain, "xl.vcpus")
def xl_vcpus_too_few_hvm(s: Stream) -> Item:
    """The config of an HVM guest has one vCPU, its context two."""
    return with_config(s, xl.config("hvm", 1, hvm.PAGES))


@bad(bases.xl_pv, "xl.memory")
def xl_memory_too_little(s: Stream) -> Item:
    """The config allows 16 KiB, the image brings 88."""
    return with_config(s, xl.config("pv", 2, 4))
