# SPDX-License-Identifier: MIT
"""Legacy images that convert: every release's habits, every chunk, every container."""

import struct
from typing import List, Sequence

from xenstream import hvm, legacy, libxc, pv, xl
from xenstream.base import Item, fill, xsave_area
from xenstream.legacy import Image, Marker, Param
from xenstream.legacy_guest import PHYSMAP, HvmSaver, PvSaver

from .legacy_catalogue import good

WIDE, NARROW = 8, 4


def pv64(tw: int) -> Image:
    return PvSaver(tw).image()


def hvm45(tw: int) -> Image:
    return HvmSaver(tw).image()


def insert_after_pages(image: Image, *pieces: Item) -> Image:
    batches = [item for item in image.items if isinstance(item, legacy.Batch)]
    image.after(batches[-1], *pieces)
    return image


# --- releases

@good()
def pv_64bit(tw: int) -> Image:
    """PV guest of 64 bits, Xen 4.5."""
    return PvSaver(tw).image()


@good()
def pv_32bit(tw: int) -> Image:
    """PV guest of 32 bits, Xen 4.5: the P2M list has the toolstack's width, its frames the guest's."""
    return PvSaver(tw, 4).image()


@good()
def pv_live(tw: int) -> Image:
    """Live save: pages again after the first pass, the TSC once the guest stands still."""
    return PvSaver(tw).live()


@good("-g", "pv", widths=(4,))
def pv_3_0_2_32bit(tw: int) -> Image:
    """Xen 3.0.2: no extended info, one vCPU, the guest's width is the toolstack's.  Its P2M frame, pfn 5, could be the
    count of an HVM image's first batch, so that the user has to say what it is."""
    return PvSaver(tw, 4, (3, 0, 2)).image()


@good(widths=(8,))
def pv_3_0_2_64bit(tw: int) -> Image:
    """Xen 3.0.2 on 64 bits: no extended info."""
    return PvSaver(tw, 8, (3, 0, 2)).image()


@good()
def pv_3_0_4(tw: int) -> Image:
    """Xen 3.0.4: extended info with the vCPU block only, no VCPU_INFO, frame numbers in the entries of holes."""
    return PvSaver(tw, tw, (3, 0, 4)).image()


@good()
def pv_3_1(tw: int) -> Image:
    """Xen 3.1: VCPU_INFO and more than one vCPU."""
    return PvSaver(tw, tw, (3, 1)).image()


@good()
def pv_3_2(tw: int) -> Image:
    """Xen 3.2: extended contexts of 32 bytes, the rest of their 128 being old memory."""
    return PvSaver(tw, 8, (3, 2)).image()


@good()
def pv_3_2_32bit(tw: int) -> Image:
    """Xen 3.2, guest of 32 bits."""
    return PvSaver(tw, 4, (3, 2)).image()


@good()
def pv_4_0(tw: int) -> Image:
    """Xen 4.0: TSC_INFO, entries of holes without a number."""
    return PvSaver(tw, 8, (4, 0)).image()


@good()
def pv_4_1(tw: int) -> Image:
    """Xen 4.1: xsave areas and LAST_CHECKPOINT."""
    return PvSaver(tw, 8, (4, 1)).image()


@good()
def pv_4_1_32bit(tw: int) -> Image:
    """Xen 4.1, guest of 32 bits."""
    return PvSaver(tw, 4, (4, 1)).image()


@good()
def pv_4_2(tw: int) -> Image:
    """Xen 4.2: an empty TOOLSTACK chunk, extended contexts of 40 bytes."""
    return PvSaver(tw, 8, (4, 2)).image()


@good(widths=(8,))
def pv_one_vcpu(tw: int) -> Image:
    """One vCPU, max_vcpu_id 0."""
    return PvSaver(tw, vcpus=[0]).image()


@good()
def hvm_3_1(tw: int) -> Image:
    """Xen 3.1: no parameter chunk at all, state of qemu to the end of the file."""
    return HvmSaver(tw, (3, 1)).image()


@good()
def hvm_3_4(tw: int) -> Image:
    """Xen 3.4: IDENT_PT and VM86_TSS."""
    return HvmSaver(tw, (3, 4)).image()


