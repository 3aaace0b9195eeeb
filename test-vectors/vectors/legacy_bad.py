# SPDX-License-Identifier: MIT
"""Legacy images that no converter may convert: one bound or rule of the format broken in each."""

import struct
from typing import Callable, Optional

from xenstream import legacy, libxc, pv
from xenstream.base import Item, fill
from xenstream.legacy import Image, Marker, Param
from xenstream.legacy_guest import HvmSaver, PvSaver

from .legacy_catalogue import BOTH, bad
from .legacy_good import hvm45, insert_after_pages, pv64, sized_xsave, with_tmem, xl_json

ANYTHING = ("stream.legacy", "stream.unknown")


def pv32(tw: int) -> Image:
    return PvSaver(tw, 4).image()


def remus(tw: int) -> Image:
    return PvSaver(tw).remus(2)


def compressed(tw: int) -> Image:
    return PvSaver(tw).compressed()


def hvm_xapi(tw: int) -> Image:
    saver = HvmSaver(tw, (4, 1))
    saver.qemu, saver.toolstack = "xapi", False
    return legacy.xapi(saver.image())


# --- header

@bad(pv64, *ANYTHING, layer="none", widths=BOTH)
def p2m_size_0(image: Image) -> Item:
    """p2m_size 0."""
    size = image.find(legacy.P2mSize)
    size.value = 0
    return size


@bad(pv64, *ANYTHING, layer="none", widths=BOTH)
def p2m_size_28_bits(image: Image) -> Item:
    """p2m_size 0x10000000: more than entries of batches can name."""
    size = image.find(legacy.P2mSize)
    size.value = 0x10000000
    return size


@bad(pv64, *ANYTHING, layer="none")
def p2m_size_high_half(image: Image) -> Item:
    """p2m_size of a 64-bit toolstack beyond 32 bits."""
    size = image.find(legacy.P2mSize)
    size.value = 1 << 36 | pv.PAGES
    return size


@bad(pv64, widths=BOTH)
def p2m_size_huge(image: Image) -> None:
    """The largest p2m_size there can be, in a file that ends long before its P2M list would."""
    image.find(legacy.P2mSize).value = 0x0FFFFFFF


@bad(pv64)
def p2m_frame_beyond(image: Image) -> Item:
    """A P2M frame that is no pfn of the guest."""
    frames = image.find(legacy.Frames)
    frames.pfns[0] = pv.PAGES
    return frames


@bad(pv64)
def p2m_frame_table(image: Image) -> Item:
    """A P2M frame that is a page table in the end."""
    frames = image.find(legacy.Frames)
    frames.pfns[0] = pv.TOP
    return frames


def info_of(image: Image) -> legacy.ExtendedInfo:
    found = image.find(legacy.ExtendedInfo)
    assert isinstance(found, legacy.ExtendedInfo)
    return found


@bad(pv64)
def ext_total_small(image: Image) -> Item:
    """Extended info whose total ends inside its first block."""
    info = info_of(image)
    info.total = 0x1000
    return info


@bad(pv64)
def ext_total_rest(image: Image) -> Item:
    """Four bytes more in total than the blocks fill."""
    info = info_of(image)
    info.total = len(b"".join(data for _, data in info.blocks)) + 24 + 4
    return info


@bad(pv64)
def ext_total_huge(image: Image) -> Item:
    """Extended info of 4 GiB."""
    info = info_of(image)
    info.total = 0xFFFFFFFF
    return info


@bad(pv64)
def ext_total_0(image: Image) -> Item:
    """Extended info of no bytes: the guest's width is nowhere."""
    info = info_of(image)
    info.blocks = []
    return info


@bad(pv64)
def ext_size_wraps(image: Image) -> Item:
    """A block of 0xFFFFFFF8 bytes: eight more and the sum is 0."""
    info = info_of(image)
    info.sizes[b"extv"] = 0xFFFFFFF8
    return info


@bad(pv64)
def ext_vcpu_size(image: Image) -> Item:
    """vCPU block of a size that no guest width has."""
    info = info_of(image)
    info.blocks[0] = (b"vcpu", info.blocks[0][1] + bytes(8))
    return info


