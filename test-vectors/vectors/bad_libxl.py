# SPDX-License-Identifier: MIT
"""Bad libxl header, libxl records and checkpoints."""

from xenstream import hvm, libxc, libxl, pv
from xenstream.base import Item, Record, Stream, Xc, Xl

from . import bases
from .catalogue import bad

# --- header


@bad(bases.xl_pv, "libxl.ident")
def libxl_ident(s: Stream) -> Item:
    """The ident is "LibxlFmu", behind an xl header that promises a libxl stream."""
    return s.header("libxl").set(ident=0x4C6962786C466D75)


@bad(bases.libxl_pv, "libxl.options")
def libxl_option_bit_2(s: Stream) -> Item:
    """The lowest reserved option bit is set."""
    return s.header("libxl").set(options=4)


@bad(bases.libxl_pv, "libxl.options")
def libxl_option_bit_16(s: Stream) -> Item:
    """A reserved bit of the upper half is set, which upstream's verifier does not see."""
    return s.header("libxl").set(options=1 << 16)


@bad(bases.libxl_pv, "libxl.options")
def libxl_option_bit_31(s: Stream) -> Item:
    """The highest reserved option bit is set."""
    return s.header("libxl").set(options=1 << 31)


@bad(bases.libxl_pv, "record.unknown", "record.limit", "stream.truncated")
def libxl_option_wrong_endian(s: Stream) -> Item:
    """The header promises big-endian records, they are little-endian."""
    s.header("libxl").set(options=1)
    return s.first(Xl.LIBXC_CONTEXT)


# --- framing and types


@bad(bases.libxl_pv, "record.length")
def libxl_end_with_body(s: Stream) -> Item:
    """libxl's END carries 8 bytes."""
    s.first(Xl.END).body += bytes(8)
    return s.first(Xl.END)


@bad(bases.libxl_pv, "record.length")
def libxc_context_with_body(s: Stream) -> Item:
    """LIBXC_CONTEXT carries 8 bytes."""
    s.first(Xl.LIBXC_CONTEXT).body += bytes(8)
    return s.first(Xl.LIBXC_CONTEXT)


@bad(bases.remus_pv, "record.length")
def checkpoint_end_with_body(s: Stream) -> Item:
    """CHECKPOINT_END carries 8 bytes."""
    s.first(Xl.CHECKPOINT_END).body += bytes(8)
    return s.first(Xl.CHECKPOINT_END)


@bad(bases.libxl_hvm, "record.padding")
def libxl_padding(s: Stream) -> Item:
    """Padding behind the xenstore data is not zero."""
    record = s.first(Xl.XENSTORE_DATA)
    record.padding = b"\xff" * (-len(record.body) % 8)
    if not record.padding:
        raise ValueError("no padding to spoil")
    return record


@bad(bases.libxl_hvm_plain, "record.unknown")
def libxl_unknown_mandatory(s: Stream) -> Item:
    """A libxl record of type 6, the first without a meaning."""
    record = libxl.unknown(6, bytes(8))
    s.before(s.last(Xl.END), record)
    return record


@bad(bases.libxl_hvm_plain, "record.unknown")
def libxl_unknown_mandatory_highest(s: Stream) -> Item:
    """A libxl record of type 0x7fffffff."""
    record = libxl.unknown(0x7FFFFFFF)
    s.before(s.last(Xl.END), record)
    return record


# --- order


@bad(bases.libxl_pv, "order.libxc_context")
def no_libxc_context(s: Stream) -> Item:
    """A libxl stream of header and END, which Xen's own verifier calls good."""
    s.items[1:] = [libxl.end()]
    return s.items[1]


@bad(bases.libxl_hvm_plain, "order.libxc_context")
def emulator_before_image(s: Stream) -> Item:
    """The device model's state comes before LIBXC_CONTEXT."""
    record = s.first(Xl.EMULATOR_CONTEXT)
    s.move_before(record, s.first(Xl.LIBXC_CONTEXT))
    return record