@good()
def hvm_4_0(tw: int) -> Image:
    """Xen 4.0 by xl, which wrote no header of its own yet."""
    return HvmSaver(tw, (4, 0)).image()


@good()
def hvm_4_1(tw: int) -> Image:
    """Xen 4.1: console, ACPI ports, qemu's state with a length."""
    return HvmSaver(tw, (4, 1)).image()


@good()
def hvm_4_4(tw: int) -> Image:
    """Xen 4.4: generation id, rings, viridian, physmap."""
    return HvmSaver(tw, (4, 4)).image()


@good()
def hvm_4_5(tw: int) -> Image:
    """Xen 4.5: the pages of the ioreq server."""
    return HvmSaver(tw).image()


@good()
def hvm_4_5_4(tw: int) -> Image:
    """Xen 4.5.4: chunk -21, X87_FIP_WIDTH, that only two releases wrote."""
    return HvmSaver(tw, (4, 5, 4)).image()


@good()
def hvm_live(tw: int) -> Image:
    """Live save with an entry that only allocates."""
    return HvmSaver(tw).live()


# --- each parameter chunk for itself

HALVES = (legacy.IOREQ_PFN, legacy.IOREQ_PAGES)      # of a pair: one alone is left out


def _one_param(number: int, value: int, name: str) -> None:
    def make(tw: int) -> Image:
        image = HvmSaver(tw, (4, 1)).image()
        image.remove(*[item for item in image.items if isinstance(item, Param)])
        return insert_after_pages(image, Param(number, value))
    make.__name__ = "param_" + name
    make.__doc__ = "HVM with chunk %d, %s, and no other parameter." % (number, name.upper())
    good(widths=(8,), warns=("legacy.ioreq_pair",) if number in HALVES else ())(make)


for _number, _value, _name in (
        (legacy.IDENT_PT, hvm.IDENT_PT << 12, "ident_pt"), (legacy.VM86_TSS, hvm.VM86_TSS << 12, "vm86_tss"),
        (legacy.CONSOLE, hvm.CONSOLE, "console_pfn"), (legacy.ACPI, 1, "acpi_ioports"),
        (legacy.VIRIDIAN, 1, "viridian"), (legacy.GENERATION_ID, hvm.GENERATION << 12, "generation_id"),
        (legacy.PAGING, hvm.PAGING, "paging_ring"), (legacy.MONITOR, hvm.MONITOR, "monitor_ring"),
        (legacy.SHARING, hvm.SHARING, "sharing_ring"), (legacy.IOREQ_PFN, 14, "ioreq_server_pfn"),
        (legacy.IOREQ_PAGES, 2, "nr_ioreq_server_pages"), (legacy.X87_FIP, 4, "x87_fip_width")):
    _one_param(_number, _value, _name)


@good(widths=(8,))
def viridian_mask(tw: int) -> Image:
    """Xen 4.5: viridian as a mask of features."""
    saver = HvmSaver(tw)
    saver.viridian = 3
    return saver.image()


@good(widths=(8,))
def param_zero(tw: int) -> Image:
    """A parameter of value 0, which no saver sends and no restorer needs."""
    image = HvmSaver(tw, (4, 1)).image()
    image.param(legacy.CONSOLE).value = 0
    return image


@good(widths=(8,))
def param_pad(tw: int) -> Image:
    """A parameter whose padding is not zero: nobody reads it."""
    image = HvmSaver(tw, (4, 1)).image()
    image.param(legacy.CONSOLE).pad = 0xDEADBEEF
    return image


@good(widths=(8,), warns=("legacy.repeated",))
def param_twice(tw: int) -> Image:
    """A parameter chunk twice with different values: the last counts."""
    image = HvmSaver(tw, (4, 1)).image()
    params = [item for item in image.items if isinstance(item, Param)]
    image.before(params[0], Param(params[0].chunk, 0x7000))
    return image


@good()
def hvm_magic_zero(tw: int) -> Image:
    """The three frame numbers of the tail are 0: nothing is to be set, above all not frame 0."""
    image = HvmSaver(tw).image()
    tail = image.find(legacy.HvmTail)
    tail.ioreq = tail.bufioreq = tail.store = 0
    return image