@bad(pv64)
def ext_vcpu_twice(image: Image) -> Item:
    """Two vCPU blocks."""
    info = info_of(image)
    info.blocks.append(info.blocks[0])
    return info


@bad(pv64)
def ext_no_vcpu(image: Image) -> Item:
    """Extended info without a vCPU block."""
    info = info_of(image)
    del info.blocks[0]
    return info


@bad(pv64)
def ext_extv_size(image: Image) -> Item:
    """extv block with content."""
    info = info_of(image)
    info.blocks[1] = (b"extv", bytes(4))
    return info


@bad(pv64)
def ext_xcnt_size(image: Image) -> Item:
    """xcnt block of eight bytes."""
    info = info_of(image)
    info.blocks[2] = (b"xcnt", info.blocks[2][1] + bytes(4))
    return info


def _xcnt(value: int, name: str, sentence: str) -> None:
    def spoil(image: Image) -> Item:
        info = info_of(image)
        info.blocks[2] = (b"xcnt", struct.pack("<I", value))
        return info
    spoil.__name__ = name
    spoil.__doc__ = sentence
    bad(pv64)(spoil)


_xcnt(0, "xcnt_0", "xcnt of 0, not even the size of its own header.")
_xcnt(31, "xcnt_31", "xcnt one too small.")
_xcnt(16 + 16 + 16384 + 1, "xcnt_huge", "xcnt one too large.")


# --- chunks

@bad(pv64, widths=BOTH)
def batch_1025(image: Image) -> Item:
    """A batch of 1025 entries."""
    batch = image.find(legacy.Batch)
    batch.pages += [(0, libxc.XTAB, b"")] * (1025 - len(batch.pages))
    return batch


def _unknown(number: int, name: str, sentence: str) -> None:
    def spoil(image: Image) -> Item:
        marker = Marker(number)
        insert_after_pages(image, marker)
        return marker
    spoil.__name__ = name
    spoil.__doc__ = sentence
    bad(pv64)(spoil)


_unknown(-22, "chunk_minus_22", "A chunk of the first id that nobody used.")
_unknown(-0x80000000, "chunk_most_negative", "The most negative chunk id.")
_unknown(0x7FFFFFFF, "chunk_most_positive", "A batch of 2^31 - 1 entries.")


@bad(pv64, widths=BOTH)
def pfn_beyond(image: Image) -> Item:
    """An entry whose pfn is p2m_size."""
    batch = image.find(legacy.Batch)
    batch.pages[3] = (pv.PAGES, libxc.NOTAB, fill(3))
    return batch


@bad(hvm45)
def hvm_pfn_beyond(image: Image) -> Item:
    """An entry that only allocates, at the highest pfn that fits."""
    batch = image.find(legacy.Batch)
    batch.pages[3] = (0x0FFFFFFF, libxc.XALLOC, b"")
    return batch


@bad(pv64)
def entry_high_bits(image: Image) -> Item:
    """An entry of a 64-bit toolstack with bits beyond 31: cut off, its page would land somewhere else."""
    batch = image.find(legacy.Batch)
    batch.high_bits = 1 << 32
    return batch


@bad(pv64)
def chunks_65537(image: Image) -> None:
    """More chunks that are no batches than a round may have."""
    insert_after_pages(image, *[Marker(legacy.LAST_CHECKPOINT)] * 65537)


@bad(pv64, options=("-w", "32"))
def told_width(image: Image) -> None:
    """The user says that a 64-bit image is of a 32-bit toolstack."""


@bad(pv64, options=("-g", "hvm"))
def told_guest(image: Image) -> None:
    """The user says that a PV image is of an HVM guest."""


def _type(kind: int) -> None:
    def spoil(image: Image) -> Item:
        batch = image.find(legacy.Batch, 1)
        batch.pages[6] = (16, kind, fill(16))
        return batch
    spoil.__name__ = "page_type_%d" % kind
    spoil.__doc__ = "An entry of type %d, which no saver writes." % kind
    bad(pv64)(spoil)


for _kind in (5, 6, 7, 8):
    _type(_kind)


def _max_id(max_id: int, name: str, sentence: str) -> None:
    def spoil(image: Image) -> Item:
        info = image.find(legacy.VcpuInfo)
        info.max_id = max_id
        return info
    spoil.__name__ = name
    spoil.__doc__ = sentence
    bad(pv64)(spoil)


