# SPDX-License-Identifier: MIT
"""Good libxl streams and xl files."""

from xenstream import hvm, libxc, libxl, pv, xl
from xenstream.base import BIG, Stream, Xc, Xl

from . import bases
from .catalogue import good


@good("libxl")
def libxl_pv64() -> Stream:
    """PV guest in a libxl stream: LIBXC_CONTEXT, image, END."""
    return bases.libxl_pv()


@good("libxl")
def libxl_pv32_v2() -> Stream:
    """32-bit PV guest of Xen 4.6 in a libxl stream."""
    return Stream(bases.libxl_items(pv.Guest(4).image(2, (4, 6))))


@good("libxl")
def libxl_pvh() -> Stream:
    """PVH guest in a libxl stream: an HVM image without emulator records."""
    return bases.libxl_pvh()


@good("libxl")
def libxl_hvm() -> Stream:
    """HVM guest with the device model's notes in xenstore and its state."""
    return bases.libxl_hvm()


@good("libxl")
def libxl_hvm_no_xenstore() -> Stream:
    """HVM guest of a recent QEMU, which keeps no notes in xenstore: EMULATOR_CONTEXT alone."""
    return Stream(bases.libxl_items(hvm.Guest().image(), bases.emulator(xenstore=False)))


@good("libxl")
def libxl_hvm_v2() -> Stream:
    """HVM guest of Xen 4.13 in a libxl stream around a version 2 image."""
    return Stream(bases.libxl_items(hvm.Guest(xen=(4, 13)).image(2), bases.emulator()))


@good("libxl")
def libxl_hvm_two_regions() -> Stream:
    """Device model notes about two memory regions, one key with every kind of character that xenstore allows."""
    pairs = libxl.physmap() + [(key.replace(b"f0000000", b"f1000000"), value) for key, value in libxl.physmap()]
    pairs.append((b"some-dir/under_score@Z9", b""))
    emulator = [libxl.xenstore_data(pairs), libxl.emulator_context(libxl.qemu_state())]
    return Stream(bases.libxl_items(hvm.Guest().image(), emulator))


@good("libxl", "xenstore_data.empty")
def libxl_hvm_empty_xenstore() -> Stream:
    """An EMULATOR_XENSTORE_DATA record without any pair, which readers accept."""
    emulator = [libxl.xenstore_data([]), libxl.emulator_context(libxl.qemu_state())]
    return Stream(bases.libxl_items(hvm.Guest().image(), emulator))


@good("libxl")
def libxl_hvm_odd_state() -> Stream:
    """Device model state whose length is no multiple of 8, so that the record is padded."""
    state = libxl.qemu_state()[:-1] + libxl.qemu_section(9, b"xen_platform", 1, b"\1\2\3") + b"\0"
    state = state if len(state) % 8 else state[:-1] + libxl.qemu_section(10, b"x", 1, b"") + b"\0"
    return Stream(bases.libxl_items(hvm.Guest().image(), [libxl.emulator_context(state)]))


@good("libxl")
def libxl_hvm_traditional() -> Stream:
    """HVM guest with qemu-traditional (emulator id 1), whose state has a format of its own; gone since Xen 4.21."""
    state = b"QemuDeviceModelState" + bytes(range(1, 101))
    emulator = [libxl.emulator_context(state, 1)]
    return Stream(bases.libxl_items(hvm.Guest(xen=(4, 13)).image(2), emulator))


@good("libxl")
def libxl_hvm_no_device_model() -> Stream:
    """Xen 4.7-4.9 knew HVM guests with device model "none": an HVM image without any emulator record."""
    return Stream(bases.libxl_items(hvm.Guest(pvh=True, xen=(4, 8)).image(2)))


@good("libxl", "record.optional")
def libxl_optional_record() -> Stream:
    """An unknown optional libxl record, legal by the spec although Xen's reader refuses it."""
    s = bases.libxl_hvm()
    s.before(s.last(Xl.END), libxl.unknown(0x80000123, b"not for you"))
    return s


@good("libxl", "libxl.big_endian", "image.big_endian")
def libxl_hvm_big_endian() -> Stream:
    """Big-endian libxl records around a big-endian image."""
    emulator = bases.emulator(order=BIG)
    return Stream(bases.libxl_items(hvm.Guest().image(order=BIG), emulator, BIG))


@good("libxl", "image.big_endian")
def libxl_mixed_byte_orders() -> Stream:
    """A big-endian image inside a little-endian libxl stream: no saver makes it, but each layer says what it is."""
    return Stream(bases.libxl_items(hvm.Guest().image(order=BIG), bases.emulator()))


@good("libxl", "libxl.converted", "domain.converted")
def libxl_converted_pv() -> Stream:
    """PV guest converted from a legacy stream: option bit 1 in the libxl header, Xen version 0 in the image."""
    return Stream(bases.libxl_items(bases.converted_pv().items, converted=True))