@good(widths=(8,), warns=("legacy.magic_pfn",))
def hvm_magic_beyond(tw: int) -> Image:
    """A frame number of the tail beyond p2m_size."""
    image = HvmSaver(tw).image()
    image.find(legacy.HvmTail).store = hvm.PAGES
    return image


@good(widths=(8,))
def hvm_no_bufioreq(tw: int) -> Image:
    """One of the three frame numbers is 0."""
    image = HvmSaver(tw).image()
    image.find(legacy.HvmTail).bufioreq = 0
    return image


# --- TSC, VERIFY, VCPU_INFO

@good(widths=(8,))
def tsc_after_pages(tw: int) -> Image:
    """TSC_INFO behind all pages."""
    image = pv64(tw)
    tsc = image.find(legacy.Tsc)
    image.remove(tsc)
    return insert_after_pages(image, tsc)


@good(widths=(8,))
def hvm_tsc_after_params(tw: int) -> Image:
    """TSC_INFO as the last chunk of an HVM image."""
    image = hvm45(tw)
    tsc = image.find(legacy.Tsc)
    image.remove(tsc)
    image.before(image.end_of_body(), tsc)
    return image


@good(warns=("legacy.dropped",))
def verify(tw: int) -> Image:
    """Debug save: all pages once more behind VERIFY."""
    saver = PvSaver(tw)
    return insert_after_pages(saver.image(), Marker(legacy.VERIFY), *saver.batches())


@good(widths=(8,), warns=("legacy.dropped",))
def verify_remus(tw: int) -> Image:
    """VERIFY in the first of two rounds: the pages of the second are new ones and count."""
    saver = PvSaver(tw)
    first = saver.batches()
    image = saver.remus(2)
    image.after(image.find(legacy.Batch, 1), Marker(legacy.VERIFY), *first)
    return image


@good(widths=(8,), warns=("legacy.repeated",))
def vcpu_info_twice(tw: int) -> Image:
    """VCPU_INFO twice: the last one tells which vCPUs there are."""
    image = pv64(tw)
    image.before(image.find(legacy.VcpuInfo), legacy.VcpuInfo(5, [0, 3, 5]))
    return image


def _max_id(max_id: int, online: Sequence[int], name: str, sentence: str, warns: Sequence[str] = (),
            tail: Sequence[int] = ()) -> None:
    def make(tw: int) -> Image:
        saver = PvSaver(tw, vcpus=tail or online)
        image = saver.image()
        image.replace(image.find(legacy.VcpuInfo), legacy.VcpuInfo(max_id, online))
        return image
    make.__name__ = name
    make.__doc__ = sentence
    good(widths=(8,), warns=warns)(make)


_max_id(63, [0, 63], "max_vcpu_63", "The last vCPU of the bitmap's first word.")
_max_id(63, [0, 1], "max_vcpu_63_two", "max_vcpu_id 63 with two vCPUs online.")
_max_id(64, [0, 64], "max_vcpu_64", "The bitmap has a second word, as since 4.2.")
_max_id(4095, [0, 4095], "max_vcpu_4095", "The highest vCPU number there can be.")
_max_id(3, [0, 2], "vcpu_gap", "vCPU 1 and 3 are offline.")
_max_id(1, [0, 1, 5], "vcpu_bits_above", "A bit above max_vcpu_id: nobody saved that vCPU.",
        ["legacy.vcpu_bits"], [0, 1])


@good(widths=(8,))
def hvm_vcpu_info_odd(tw: int) -> Image:
    """HVM: VCPU_INFO means nothing, vCPUs are in the HVM context."""
    image = hvm45(tw)
    image.replace(image.find(legacy.VcpuInfo), legacy.VcpuInfo(5, [0, 5]))
    return image


# --- batches

@good()
def holes_only(tw: int) -> Image:
    """A batch of holes alone, as up to 4.0: no PAGE_DATA comes of it."""
    saver = PvSaver(tw, 8, (4, 0))
    return insert_after_pages(saver.image(), saver.batch(pv.HOLES))


@good(widths=(8,))
def holes_only_mfns(tw: int) -> Image:
    """The same before 4.0: frame numbers in the entries."""
    saver = PvSaver(tw, 8, (3, 3))
    return insert_after_pages(saver.image(), saver.batch(pv.HOLES))