_max_id(4096, "max_vcpu_4096", "max_vcpu_id one too large.")
_max_id(-1, "max_vcpu_minus_1", "max_vcpu_id -1, which the old restorer took and corrupted its memory with.")
_max_id(-0x80000000, "max_vcpu_most_negative", "The most negative max_vcpu_id.")


@bad(pv64)
def no_vcpu_0(image: Image) -> Item:
    """A PV guest whose vCPU 0 is offline."""
    info = image.find(legacy.VcpuInfo)
    info.online = [1]
    image.remove(image.find(legacy.VcpuState))
    return info


@bad(pv64)
def pv_param(image: Image) -> Item:
    """A chunk of HVM in a PV image."""
    param = Param(legacy.CONSOLE, 2)
    insert_after_pages(image, param)
    return param


def _value(number: int, value: int, name: str, sentence: str) -> None:
    def spoil(image: Image) -> Item:
        image.remove(*[item for item in image.items if isinstance(item, Param) and item.chunk == number])
        param = Param(number, value)
        insert_after_pages(image, param)
        return param
    spoil.__name__ = name
    spoil.__doc__ = sentence
    bad(hvm45)(spoil)


_value(legacy.ACPI, 2, "acpi_2", "ACPI_IOPORTS_LOCATION 2: modern Xen refuses the parameter.")
_value(legacy.X87_FIP, 5, "x87_fip_5", "X87_FIP_WIDTH 5.")
_value(legacy.VM86_TSS, 1 << 32 | 0x1E000, "vm86_tss_high", "VM86_TSS beyond 4 GiB.")


# --- TOOLSTACK

def toolstack_of(image: Image) -> legacy.Toolstack:
    found = image.find(legacy.Toolstack)
    assert isinstance(found, legacy.Toolstack)
    return found


def _toolstack(edit: Callable[[legacy.Toolstack], None], name: str, sentence: str) -> None:
    def spoil(image: Image) -> Item:
        chunk = toolstack_of(image)
        edit(chunk)
        return chunk
    spoil.__name__ = "toolstack_" + name
    spoil.__doc__ = sentence
    bad(hvm45)(spoil)


def _named(name: bytes) -> Callable[[legacy.Toolstack], None]:
    def edit(chunk: legacy.Toolstack) -> None:
        chunk.entries = [(0xF0000000, 0xF0000000, 0x800000, name)]
    return edit


def _set(**values: object) -> Callable[[legacy.Toolstack], None]:
    def edit(chunk: legacy.Toolstack) -> None:
        for name, value in values.items():
            setattr(chunk, name, value)
    return edit


_toolstack(_set(length=4), "short", "TOOLSTACK of four bytes.")
_toolstack(_set(length=0), "zero", "TOOLSTACK of no bytes.")
_toolstack(_set(length=0x100001), "long", "TOOLSTACK of more than 1 MiB.")
_toolstack(_set(length=0xFFFFFFFF), "huge", "TOOLSTACK of 4 GiB.")
_toolstack(_set(version=2), "version", "TOOLSTACK of version 2.")
_toolstack(_set(count=3), "count", "TOOLSTACK with fewer regions than it counts.")
_toolstack(_set(count=0xFFFFFFFF), "count_huge", "TOOLSTACK that counts 2^32 - 1 regions.")
_toolstack(_set(more=b"more"), "trailing", "TOOLSTACK with bytes behind the last region.")
_toolstack(_named(b"vga.vram"), "no_nul", "A region's name without NUL.")
_toolstack(_named(b"vga\0vram\0"), "inner_nul", "A region's name with a NUL inside.")


@bad(hvm45)
def toolstack_other_width(image: Image) -> Item:
    """TOOLSTACK with the stride of a 32-bit toolstack in an image of a 64-bit one."""
    chunk = toolstack_of(image)
    chunk.tw = 4
    return chunk


# --- tmem, compression

@bad(lambda tw: with_tmem(tw, 24), widths=BOTH)
def tmem(image: Image) -> Item:
    """Transcendent memory, which no later version can carry: refused unless it is to be dropped."""
    return image.find(legacy.Tmem)


