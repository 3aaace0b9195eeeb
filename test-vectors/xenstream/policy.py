# SPDX-License-Identifier: MIT
"""CPUID and MSR policies of a small Intel-like machine with AVX, in the order in which Xen writes them."""

from typing import List, Tuple

Leaf = Tuple[int, int, int, int, int, int]
NO_SUBLEAF = 0xFFFFFFFF

XCR0 = 7  # x87, SSE, AVX
PLATFORM_INFO = 0xCE
ARCH_CAPABILITIES = 0x10A
CPUID_FAULTING = 1 << 31


def _vendor(limit: int, leaf: int) -> Leaf:
    return (leaf, NO_SUBLEAF, limit, 0x756E6547, 0x6C65746E, 0x49656E69)


def cpuid_leaves() -> List[Leaf]:
    """Basic leaves 0-0xD with their subleaves, the hypervisor's two, then the extended ones.

    A list of caches ends with an entry of type 0, which is written too; the topology list holds two at most.
    """
    basic: List[Leaf] = [
        _vendor(0xD, 0),
        (1, NO_SUBLEAF, 0x000306C3, 0x00020800, 0xB7BA2203, 0x1FCBFBFF),
        (2, NO_SUBLEAF, 0x76036301, 0x00F0B5FF, 0, 0x00C10000),
        (3, NO_SUBLEAF, 0, 0, 0, 0),
        (4, 0, 0x1C004121, 0x01C0003F, 0x3F, 0),
        (4, 1, 0x1C004122, 0x01C0003F, 0x3F, 0),
        (4, 2, 0x1C004143, 0x01C0003F, 0x1FF, 0),
        (4, 3, 0, 0, 0, 0),
        (5, NO_SUBLEAF, 0, 0, 0, 0),
        (6, NO_SUBLEAF, 0, 0, 0, 0),
        (7, 0, 0, 0x000027A9, 0, 0x9C000400),
        (8, NO_SUBLEAF, 0, 0, 0, 0),
        (9, NO_SUBLEAF, 0, 0, 0, 0),
        (0xA, NO_SUBLEAF, 0, 0, 0, 0),
        (0xB, 0, 1, 2, 0x100, 0),
        (0xB, 1, 4, 4, 0x201, 0),
        (0xC, NO_SUBLEAF, 0, 0, 0, 0),
        (0xD, 0, XCR0, 0x340, 0x340, 0),
        (0xD, 1, 1, 0, 0, 0),
        (0xD, 2, 256, 576, 0, 0),
    ]
    hypervisor: List[Leaf] = [(0x40000000, NO_SUBLEAF, 0, 0, 0, 0), (0x40000100, NO_SUBLEAF, 0, 0, 0, 0)]
    extended: List[Leaf] = [
        (0x80000000, NO_SUBLEAF, 0x80000008, 0, 0, 0),
        (0x80000001, NO_SUBLEAF, 0, 0, 0x21, 0x28100800),
        (0x80000002, NO_SUBLEAF, 0x74736554, 0x63655620, 0x20726F74, 0x20555043),
        (0x80000003, NO_SUBLEAF, 0, 0, 0, 0),
        (0x80000004, NO_SUBLEAF, 0, 0, 0, 0),
        (0x80000005, NO_SUBLEAF, 0, 0, 0, 0),
        (0x80000006, NO_SUBLEAF, 0, 0, 0x01006040, 0),
        (0x80000007, NO_SUBLEAF, 0, 0, 0, 0x100),
        (0x80000008, NO_SUBLEAF, 0x3027, 0, 0, 0),
    ]
    return basic + hypervisor + extended


def full_leaves() -> List[Leaf]:
    """120 leaves, as many as any release takes: six caches, three feature subleaves, xstate up to bit 62."""
    leaves = [leaf for leaf in cpuid_leaves() if leaf[0] not in (4, 7, 0xD) and leaf[0] < 0x80000000]
    leaves += [(4, n, 0x1C004120 | n % 3 + 1, 0x01C0003F, 0x3F, 0) for n in range(6)]
    leaves += [(7, 0, 2, 0x000027A9, 0, 0x9C000400), (7, 1, 0, 0, 0, 0), (7, 2, 0, 0, 0, 0)]
    leaves += [(0xD, 0, XCR0, 0x340, 0x3C0, 0x40000000), (0xD, 1, 1, 0, 0, 0), (0xD, 2, 256, 576, 0, 0)]
    leaves += [(0xD, n, 0, 0, 0, 0) for n in range(3, 62)] + [(0xD, 62, 128, 832, 0, 0)]
    leaves += [(0x80000000, NO_SUBLEAF, 0x80000021, 0, 0, 0)]
    leaves += [leaf for leaf in cpuid_leaves() if leaf[0] > 0x80000000]
    leaves += [(0x80000000 + n, NO_SUBLEAF, 0, 0, 0, 0) for n in range(9, 0x22)]
    return sorted(leaves)


def old_leaves() -> List[Leaf]:
    """A machine without xsave, whose basic leaves end at 0xA."""
    leaves = [leaf for leaf in cpuid_leaves() if not 0xB <= leaf[0] < 0x40000000]
    leaves[0] = _vendor(0xA, 0)
    leaves[1] = (1, NO_SUBLEAF, 0x000106A5, 0x00020800, 0x80BA2203, 0x1FCBFBFF)
    return leaves


def avx512_leaves() -> List[Leaf]:
    """The xstate of AVX-512: three more components, at their standard offsets."""
    leaves = [leaf for leaf in cpuid_leaves() if leaf[0] != 0xD]
    leaves += [(0xD, 0, 0xE7, 0xA80, 0xA80, 0), (0xD, 1, 1, 0, 0, 0), (0xD, 2, 256, 576, 0, 0)]
    leaves += [(0xD, 3, 0, 0, 0, 0), (0xD, 4, 0, 0, 0, 0)]
    leaves += [(0xD, 5, 64, 1088, 0, 0), (0xD, 6, 512, 1152, 0, 0), (0xD, 7, 1024, 1664, 0, 0)]
    return sorted(leaves)


def msrs(xen: Tuple[int, int] = (4, 17)) -> List[Tuple[int, int, int]]:
    """4.14 wrote one MSR, later releases two."""
    platform = (PLATFORM_INFO, 0, CPUID_FAULTING)
    return [platform] if xen < (4, 15) else [platform, (ARCH_CAPABILITIES, 0, 0)]