@good(widths=(8,))
def holes_alike(tw: int) -> Image:
    """Two holes whose low bits are alike, and alike to the pfn of a page of the batch."""
    image = PvSaver(tw, 8, (3, 2)).image()
    batch = image.find(legacy.Batch, 1)
    batch.pages = [(15, kind, data) if kind == libxc.XTAB else (pfn, kind, data) for pfn, kind, data in batch.pages]
    return image


@good()
def hvm_holes_pfns(tw: int) -> Image:
    """HVM up to 4.0: a hole's entry has its pfn."""
    saver = HvmSaver(tw, (3, 3))
    return insert_after_pages(saver.image(), saver.batch(hvm.HOLES))


@good(widths=(8,))
def hole_after_data(tw: int) -> Image:
    """Xen 3.4: a page that was sent is a hole in a later batch; the guest gave it back."""
    saver = HvmSaver(tw, (3, 4))
    late = legacy.Batch(tw, [(2, libxc.NOTAB, fill(0x77)), (5, libxc.XTAB, b"")])
    return insert_after_pages(saver.image(), late)


@good()
def xalloc(tw: int) -> Image:
    """HVM with entries that only allocate, and never get data."""
    image = hvm45(tw)
    image.find(legacy.Batch).pages[4] = (4, libxc.XALLOC, b"")
    return image


@good()
def broken(tw: int) -> Image:
    """Xen 4.3: a page that the machine has lost."""
    image = hvm45(tw)
    image.find(legacy.Batch).pages[5] = (5, libxc.BROKEN, b"")
    return image


@good(widths=(8,))
def xalloc_and_broken_only(tw: int) -> Image:
    """A batch without any data."""
    image = hvm45(tw)
    return insert_after_pages(image, legacy.Batch(tw, [(3, libxc.XALLOC, b""), (4, libxc.BROKEN, b"")]))


@good(widths=(8,))
def batch_of_one(tw: int) -> Image:
    """Each page in a batch of its own."""
    saver = PvSaver(tw)
    image = saver.image()
    batches = [item for item in image.items if isinstance(item, legacy.Batch)]
    image.replace(batches[0], *[saver.batch([pfn]) for pfn in range(10)])
    return image


@good(widths=(8,))
def batch_of_1024(tw: int) -> Image:
    """The largest batch, most of it holes."""
    image = pv64(tw)
    batch = image.find(legacy.Batch)
    batch.pages += [(0, libxc.XTAB, b"")] * (1024 - len(batch.pages))
    return image


@good(widths=(4,))
def pfns_permuted(tw: int) -> Image:
    """Up to 3.2 pfns did not ascend."""
    saver = PvSaver(tw, 4, (3, 0, 4))
    image = saver.image()
    image.replace(image.find(legacy.Batch), saver.batch([7, 3, 9, 1, 5, 0, 8, 2, 6, 4]))
    return image


@good(widths=(8,), warns=("legacy.duplicate",))
def pfn_twice_in_batch(tw: int) -> Image:
    """A pfn twice in one batch: the last wins."""
    image = pv64(tw)
    batch = image.find(legacy.Batch, 1)
    batch.pages.insert(0, (15, libxc.NOTAB, fill(0x99)))
    return image


# --- pages that the guest gave back

BACK = 18                     # of no structure, and in the tables of user space


def give_back(image: Image) -> Image:
    """The pfn has no memory when the guest is suspended, whatever was sent of it before."""
    unmapped = [item for item in image.items if isinstance(item, legacy.Unmapped)][-1]
    unmapped.pfns = sorted([BACK, *unmapped.pfns])
    return image


@good()
def given_back(tw: int) -> Image:
    """Live save: a page that was sent is among the unmapped ones at the end."""
    image = PvSaver(tw).live()
    again = image.find(legacy.Batch, 2)
    again.pages = [page if page[0] != BACK else (0, libxc.XTAB, b"") for page in again.pages]
    return give_back(image)


@good(widths=(8,))
def given_back_alone(tw: int) -> Image:
    """The page that the guest gave back was sent in a batch of its own."""
    saver = PvSaver(tw)
    image = saver.image()
    second = image.find(legacy.Batch, 1)
    second.pages = [page for page in second.pages if page[0] != BACK]
    return give_back(insert_after_pages(image, saver.batch([BACK])))