@bad(bases.libxl_pv, "order.duplicate")
def two_libxc_contexts(s: Stream) -> Item:
    """Two images in one libxl stream."""
    record = libxl.libxc_context()
    s.before(s.last(Xl.END), record, *pv.Guest().image())
    return record


@bad(bases.libxl_hvm_plain, "order.emulator_context")
def no_emulator_context(s: Stream) -> None:
    """An HVM guest of Xen 4.17 with a full set of devices, but no device model state."""
    s.remove_all(Xl.EMULATOR_CONTEXT)


@bad(bases.libxl_hvm_plain, "order.emulator_context")
def xenstore_data_only(s: Stream) -> None:
    """The device model's xenstore data without its state."""
    s.remove_all(Xl.EMULATOR_CONTEXT)


@bad(bases.libxl_hvm_plain, "order.repeated")
def two_emulator_contexts(s: Stream) -> Item:
    """EMULATOR_CONTEXT twice; the second would overwrite the first."""
    record = libxl.emulator_context(libxl.qemu_state())
    s.before(s.last(Xl.END), record)
    return record


@bad(bases.libxl_pv, "emulator.guest")
def emulator_for_pv(s: Stream) -> Item:
    """Device model state for a PV guest."""
    record = libxl.emulator_context(libxl.qemu_state())
    s.before(s.last(Xl.END), record)
    return record


@bad(bases.xl_pvh, "emulator.guest", stage="deep")
def emulator_for_pvh(s: Stream) -> Item:
    """Device model state for a guest whose config says PVH."""
    record = libxl.emulator_context(libxl.qemu_state())
    s.before(s.last(Xl.END), record)
    return record


@bad(bases.libxl_pv, "emulator.guest")
def xenstore_data_for_pv(s: Stream) -> Item:
    """Device model xenstore data for a PV guest."""
    record = libxl.xenstore_data(libxl.physmap())
    s.before(s.last(Xl.END), record)
    return record


# --- emulator records


@bad(bases.libxl_hvm_plain, "emulator.length")
def emulator_context_short(s: Stream) -> Item:
    """EMULATOR_CONTEXT of 4 bytes."""
    record = s.first(Xl.EMULATOR_CONTEXT)
    del record.body[4:]
    return record


@bad(bases.libxl_hvm, "emulator.length")
def xenstore_data_short(s: Stream) -> Item:
    """EMULATOR_XENSTORE_DATA without body."""
    record = s.first(Xl.XENSTORE_DATA)
    record.body = bytearray()
    return record


@bad(bases.libxl_hvm_plain, "emulator.id")
def emulator_id_3(s: Stream) -> Item:
    """Emulator 3, which nobody knows."""
    return s.first(Xl.EMULATOR_CONTEXT).set("I", 0, 3)


@bad(bases.libxl_hvm, "emulator.id")
def xenstore_data_emulator_id(s: Stream) -> Item:
    """xenstore data of emulator 0xffffffff."""
    return s.first(Xl.XENSTORE_DATA).set("I", 0, 0xFFFFFFFF)


@bad(bases.libxl_hvm_plain, "emulator.unknown_id")
def emulator_id_0(s: Stream) -> Item:
    """Emulator id 0 in a stream that no converter made."""
    return s.first(Xl.EMULATOR_CONTEXT).set("I", 0, 0)


@bad(bases.libxl_hvm_plain, "emulator.index")
def emulator_index_1(s: Stream) -> Item:
    """A second device model, which no guest has."""
    return s.first(Xl.EMULATOR_CONTEXT).set("I", 4, 1)


def state(s: Stream, payload: bytes) -> Record:
    record = libxl.emulator_context(payload)
    s.replace(s.first(Xl.EMULATOR_CONTEXT), record)
    return record


@bad(bases.libxl_hvm_plain, "emulator.empty")
def emulator_empty(s: Stream) -> Item:
    """The sub-header and no state."""
    return state(s, b"")