@bad(lambda tw: with_tmem(tw, 24), options=("--drop-tmem",))
def tmem_page_shift(image: Image) -> Item:
    """A pool whose pages are of 128 MiB."""
    chunk = image.find(legacy.Tmem)
    data = bytearray(chunk.encode())
    struct.pack_into("<I", data, 36, 0xF0)
    spoilt = legacy.Bytes(bytes(data))
    image.replace(chunk, spoilt)
    return spoilt


def data_of(image: Image) -> legacy.Compressed:
    found = image.find(legacy.Compressed)
    assert isinstance(found, legacy.Compressed)
    return found


def _compressed(edit: Callable[[legacy.Compressed], None], name: str, sentence: str) -> None:
    def spoil(image: Image) -> Optional[Item]:
        chunk = data_of(image)
        edit(chunk)
        return chunk
    spoil.__name__ = "compressed_" + name
    spoil.__doc__ = sentence
    bad(compressed_alone)(spoil)


def compressed_alone(tw: int) -> Image:
    """Compressed data in the first round: nothing complete comes before it that a converter could fall back to."""
    saver = PvSaver(tw)
    old = dict(saver.guest.memory)
    items = [*saver.head(), *saver.tsc(), Marker(legacy.ENABLE_COMPRESSION), *saver.batches()]
    first = [*saver.closing(remus=True), *saver.tail()]
    saver.touch([2], 0x300)
    unit = legacy.runs(old[2][1], saver.guest.memory[2][1])
    return Image(tw, "pv", [*items, *first, saver.batch([2], compressed=True), legacy.Compressed(tw, unit),
                            *saver.closing(remus=True), *saver.tail()])


def _put(data: bytes) -> Callable[[legacy.Compressed], None]:
    def edit(chunk: legacy.Compressed) -> None:
        chunk.data = data
    return edit


def _append(data: bytes) -> Callable[[legacy.Compressed], None]:
    def edit(chunk: legacy.Compressed) -> None:
        chunk.data += data
    return edit


def _length(value: int) -> Callable[[legacy.Compressed], None]:
    def edit(chunk: legacy.Compressed) -> None:
        chunk.length = value
    return edit


SKIP_4064 = b"\xff" * 8                   # 8 x 127 words of 4096 / 4
_compressed(_put(SKIP_4064 + b"\x89"), "beyond_page", "Runs that cover one word more than a page.")
_compressed(_put(SKIP_4064 + b"\x87"), "below_page", "Runs that end one word before the page does.")
_compressed(_put(SKIP_4064 + b"\x80\x88"), "length_0", "A marker of no words inside a unit.")
_compressed(_append(b"\x00"), "leftover", "A unit too many.")
_compressed(_put(b"\x80" + fill(2)[:4095]), "full_short", "A full page that lacks its last byte.")
_compressed(_length(0), "empty_chunk", "COMPRESSED_DATA of no bytes, with bytes behind it.")
_compressed(_length(1 << 32), "length_33_bits", "A length that is 0 in its low 32 bits.")
_compressed(_length(0x01000001), "length_huge", "COMPRESSED_DATA of more than 16 MiB.")


@bad(compressed_alone)
def compressed_missing(image: Image) -> Item:
    """A compressed round without COMPRESSED_DATA."""
    image.remove(data_of(image))
    return image.end_of_body(1)


@bad(pv64)
def compressed_not_enabled(image: Image) -> Item:
    """COMPRESSED_DATA though nobody enabled compression."""
    chunk = legacy.Compressed(image.tw, legacy.UNCHANGED)
    insert_after_pages(image, chunk)
    return chunk


# --- tails

def hvm_tail_of(image: Image) -> legacy.HvmTail:
    found = image.find(legacy.HvmTail)
    assert isinstance(found, legacy.HvmTail)
    return found


def _context(edit: Callable[[legacy.HvmTail], None], name: str, sentence: str) -> None:
    def spoil(image: Image) -> Item:
        tail = hvm_tail_of(image)
        edit(tail)
        return tail
    spoil.__name__ = "context_" + name
    spoil.__doc__ = sentence
    bad(hvm45)(spoil)