@good(widths=(8,))
def given_back_remus(tw: int) -> Image:
    """Remus: the page was there in the first round, and is gone at the end of the second."""
    image = PvSaver(tw).remus(2)
    again = image.find(legacy.Batch, 2)
    again.pages = [page for page in again.pages if page[0] != BACK]
    return give_back(image)


@good(widths=(8,))
def given_back_compressed(tw: int) -> Image:
    """The page is gone at the end of a compressed round that has changed words of it."""
    return give_back(PvSaver(tw).compressed())


# --- TOOLSTACK

def _toolstack(entries: List[legacy.PhysmapEntry], name: str, sentence: str) -> None:
    def make(tw: int) -> Image:
        image = hvm45(tw)
        image.replace(image.find(legacy.Toolstack), legacy.Toolstack(tw, entries))
        return image
    make.__name__ = name
    make.__doc__ = sentence
    good()(make)


_toolstack([], "toolstack_empty", "HVM with a TOOLSTACK chunk of no region.")
_toolstack([(0xF0000000, 0xF0000000, 0x800000, b"")], "toolstack_no_name", "A region without a name.")
_toolstack(PHYSMAP[:1], "toolstack_one", "One region.")


@good(widths=(8,))
def toolstack_latin1(tw: int) -> Image:
    """A region whose name is no UTF-8."""
    image = hvm45(tw)
    image.find(legacy.Toolstack).entries = [(0xF0000000, 0xF0000000, 0x800000, b"vga\xe9\0")]
    return image


# --- extended info, vCPUs, xsave

@good(warns=("legacy.pae",))
def pae_low(tw: int) -> Image:
    """A 32-bit guest without extended cr3: its L3 tables were moved below 4 GiB by old restorers."""
    image = PvSaver(tw, 4).image()
    for state in [item for item in image.items if isinstance(item, legacy.VcpuState)]:
        assist = struct.unpack_from("<I", state.basic, 0xAEC)[0]
        state.basic = state.basic[:0xAEC] + struct.pack("<I", assist & ~8) + state.basic[0xAF0:]
    return image


@good(widths=(8,), warns=("legacy.extended_unknown",))
def unknown_block(tw: int) -> Image:
    """A block of unknown id in the extended info: old restorers skipped it."""
    image = pv64(tw)
    image.find(legacy.ExtendedInfo).blocks.append((b"what", b"twelve bytes"))
    return image


@good(widths=(8,))
def ext_totals_xcnt_alone(tw: int) -> Image:
    """Extended info with xcnt but without extv."""
    saver = PvSaver(tw)
    saver.extv = False
    return saver.image()


def sized_xsave(image: Image, blob: bytes, first: int = 0) -> Image:
    for item in image.items:
        if isinstance(item, legacy.VcpuState) and item.number >= first:
            item.xsave = blob
    return image


@good()
def xsave_oversized(tw: int) -> Image:
    """Xen 4.1: areas for all features of the host though the guest used only x87, SSE and AVX."""
    image = PvSaver(tw, 8, (4, 1)).image()
    blob = pv.Guest().xsave() + bytes(128)
    image.find(legacy.ExtendedInfo).blocks[2] = (b"xcnt", struct.pack("<I", 16 + len(blob)))
    return sized_xsave(image, blob)


@good(widths=(8,), warns=("legacy.xsave_size",))
def xsave_never_used(tw: int) -> Image:
    """vCPU 1 never used xsave: 16 bytes, less than xcnt says."""
    image = PvSaver(tw, 8, (4, 4)).image()
    return sized_xsave(image, struct.pack("<QQ", 1, 0), 1)


@good(widths=(8,), warns=("legacy.xsave_size",))
def xsave_sse_only(tw: int) -> Image:
    """vCPU 1 used x87 and SSE only: a smaller area than vCPU 0."""
    image = PvSaver(tw, 8, (4, 4)).image()
    return sized_xsave(image, struct.pack("<QQ", 3, 3) + xsave_area(3, 3), 1)