@bad(bases.libxl_hvm_plain, "emulator.magic")
def emulator_magic(s: Stream) -> Item:
    """The state of an upstream QEMU does not begin with "QEVM"."""
    return state(s, b"QEMU" + libxl.qemu_state()[4:])


@bad(bases.libxl_hvm_plain, "emulator.magic", "emulator.version")
def emulator_cut_in_magic(s: Stream) -> Item:
    """The state ends inside its own header."""
    return state(s, libxl.qemu_state()[:6])


@bad(bases.libxl_hvm_plain, "emulator.version")
def emulator_version_4(s: Stream) -> Item:
    """The state is of version 4."""
    return state(s, b"QEVM\0\0\0\4" + libxl.qemu_state()[8:])


@bad(bases.libxl_hvm_plain, "emulator.section")
def emulator_first_section(s: Stream) -> Item:
    """The first section is of kind 0x55."""
    return state(s, libxl.qemu_state()[:8] + b"\x55" + libxl.qemu_state()[9:])


@bad(bases.libxl_hvm_plain, "emulator.section", "emulator.end")
def emulator_name_beyond_record(s: Stream) -> Item:
    """The name of the first section is longer than what is left."""
    return state(s, libxl.qemu_state()[:8] + b"\x04\0\0\0\0\xfftimer")


@bad(bases.libxl_hvm_plain, "emulator.end")
def emulator_no_end_mark(s: Stream) -> Item:
    """The end mark of the state is missing."""
    return state(s, libxl.qemu_state()[:-1])


# --- xenstore data


def pairs(s: Stream, *strings: bytes) -> Record:
    """The payload is the strings, each with its NUL."""
    record = libxl.xenstore_data([])
    record.body += b"".join(string + b"\0" for string in strings)
    s.replace(s.first(Xl.XENSTORE_DATA), record)
    return record


@bad(bases.libxl_hvm, "xenstore_data.nul")
def xenstore_value_not_terminated(s: Stream) -> Item:
    """The last value has no NUL."""
    record = s.first(Xl.XENSTORE_DATA)
    del record.body[-1:]
    return record


@bad(bases.libxl_hvm, "xenstore_data.nul", "xenstore_data.pairs")
def xenstore_key_not_terminated(s: Stream) -> Item:
    """The last key has no NUL, and no value."""
    record = s.first(Xl.XENSTORE_DATA)
    record.body += b"physmap"
    return record


@bad(bases.libxl_hvm, "xenstore_data.pairs")
def xenstore_key_without_value(s: Stream) -> Item:
    """The last key has no value."""
    return pairs(s, b"physmap/0/size", b"0x1000", b"physmap/0/name")


@bad(bases.libxl_hvm, "xenstore_data.key")
def xenstore_empty_key(s: Stream) -> Item:
    """An empty key."""
    return pairs(s, b"", b"value")


@bad(bases.libxl_hvm, "xenstore_data.key")
def xenstore_absolute_key(s: Stream) -> Item:
    """A key that starts with a slash, and could be anybody's."""
    return pairs(s, b"/local/domain/0/name", b"mine")


@bad(bases.libxl_hvm, "xenstore_data.key")
def xenstore_key_with_space(s: Stream) -> Item:
    """A key with a space, which xenstore does not allow."""
    return pairs(s, b"phys map", b"value")


@bad(bases.libxl_hvm, "xenstore_data.key")
def xenstore_key_with_escape(s: Stream) -> Item:
    """A key with terminal escapes, for whoever prints it."""
    return pairs(s, b"name\x1b[2J", b"value")


@bad(bases.libxl_hvm, "xenstore_data.empty")
def xenstore_no_pairs(s: Stream) -> Item:
    """No pair at all, where savers leave the record out."""
    return pairs(s)


@bad(bases.libxl_hvm, "xenstore_data.physmap")
def xenstore_physmap_without_name(s: Stream) -> Item:
    """A memory region without its name."""
    return pairs(s, b"physmap/f0000000/start_addr", b"0xf0000000", b"physmap/f0000000/size", b"0x800000")