def _claim(length: int) -> Callable[[legacy.HvmTail], None]:
    def edit(tail: legacy.HvmTail) -> None:
        tail.length = length
    return edit


def _overwrite(offset: int, data: bytes) -> Callable[[legacy.HvmTail], None]:
    def edit(tail: legacy.HvmTail) -> None:
        place = offset % len(tail.context)
        tail.context = tail.context[:place] + data + tail.context[place + len(data):]
    return edit


_context(_claim(0), "empty", "HVM context of no bytes.")
_context(_claim(39), "short", "HVM context too short for its first entry and its last.")
_context(_claim(0x01000001), "long", "HVM context of more than 16 MiB.")
_context(_claim(0xFFFFFFFF), "huge", "HVM context of 4 GiB.")
_context(_overwrite(8, b"\0"), "magic", "HVM context with a wrong magic.")
_context(_overwrite(0, b"\2"), "first", "HVM context that does not begin with its header.")
_context(_overwrite(-8, b"\x14"), "no_end", "HVM context whose last entry is no end.")
_context(_overwrite(36, b"\xff\xff"), "overrun", "HVM context with an entry that goes beyond it.")


@bad(hvm45)
def qemu_magic(image: Image) -> Item:
    """qemu's state does not begin with QEVM."""
    qemu = image.find(legacy.Qemu)
    qemu.state = b"QEVN" + qemu.state[4:]
    return qemu


@bad(hvm45)
def qemu_huge(image: Image) -> Item:
    """qemu's state of 4 GiB."""
    qemu = image.find(legacy.Qemu)
    qemu.length = 0xFFFFFFFF
    return qemu


@bad(hvm45)
def qemu_empty(image: Image) -> Item:
    """qemu's state of no bytes."""
    qemu = image.find(legacy.Qemu)
    qemu.state = b""
    return qemu


@bad(hvm45)
def qemu_signature(image: Image) -> Item:
    """A signature behind the tail that nobody wrote."""
    spoilt = legacy.Bytes(b"DeviceModelRecord0003" + image.find(legacy.Qemu).encode()[21:])
    image.replace(image.find(legacy.Qemu), spoilt)
    return spoilt


@bad(hvm_xapi)
def xapi_qemu_huge(image: Image) -> Item:
    """xapi's record of qemu's state claims 1 GiB."""
    qemu = image.find(legacy.Qemu)
    qemu.length = 0x40000000
    return qemu


@bad(pv64)
def unmapped_count(image: Image) -> Item:
    """More unmapped pfns than there are pfns."""
    unmapped = image.find(legacy.Unmapped)
    unmapped.pfns = [22] * (pv.PAGES + 1)
    return unmapped


@bad(pv64, widths=BOTH)
def unmapped_huge(image: Image) -> Item:
    """2^32 - 1 unmapped pfns."""
    unmapped = image.find(legacy.Unmapped)
    unmapped.count = 0xFFFFFFFF
    return unmapped


@bad(pv64, widths=BOTH)
def unmapped_beyond(image: Image) -> Item:
    """An unmapped pfn that is p2m_size."""
    unmapped = image.find(legacy.Unmapped)
    unmapped.pfns[1] = pv.PAGES
    return unmapped


def _basic(base: Callable[[int], Image], edits: list, name: str, sentence: str) -> None:
    def spoil(image: Image) -> Item:
        state = image.find(legacy.VcpuState)
        data = bytearray(state.basic)
        for letter, offset, value in edits:
            struct.pack_into("<" + letter, data, offset, value)
        state.basic = bytes(data)
        return state
    spoil.__name__ = name
    spoil.__doc__ = sentence
    bad(base)(spoil)