def _xsave_states(accum: int, end: int, name: str, sentence: str) -> None:
    """An area for all features of the host, 128 bytes longer than what these states need."""
    def make(tw: int) -> Image:
        image = PvSaver(tw, 8, (4, 1)).image()
        blob = struct.pack("<QQ", accum | 1, accum) + xsave_area(3, 3).ljust(end + 128, b"\0")
        image.find(legacy.ExtendedInfo).blocks[2] = (b"xcnt", struct.pack("<I", 16 + len(blob)))
        return sized_xsave(image, blob)
    make.__name__ = name
    make.__doc__ = sentence
    good(widths=(8,))(make)


_xsave_states(1 << 62 | 7, 960, "xsave_lwp", "Xen 4.1 on AMD: vCPUs that used lightweight profiling as well.")
_xsave_states(0xE7, 2688, "xsave_avx512", "vCPUs that used AVX-512.")


@good(widths=(8,))
def xsave_all_16(tw: int) -> Image:
    """No vCPU used xsave: xcnt is 32."""
    image = PvSaver(tw, 8, (4, 4)).image()
    image.find(legacy.ExtendedInfo).blocks[2] = (b"xcnt", struct.pack("<I", 32))
    return sized_xsave(image, struct.pack("<QQ", 1, 0))


@good(widths=(8,), warns=("legacy.unmapped_order",))
def unmapped_descending(tw: int) -> Image:
    """Unmapped pfns that do not ascend."""
    image = pv64(tw)
    image.find(legacy.Unmapped).pfns.reverse()
    return image


@good(widths=(8,))
def unmapped_none(tw: int) -> Image:
    """No unmapped pfn."""
    image = pv64(tw)
    image.find(legacy.Unmapped).pfns = []
    return image


# --- qemu's state

@good()
def hvm_no_qemu(tw: int) -> Image:
    """HVM straight from libxc: nothing follows the tail."""
    saver = HvmSaver(tw)
    saver.qemu = None
    return saver.image()


@good()
def qemu_remus_framing(tw: int) -> Image:
    """State of qemu under the signature that xend's Remus used."""
    saver = HvmSaver(tw, (4, 0))
    saver.qemu = "remus"
    return saver.image()


# --- Remus

@good(widths=(8,))
def remus_1(tw: int) -> Image:
    """Remus, one round."""
    return PvSaver(tw).remus(1)


@good()
def remus_2(tw: int) -> Image:
    """Remus, two rounds: the second's pages and state count."""
    return PvSaver(tw).remus(2)


@good(widths=(8,), warns=("legacy.torn",))
def remus_torn(tw: int) -> Image:
    """Remus, the third round torn inside a page."""
    image = PvSaver(tw).remus(3)
    image.end_inside(image.find(legacy.Batch, 3), 5000)
    return image.torn()


@good(widths=(8,), warns=("legacy.torn",))
def remus_torn_tail(tw: int) -> Image:
    """Remus, the second round torn in its tail, whose body is not applied either."""
    image = PvSaver(tw).remus(2)
    image.end_inside(image.find(legacy.SharedInfo, 1), 4095)
    return image.torn()


@good(widths=(8,))
def remus_vcpu_unplugged(tw: int) -> Image:
    """Remus: vCPU 1 went offline before the second round, whose tail has one vCPU."""
    image = PvSaver(tw).remus(2)
    image.replace(image.find(legacy.VcpuInfo, 1), legacy.VcpuInfo(0, [0]))
    image.remove(image.find(legacy.VcpuState, 3))
    return image


@good()
def remus_hvm(tw: int) -> Image:
    """Remus by xl, HVM, two rounds with qemu's state each."""
    return HvmSaver(tw).remus()


@good(widths=(4,))
def remus_hvm_xend(tw: int) -> Image:
    """Remus by xend, HVM."""
    saver = HvmSaver(tw, (4, 0))
    saver.qemu = "remus"
    return legacy.xend(saver.remus())


@good()
def compressed(tw: int) -> Image:
    """Second round compressed: full, unchanged, and changed words."""
    return PvSaver(tw).compressed()


@good(widths=(8,))
def compressed_runs_of_1(tw: int) -> Image:
    """Runs of one word, many of them."""
    return PvSaver(tw).compressed(longest=1)


@good(widths=(8,))
def compressed_chunks(tw: int) -> Image:
    """The units in three COMPRESSED_DATA chunks."""
    return PvSaver(tw).compressed(chunks=3)


