# SPDX-License-Identifier: MIT
"""Bad CPUID and MSR policies."""

from typing import Callable, List

from xenstream import libxc, policy
from xenstream.base import Item, Record, Stream, Xc
from xenstream.policy import Leaf

from . import bases
from .catalogue import bad


def cpuid(s: Stream, leaves: List[Leaf]) -> Record:
    record = libxc.cpuid_policy(leaves)
    s.replace(s.first(Xc.CPUID_POLICY), record)
    return record


def put_first(key: Callable[[Leaf], bool], new: Leaf) -> List[Leaf]:
    """The usual leaves, with the first that fits the key replaced."""
    leaves = policy.cpuid_leaves()
    place = next(n for n, leaf in enumerate(leaves) if key(leaf))
    leaves[place] = new
    return leaves


def insert_after(key: Callable[[Leaf], bool], *new: Leaf) -> List[Leaf]:
    """The usual leaves, with more behind the first that fits the key."""
    leaves = policy.cpuid_leaves()
    place = next(n for n, leaf in enumerate(leaves) if key(leaf)) + 1
    return leaves[:place] + list(new) + leaves[place:]


@bad(bases.hvm_image, "cpuid_policy.length")
def cpuid_empty(s: Stream) -> Item:
    """No leaf at all."""
    return cpuid(s, [])


@bad(bases.pv64, "cpuid_policy.length")
def cpuid_ragged(s: Stream) -> Item:
    """The last leaf lacks its edx."""
    record = s.first(Xc.CPUID_POLICY)
    del record.body[-4:]
    return record


@bad(bases.hvm_image, "cpuid_policy.count")
def cpuid_too_many(s: Stream) -> Item:
    """121 leaves, one more than any release takes."""
    leaves = policy.cpuid_leaves()
    more = [(0x80000000 + n, policy.NO_SUBLEAF, 0, 0, 0, 0) for n in range(9, 0x22)]
    leaves += more
    leaves += [(0xD, n, 0, 0, 0, 0) for n in range(3, 3 + 121 - len(leaves))]
    return cpuid(s, leaves)


@bad(bases.hvm_image, "cpuid_policy.leaf")
def cpuid_leaf_e(s: Stream) -> Item:
    """Basic leaf 0xE, which no policy holds."""
    return cpuid(s, insert_after(lambda leaf: leaf[:2] == (0xD, 2), (0xE, policy.NO_SUBLEAF, 0, 0, 0, 0)))


@bad(bases.hvm_image, "cpuid_policy.leaf")
def cpuid_leaf_hypervisor(s: Stream) -> Item:
    """Hypervisor leaf 0x40000001."""
    return cpuid(s, insert_after(lambda leaf: leaf[0] == 0x40000000, (0x40000001, policy.NO_SUBLEAF, 0, 0, 0, 0)))


@bad(bases.hvm_image, "cpuid_policy.leaf")
def cpuid_leaf_extended(s: Stream) -> Item:
    """Extended leaf 0x80000022, beyond the largest that any release holds."""
    return cpuid(s, policy.cpuid_leaves() + [(0x80000022, policy.NO_SUBLEAF, 0, 0, 0, 0)])


@bad(bases.hvm_image, "cpuid_policy.leaf")
def cpuid_leaf_max(s: Stream) -> Item:
    """Leaf 0xffffffff."""
    return cpuid(s, policy.cpuid_leaves() + [(0xFFFFFFFF, policy.NO_SUBLEAF, 0, 0, 0, 0)])


@bad(bases.hvm_image, "cpuid_policy.subleaf")
def cpuid_subleaf_of_flat_leaf(s: Stream) -> Item:
    """Leaf 1 with subleaf 0, although it has none."""
    return cpuid(s, put_first(lambda leaf: leaf[0] == 1, (1, 0, 0x000306C3, 0x00020800, 0xB7BA2203, 0x1FCBFBFF)))


@bad(bases.hvm_image, "cpuid_policy.subleaf")
def cpuid_subleaf_missing(s: Stream) -> Item:
    """Leaf 7 without a subleaf."""
    return cpuid(s, put_first(lambda leaf: leaf[0] == 7, (7, policy.NO_SUBLEAF, 0, 0, 0, 0)))