_basic(pv64, [("Q", 616, pv.PAGES)], "start_info_beyond", "rdx of vCPU 0, the pfn of start_info, is p2m_size.")
_basic(pv64, [("Q", 616, pv.TOP)], "start_info_table", "start_info is a page table.")
_basic(pv32, [("I", 524, pv.PAGES)], "start_info_beyond_32", "edx of vCPU 0 is p2m_size.")
_basic(pv64, [("Q", 4832, pv.PAGES)], "gdt_beyond", "A GDT frame that is no pfn of the guest.")
_basic(pv64, [("Q", 4960, 8193)], "gdt_ents", "A GDT of more than 16 frames.")
_basic(pv64, [("Q", 5008, pv.PAGES << 12)], "cr3_beyond", "cr3 that is no pfn of the guest.")
_basic(pv64, [("Q", 5008, 16 << 12)], "cr3_ordinary", "cr3 names an ordinary page.")
_basic(pv32, [("I", 2728, 0xFFF)], "cr3_folded", "cr3 of a 32-bit guest with the highest pfn that folding can say.")
_basic(pv64, [("Q", 4992, pv.PAGES << 12 | 1)], "cr1_beyond", "cr1 that is no pfn of the guest.")


def _ring(base: Callable[[int], Image], offset: int, size: int, name: str, sentence: str) -> None:
    def spoil(image: Image) -> Item:
        batch = image.find(legacy.Batch)
        pfn, kind, data = batch.pages[pv.START_INFO]
        assert pfn == pv.START_INFO
        batch.pages[pfn] = (pfn, kind, data[:offset] + pv.PAGES.to_bytes(size, "little") + data[offset + size:])
        return batch
    spoil.__name__ = name
    spoil.__doc__ = sentence
    bad(base, widths=BOTH)(spoil)


_ring(pv64, 0x38, 8, "start_info_store", "The store's page, as start_info says, is p2m_size.")
_ring(pv64, 0x48, 8, "start_info_console", "The console's page is p2m_size.")
_ring(pv32, 0x2C, 4, "start_info_store_32bit", "The store's page of a 32-bit guest is p2m_size.")
_ring(pv32, 0x34, 4, "start_info_console_32bit", "The console's page of a 32-bit guest is p2m_size.")


@bad(remus)
def start_info_store_remus(image: Image) -> Item:
    """The start_info page comes again in the second round, and what it says then is wrong."""
    batch = image.find(legacy.Batch, 2)
    page = PvSaver(image.tw).guest.memory[pv.START_INFO][1]
    batch.pages.insert(0, (pv.START_INFO, libxc.NOTAB, page[:0x38] + b"\xff" * 8 + page[0x40:]))
    return batch


@bad(pv32)
def cr3_two_levels(image: Image) -> Item:
    """A 32-bit guest without PAE: cr3 names a table of the second level."""
    batch = image.find(legacy.Batch)
    batch.pages[pv.TOP] = (pv.TOP, libxc.L2TAB | libxc.PINNED, batch.pages[pv.TOP][2])
    return image.find(legacy.VcpuState)


@bad(pv64)
def xsave_15(image: Image) -> Item:
    """xsave of 15 bytes, less than its header."""
    return first_state(sized_xsave(image, bytes(15)))


def first_state(image: Image) -> Item:
    return image.find(legacy.VcpuState)


@bad(pv64)
def xsave_no_area(image: Image) -> Item:
    """xsave longer than its header and shorter than the smallest area."""
    return first_state(sized_xsave(image, struct.pack("<QQ", 3, 3) + bytes(100)))


@bad(pv64)
def xsave_size_huge(image: Image) -> Item:
    """xsave of 2^63 bytes."""
    state = image.find(legacy.VcpuState)
    state.size = 1 << 63
    return state


@bad(pv64)
def xsave_cut(image: Image) -> Item:
    """xsave shorter than the features that the vCPU used: AVX is missing."""
    return first_state(sized_xsave(image, struct.pack("<QQ", 7, 7) + bytes(576)))


@bad(pv64)
def extended_number(image: Image) -> Item:
    """vCPU 1's extended context says vCPU 7."""
    state = image.find(legacy.VcpuState, 1)
    state.extended = struct.pack("<I", 7) + state.extended[4:]
    return state


@bad(pv64)
def extended_size(image: Image) -> Item:
    """An extended context that says it is longer than its 128 bytes."""
    state = image.find(legacy.VcpuState)
    state.extended = state.extended[:4] + struct.pack("<I", 129) + state.extended[8:]
    return state


@bad(pv64)
def cut_in_pages(image: Image) -> None:
    """The file ends inside a page."""
    image.end_inside(image.find(legacy.Batch, 1), 3 * 4096)
    image.torn()