@good(widths=(8,), warns=("legacy.compressed_early",))
def compressed_split(tw: int) -> Image:
    """A unit that spans two chunks, and a chunk before the batch it belongs to."""
    image = PvSaver(tw).compressed()
    data = image.find(legacy.Compressed)
    image.before(image.find(legacy.Batch, 2), legacy.Compressed(tw, data.data[:3000]))
    data.data = data.data[3000:]
    return image


@good(widths=(8,))
def compressed_time_first(tw: int) -> Image:
    """Compressed, though the guest's time comes first, as of one that stands still: none is expected between pipes."""
    image = PvSaver(tw).compressed()
    time = image.find(legacy.Tsc)
    image.items.remove(time)
    image.before(image.find(legacy.Batch), time)
    return image


# --- tmem

def with_tmem(tw: int, oid: int) -> Image:
    image = PvSaver(tw, 8, (4, 0)).live()
    image.after(image.find(legacy.Frames), legacy.Tmem(oid))
    image.before(image.find(legacy.Tsc), legacy.TmemExtra(oid))
    return image


@good("--drop-tmem", widths=(8,), warns=("legacy.dropped",))
def tmem_dropped_24(tw: int) -> Image:
    """Transcendent memory with object ids of 24 bytes, to be dropped."""
    return with_tmem(tw, 24)


@good("--drop-tmem", "--tmem-oid=8", widths=(4,), warns=("legacy.dropped",))
def tmem_dropped_8(tw: int) -> Image:
    """Transcendent memory with object ids of 8 bytes, to be dropped."""
    return with_tmem(tw, 8)


# --- containers

def xl_file(image: Image, config: bytes, flags: int = 0, tail: bytes = b"") -> Image:
    return Image(image.tw, image.kind, [*xl.header(config, flags, tail), *image.items], "xl")


TEXT = {"pv": b"name = 'vector'\nmemory = 1\nvcpus = 2\nkernel = '/boot/vmlinuz'\n",
        "hvm": b"name = 'vector'\nbuilder = 'hvm'\nmemory = 1\nvcpus = 2\n"}


def xl_text(image: Image) -> Image:
    return xl_file(image, TEXT[image.kind])


def xl_json(image: Image) -> Image:
    pages = pv.PAGES if image.kind == "pv" else hvm.PAGES
    return xl_file(image, xl.config(image.kind, 2, pages), xl.JSON_FLAG)


@good()
def xl_json_pv(tw: int) -> Image:
    """`xl save` 4.5, PV: JSON config."""
    return xl_json(pv64(tw))


@good()
def xl_json_hvm(tw: int) -> Image:
    """`xl save` 4.5, HVM."""
    return xl_json(hvm45(tw))


@good()
def xl_text_pv(tw: int) -> Image:
    """`xl save` 4.1-4.4, PV: the config as the user wrote it, without NUL."""
    return xl_text(PvSaver(tw, 8, (4, 4)).image())


@good()
def xl_text_hvm(tw: int) -> Image:
    """`xl save` 4.1-4.4, HVM."""
    return xl_text(HvmSaver(tw, (4, 4)).image())


@good(widths=(8,), warns=("legacy.viridian",))
def xl_text_hvm_viridian(tw: int) -> Image:
    """`xl save` 4.1.2: only the configuration says that the guest has viridian extensions."""
    return xl_file(HvmSaver(tw, (4, 1)).image(), TEXT["hvm"] + b"# viridian=0\nviridian = 1\n")


@good(widths=(8,), warns=("legacy.viridian",))
def xend_hvm_viridian(tw: int) -> Image:
    """`xm save` 3.4: the same in xend's configuration."""
    image = legacy.xend(HvmSaver(tw, (3, 4)).image())
    head = image.items[0]
    head.data = head.data.replace(b"(acpi 1)", b"(viridian 1)").replace(b"(name vector)", b"(name vec)")
    head.data = head.data[:16] + struct.pack(">i", len(head.data) - 20) + head.data[20:]
    return image


@good(widths=(8,))
def xl_text_hvm_4_0_1(tw: int) -> Image:
    """`xl save` 4.0.1: a header, and qemu's state to the end of the file."""
    return xl_text(HvmSaver(tw, (4, 0)).image())