@good("libxl", "libxl.converted", "domain.converted")
def libxl_converted_hvm() -> Stream:
    """HVM guest converted from a legacy stream: emulator id 0 and the xenstore keys of its toolstack record."""
    return Stream(bases.libxl_items(bases.converted_hvm().items, bases.emulator(number=0), converted=True))


@good("xl")
def xl_pv64() -> Stream:
    """PV guest as `xl save` writes it: JSON config with its NUL, libxl stream, libxc image."""
    return bases.xl_pv()


@good("xl")
def xl_pv32() -> Stream:
    """32-bit PV guest as `xl save` writes it."""
    return Stream([*xl.header(xl.config("pv", 2, pv.PAGES)), *bases.libxl_items(pv.Guest(4).image())])


@good("xl")
def xl_pvh() -> Stream:
    """PVH guest as `xl save` writes it."""
    return bases.xl_pvh()


@good("xl")
def xl_hvm() -> Stream:
    """HVM guest as `xl save` writes it."""
    return bases.xl_hvm()


@good("xl")
def xl_pv64_xen46() -> Stream:
    """PV guest as `xl save` of Xen 4.6 writes it, version 2 throughout."""
    return Stream([*xl.header(xl.config("pv", 2, pv.PAGES)), *bases.libxl_items(pv.Guest().image(2, (4, 6)))])


@good("xl", "xl.no_config")
def xl_empty_config() -> Stream:
    """A file without config: the JSON flag is clear and the config's length is 0."""
    return Stream([*xl.header(b"", xl.STREAM_V2_FLAG), *bases.libxl_pv().items])


@good("xl", "xl.no_config")
def xl_no_optional_data() -> Stream:
    """A file without any optional data, not even the config's length."""
    fixed = xl.header(b"", xl.STREAM_V2_FLAG)[0]
    fixed.set(optional_data_len=0)  # type: ignore[attr-defined]
    return Stream([fixed, *bases.libxl_pv().items])


@good("xl", "xl.tail")
def xl_optional_tail() -> Stream:
    """Optional data goes on behind the config; readers skip what they do not know."""
    config = xl.config("pv", 2, pv.PAGES)
    return Stream([*xl.header(config, tail=b"something newer"), *bases.libxl_pv().items])


@good("xl", "xl.text_config")
def xl_text_config() -> Stream:
    """A version 2 stream with a config in xl.cfg syntax: no release writes it, readers parse it."""
    text = b"name = 'vector'\nmemory = 96\nvcpus = 2\n"
    return Stream([*xl.header(text, xl.STREAM_V2_FLAG), *bases.libxl_pv().items])


@good("xl")
def xl_offline_vcpu() -> Stream:
    """PV guest whose config allows four vCPUs, of which two are online and have records."""
    guest = pv.Guest(vcpus=4)
    guest.vcpus = [0, 2]
    return Stream([*xl.header(xl.config("pv", 4, pv.PAGES)), *bases.libxl_items(guest.image())])


@good("xl", "stream.go_message")
def xl_migration_capture() -> Stream:
    """The forward channel of a migration, which goes on with the GO message after END."""
    s = bases.xl_pv()
    s += [libxl.go_message()]
    return s


@good("xl", suffix=".img.gz")
def xl_pv64_gzip() -> bytes:
    """The same file as good-xl-pv64, compressed with gzip."""
    return bases.gzipped(bases.xl_pv())


@good("libxl", suffix=".img.gz")
def libxl_hvm_gzip_members() -> bytes:
    """A libxl stream compressed in two gzip members, as `cat a.gz b.gz` makes them."""
    return bases.gzipped(bases.libxl_hvm(), 4097)


@good("xl", "libxl.converted", "domain.converted")
def xl_converted_pv() -> Stream:
    """A converted PV file as a whole."""
    inner = bases.libxl_items(bases.converted_pv().items, converted=True)
    return Stream([*xl.header(xl.config("pv", 2, pv.PAGES)), *inner])


@good("xl")
def xl_hvm_live() -> Stream:
    """HVM guest after a live save of three passes."""
    guest = hvm.Guest()
    s = bases.xl_hvm()
    s.after(s.last(Xc.PAGE_DATA), libxc.page_data(guest.pages([1, 2, 8])), libxc.page_data(guest.pages([2])))
    return s


@good("libxl")
def libxl_hvm_qemu_version_2() -> Stream:
    """Device model state of version 2, as very old QEMUs wrote it."""
    state = b"QEVM\0\0\0\2" + libxl.qemu_state()[8:]
    return Stream(bases.libxl_items(hvm.Guest(xen=(4, 6)).image(2), [libxl.emulator_context(state)]))