@bad(pv64)
def cut_in_tail(image: Image) -> None:
    """The file ends inside the shared info."""
    image.end_inside(image.find(legacy.SharedInfo), 4095)
    image.torn()


@bad(hvm45)
def cut_before_qemu(image: Image) -> None:
    """The file ends inside qemu's signature."""
    image.end_inside(image.find(legacy.Qemu), 10)
    image.torn()


@bad(remus)
def remus_first_torn(image: Image) -> None:
    """Remus: not even the first round is complete."""
    image.end_inside(image.find(legacy.SharedInfo), 100)
    image.torn()


@bad(hvm45)
def trailing(image: Image) -> Item:
    """Bytes behind qemu's state that are no known message."""
    more = legacy.Bytes(b"what is this?", "trailing")
    image += [more]
    return more


# --- containers

def xl_pv(tw: int) -> Image:
    return xl_json(pv64(tw))


@bad(xl_pv, "xl.byteorder", "xl.big_endian")
def xl_byteorder(image: Image) -> Item:
    """xl header by a toolstack of the other byte order."""
    image.items[0].set(byteorder=0x04030201)
    return image.items[0]


@bad(xl_pv, "xl.mandatory_flags", "stream.legacy")
def xl_flags(image: Image) -> Item:
    """xl header with a mandatory flag that nobody knows."""
    image.items[0].set(mandatory_flags=5)
    return image.items[0]


@bad(xl_pv, "xl.config_length")
def xl_config_length(image: Image) -> Item:
    """Config longer than the optional data that holds it."""
    image.items[1].config_len = 0x10000
    return image.items[1]


@bad(xl_pv, "xl.optional_length")
def xl_optional_length(image: Image) -> Item:
    """Optional data of 4 GiB."""
    image.items[0].set(optional_data_len=0xFFFFFFFF)
    return image.items[0]


def xend_pv(tw: int) -> Image:
    return legacy.xend(PvSaver(tw, 8, (3, 4)).image())


def _xend_length(value: int, name: str, sentence: str) -> None:
    def spoil(image: Image) -> Item:
        head = image.items[0]
        head.data = head.data[:16] + struct.pack(">i", value) + (head.data[20:] if value else b"")
        return head
    spoil.__name__ = name
    spoil.__doc__ = sentence
    bad(xend_pv)(spoil)


_xend_length(-1, "xend_config_negative", "xend's config of -1 bytes.")
_xend_length(0x01000001, "xend_config_huge", "xend's config of more than 16 MiB.")
_xend_length(0, "xend_config_empty", "xend's config of no bytes.")


def libvirt_pv(tw: int) -> Image:
    return legacy.libvirt(pv64(tw))


@bad(libvirt_pv)
def libvirt_xml_huge(image: Image) -> Item:
    """libvirt's XML of 4 GiB."""
    head = image.items[0]
    head.data = head.data[:20] + b"\xff" * 4 + head.data[24:]
    return head


@bad(libvirt_pv)
def libvirt_version(image: Image) -> Item:
    """libvirt's header of version 9."""
    head = image.items[0]
    head.data = head.data[:16] + struct.pack("<I", 9) + head.data[20:]
    return head


def xenopsd_pv(tw: int) -> Image:
    return legacy.xenopsd(PvSaver(tw, 8, (4, 4)).image())


@bad(xenopsd_pv)
def xenopsd_type(image: Image) -> Item:
    """xenopsd: a record of unknown type before the image."""
    head = image.items[0]
    head.data = head.data[:15] + struct.pack("<QQ", 0x1234, 8) + bytes(8) + head.data[15:]
    return head


@bad(xenopsd_pv)
def xenopsd_length(image: Image) -> Item:
    """xenopsd: notes of 2^63 bytes."""
    head = image.items[0]
    head.data = head.data[:23] + struct.pack("<Q", 1 << 63) + head.data[31:]
    return head


@bad(lambda tw: legacy.xenopsd(HvmSaver(tw, (4, 4)).image()))
def xenopsd_no_image(image: Image) -> Item:
    """xenopsd: the end where the image should be."""
    head = image.items[0]
    image.items[:] = [legacy.Bytes(head.data[:-16] + struct.pack("<QQ", 0xFFFF, 0), "xenopsd")]
    return image.items[0]