@good(widths=(8,))
def xl_empty_config(tw: int) -> Image:
    """xl header with a config of no bytes."""
    return xl_file(pv64(tw), b"")


@good(widths=(8,))
def xl_no_config(tw: int) -> Image:
    """xl header without any optional data."""
    image = xl_file(pv64(tw), b"")
    image.items[0].set(optional_data_len=0)
    image.remove(image.items[1])
    return image


@good(widths=(8,))
def xl_more_data(tw: int) -> Image:
    """xl header with bytes behind the config, which readers skip."""
    return xl_file(pv64(tw), TEXT["pv"], tail=b"from the future")


@good(widths=(8,))
def xl_migrate(tw: int) -> Image:
    """Captured socket of `xl migrate`: the sender's closing message follows the stream."""
    image = xl_json(hvm45(tw))
    image += [legacy.Bytes(b"domain is yours, you are cleared to unpause\0", "message")]
    return image


@good(widths=(8,))
def xl_remus(tw: int) -> Image:
    """Captured socket of `xl remus`, compressed."""
    return xl_json(PvSaver(tw).compressed())


@good()
def xend_pv(tw: int) -> Image:
    """`xm save`, PV."""
    return legacy.xend(PvSaver(tw, tw, (3, 4)).image())


@good()
def xend_pv_3_0_2(tw: int) -> Image:
    """`xm save` of 3.0.2: no extended info, but xend's configuration says that it is PV."""
    return legacy.xend(PvSaver(tw, tw, (3, 0, 2)).image())


@good()
def xend_hvm(tw: int) -> Image:
    """`xm save`, HVM: qemu's state to the end of the file."""
    return legacy.xend(HvmSaver(tw, (4, 0)).image())


@good(widths=(8,))
def xend_hvm_4_4(tw: int) -> Image:
    """`xm save` of the last xend: still to the end of the file, though libxc is of 4.4."""
    saver = HvmSaver(tw, (4, 4))
    saver.qemu, saver.toolstack = "eof", False
    return legacy.xend(saver.image())


@good(widths=(8,), unknown=True)
def xend_socket(tw: int) -> Image:
    """Captured relocation socket of xend."""
    return legacy.xend(PvSaver(tw, 8, (3, 4)).image(), b"receive\n")


@good(widths=(8,), unknown=True)
def xend_ssl_socket(tw: int) -> Image:
    """The same with TLS."""
    return legacy.xend(PvSaver(tw, 8, (4, 1)).image(), b"sslreceive\n")


@good(widths=(8,), warns=("legacy.guest_hint",))
def xend_other_type(tw: int) -> Image:
    """xend's configuration says HVM, the image is of a PV guest: the image is right."""
    image = legacy.xend(PvSaver(tw, 8, (3, 4)).image())
    head = image.items[0]
    head.data = head.data.replace(b"(linux ", b"(hvm ").replace(b"(image", b"(image  ")
    return image


def by_xapi(saver: HvmSaver) -> HvmSaver:
    saver.qemu, saver.toolstack = "xapi", False
    return saver


@good()
def xapi_pv(tw: int) -> Image:
    """xapi's first format, PV."""
    return legacy.xapi(PvSaver(tw, 8, (4, 1)).image())


@good()
def xapi_hvm(tw: int) -> Image:
    """xapi's first format, HVM: big-endian length before qemu's state."""
    return legacy.xapi(by_xapi(HvmSaver(tw, (4, 1))).image())


@good()
def xenopsd_pv(tw: int) -> Image:
    """xenopsd's structured format, PV."""
    return legacy.xenopsd(PvSaver(tw, 8, (4, 4)).image())


@good()
def xenopsd_hvm(tw: int) -> Image:
    """xenopsd's structured format, HVM with qemu's state inside the image's record."""
    saver = HvmSaver(tw, (4, 4))
    saver.toolstack = False
    return legacy.xenopsd(saver.image())


@good()
def libvirt_pv(tw: int) -> Image:
    """libvirt, PV."""
    return legacy.libvirt(pv64(tw))


@good()
def libvirt_hvm(tw: int) -> Image:
    """libvirt, HVM."""
    return legacy.libvirt(hvm45(tw))