# --- checkpoints


@bad(bases.libxl_hvm_plain, "checkpoint.outside")
def checkpoint_end_outside(s: Stream) -> Item:
    """CHECKPOINT_END in a plain stream."""
    record = libxl.checkpoint_end()
    s.before(s.last(Xl.END), record)
    return record


@bad(bases.remus_hvm, "checkpoint.outside", "record.unknown", "record.guest", "record.length", "vcpu_basic.length")
def checkpoint_end_twice(s: Stream) -> Item:
    """CHECKPOINT_END twice in a row: the second is read as a libxc record."""
    record = libxc.unknown(Xl.CHECKPOINT_END)
    s.after(s.first(Xl.CHECKPOINT_END), record)
    return record


@bad(bases.colo_hvm, "checkpoint.state_length")
def checkpoint_state_empty(s: Stream) -> Item:
    """CHECKPOINT_STATE without body."""
    record = s.first(Xl.CHECKPOINT_STATE)
    record.body = bytearray()
    return record


@bad(bases.colo_hvm, "checkpoint.state_length")
def checkpoint_state_long(s: Stream) -> Item:
    """CHECKPOINT_STATE of 12 bytes."""
    record = s.first(Xl.CHECKPOINT_STATE)
    record.body += bytes(8)
    return record


@bad(bases.colo_hvm, "checkpoint.state_id")
def checkpoint_state_id_4(s: Stream) -> Item:
    """Control id 4, which is none."""
    return s.first(Xl.CHECKPOINT_STATE).set("I", 0, 4)


@bad(bases.colo_hvm, "checkpoint.back_state")
def checkpoint_state_back(s: Stream) -> Item:
    """SVM_READY, which only the secondary says, on the back channel."""
    return s.first(Xl.CHECKPOINT_STATE).set("I", 0, 2)


@bad(bases.libxl_hvm_plain, "checkpoint.state_place")
def checkpoint_state_in_plain(s: Stream) -> Item:
    """CHECKPOINT_STATE in a plain stream."""
    record = libxl.checkpoint_state(0)
    s.before(s.last(Xl.END), record)
    return record


@bad(bases.colo_hvm, "checkpoint.state_place")
def checkpoint_state_before_end(s: Stream) -> Item:
    """CHECKPOINT_STATE before CHECKPOINT_END."""
    record = s.first(Xl.CHECKPOINT_STATE)
    s.move_before(record, s.first(Xl.CHECKPOINT_END))
    return record


@bad(bases.remus_hvm, "checkpoint.end", "checkpoint.partial")
def libxl_end_after_checkpoint(s: Stream) -> None:
    """libxc END and libxl END behind the last checkpoint, which releases after 4.6 do not write."""
    s += [libxc.end(), libxl.end()]


@bad(bases.remus_hvm, "order.emulator_context")
def checkpoint_without_emulator(s: Stream) -> Item:
    """The second checkpoint of an HVM guest has no device model state."""
    s.remove(s.last(Xl.EMULATOR_CONTEXT), s.last(Xl.XENSTORE_DATA))
    return s.last(Xl.CHECKPOINT_END)


@bad(bases.remus_hvm, "record.limit", "stream.truncated")
def checkpoint_with_new_headers(s: Stream) -> None:
    """The second round starts with libxc headers again: read as a record, they are of type and length 2^32-1."""
    s.after(s.first(Xl.CHECKPOINT_END), *hvm.Guest().start())


@bad(bases.remus_hvm, "checkpoint.outside", "record.limit", "record.guest", "record.unknown", "record.length",
     "vcpu_basic.length", "image.marker", depth="record")
def checkpoint_end_before_checkpoint(s: Stream) -> Item:
    """CHECKPOINT_END comes while libxc is still writing."""
    record = libxc.unknown(Xl.CHECKPOINT_END)
    s.remove(s.first(Xl.CHECKPOINT_END))
    s.before(s.first(Xc.CHECKPOINT), record)
    return record