@bad(bases.hvm_image, "cpuid_policy.subleaf")
def cpuid_subleaf_63(s: Stream) -> Item:
    """Leaf 0xD with subleaf 63, one more than there can be."""
    return cpuid(s, insert_after(lambda leaf: leaf[:2] == (0xD, 2), (0xD, 63, 0, 0, 0, 0)))


@bad(bases.hvm_image, "cpuid_policy.duplicate")
def cpuid_duplicate(s: Stream) -> Item:
    """Leaf 5 twice."""
    return cpuid(s, insert_after(lambda leaf: leaf[0] == 5, (5, policy.NO_SUBLEAF, 0, 0, 0, 0)))


@bad(bases.hvm_image, "cpuid_policy.order")
def cpuid_extended_first(s: Stream) -> Item:
    """The extended leaves before the basic ones."""
    leaves = policy.cpuid_leaves()
    extended = [leaf for leaf in leaves if leaf[0] >= 0x80000000]
    return cpuid(s, extended + [leaf for leaf in leaves if leaf[0] < 0x80000000])


@bad(bases.pv64, "cpuid_policy.order")
def cpuid_subleaves_swapped(s: Stream) -> Item:
    """Subleaves of leaf 4 in the wrong order."""
    leaves = policy.cpuid_leaves()
    place = next(n for n, leaf in enumerate(leaves) if leaf[0] == 4)
    leaves[place], leaves[place + 1] = leaves[place + 1], leaves[place]
    return cpuid(s, leaves)


def msrs(s: Stream, entries: List[tuple]) -> Record:
    record = libxc.msr_policy(entries)
    s.replace(s.first(Xc.MSR_POLICY), record)
    return record


PLATFORM = (policy.PLATFORM_INFO, 0, policy.CPUID_FAULTING)
CAPABILITIES = (policy.ARCH_CAPABILITIES, 0, 0)


@bad(bases.hvm_image, "msr_policy.length")
def msr_policy_empty(s: Stream) -> Item:
    """No MSR at all."""
    return msrs(s, [])


@bad(bases.hvm_image, "msr_policy.length")
def msr_policy_ragged(s: Stream) -> Item:
    """Half an entry too much."""
    record = s.first(Xc.MSR_POLICY)
    record.body += bytes(8)
    return record


@bad(bases.hvm_image, "msr_policy.count", "msr_policy.duplicate")
def msr_policy_count(s: Stream) -> Item:
    """Three entries, one more than any release takes."""
    return msrs(s, [PLATFORM, CAPABILITIES, CAPABILITIES])


@bad(bases.hvm_image, "msr_policy.index")
def msr_policy_index(s: Stream) -> Item:
    """EFER, which is no part of the policy."""
    return msrs(s, [PLATFORM, (0xC0000080, 0, 0)])


@bad(bases.hvm_image, "msr_policy.flags")
def msr_policy_flags(s: Stream) -> Item:
    """Flags of an entry are not zero."""
    return msrs(s, [(policy.PLATFORM_INFO, 1, policy.CPUID_FAULTING), CAPABILITIES])


@bad(bases.hvm_image, "msr_policy.value")
def msr_policy_value_wide(s: Stream) -> Item:
    """PLATFORM_INFO with a bit above 31."""
    return msrs(s, [(policy.PLATFORM_INFO, 0, 1 << 32), CAPABILITIES])


@bad(bases.hvm_image, "msr_policy.value")
def msr_policy_value_bits(s: Stream) -> Item:
    """PLATFORM_INFO with a bit besides bit 31."""
    return msrs(s, [(policy.PLATFORM_INFO, 0, 1), CAPABILITIES])


@bad(bases.hvm_image, "msr_policy.duplicate")
def msr_policy_duplicate(s: Stream) -> Item:
    """PLATFORM_INFO twice."""
    return msrs(s, [PLATFORM, PLATFORM])


@bad(bases.hvm_image, "msr_policy.order")
def msr_policy_order(s: Stream) -> Item:
    """ARCH_CAPABILITIES before PLATFORM_INFO."""
    return msrs(s, [CAPABILITIES, PLATFORM])
