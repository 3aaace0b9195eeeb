# SPDX-License-Identifier: MIT
"""How legacy vectors are declared: images of a 64-bit and of a 32-bit toolstack from one function.

Their verdict is a converter's.  A verifier refuses all of them, as legacy streams or as a wrapper.
"""

from typing import Callable, Dict, List, Optional, Sequence, Set, Tuple

from xenstream import legacy_v3
from xenstream.base import Item
from xenstream.legacy import Image

from .catalogue import FINDINGS, VECTORS, Content, Made, Vector

BOTH = (8, 4)

# What the images described so far have: damage to the same bytes at a like place shows nothing new.
SEEN: Set[Tuple[object, ...]] = set()

# What a converter says about bad vectors: the first one whose name begins so.
REASONS = (
    ("p2m_size_high_half", "legacy.detect"), ("p2m_size_huge", "legacy.p2m_frame"), ("p2m_size", "legacy.p2m_size"),
    ("p2m_frame_beyond", "legacy.p2m_frame"), ("p2m_frame_table", "p2m_frames.type"),
    ("ext_", "legacy.extended_info"), ("xcnt_", "legacy.extended_info"), ("told_width", "legacy.width"),
    ("told_guest", "legacy.guest"), ("batch_", "legacy.chunk"), ("chunk_", "legacy.chunk"),
    ("chunks_", "legacy.chunks"), ("pfn_", "legacy.entry"), ("hvm_pfn_", "legacy.entry"), ("entry_", "legacy.entry"),
    ("page_type_", "legacy.entry"), ("max_vcpu_", "legacy.vcpu_info"), ("no_vcpu_0", "legacy.vcpu_info"),
    ("pv_param", "legacy.hvm_chunk"), ("acpi_", "hvm_params.value"), ("x87_", "hvm_params.value"),
    ("vm86_tss_", "hvm_params.value"), ("toolstack_", "legacy.toolstack"), ("tmem_page_shift", "legacy.tmem_form"),
    ("tmem", "legacy.tmem"), ("compressed_", "legacy.compressed"), ("context_no_end", "hvm_context.size"),
    ("context_overrun", "hvm_context.walk"), ("context_", "legacy.hvm_context"), ("qemu_", "legacy.qemu"),
    ("xapi_qemu_", "legacy.qemu"), ("unmapped_", "legacy.unmapped"), ("start_info_store", "legacy.start_info"),
    ("start_info_console", "legacy.start_info"), ("start_info_", "vcpu_basic.start_info"),
    ("gdt_", "vcpu_basic.gdt"), ("cr3_", "vcpu_basic.cr3"), ("cr1_", "vcpu_basic.cr1"), ("xsave_", "legacy.xsave"),
    ("extended_number", "legacy.vcpu_id"), ("extended_size", "vcpu_extended.inner_size"),
    ("cut_", "legacy.truncated"), ("remus_first_torn", "legacy.truncated"), ("trailing", "legacy.trailing"),
    ("xl_byteorder", "xl.big_endian"), ("xl_flags", "xl.mandatory_flags"), ("xl_config_", "xl.config_length"),
    ("xl_optional_", "xl.optional_length"), ("xend_", "legacy.container"), ("libvirt_", "legacy.container"),
    ("xenopsd_", "legacy.container"),
)
VERIFIER = {"none": ("legacy", ("stream.legacy",)), "xl": ("xl", ("stream.legacy",))}
WRAPPED = ("wrapper", ("stream.wrapper", "stream.legacy"))


def _add(name: str, sentence: str, layer: str, findings: Sequence[str], make: Callable[[], Made],
         convert: Callable[[Content], Dict[str, object]]) -> None:
    if any(vector.name == name for vector in VECTORS):
        raise ValueError("two vectors named " + name)
    if not sentence.endswith(".") or any(finding not in FINDINGS for finding in findings):
        raise ValueError(name + ": no explanation, or an unknown finding")
    VECTORS.append(Vector(name, sentence, layer, make, tuple(findings), "frame", "base", ".img", convert))


def _named(verdict: str, function: Callable, tw: int, widths: Sequence[int]) -> str:
    suffix = "-%d" % (tw * 8) if len(widths) > 1 else ""
    return verdict + "-legacy-" + function.__name__.rstrip("_").replace("_", "-") + suffix


def _sentence(function: Callable, tw: int, widths: Sequence[int]) -> str:
    text = " ".join((function.__doc__ or "").split())
    return text if len(widths) == 1 else "%s (%d-bit toolstack)." % (text.rstrip("."), tw * 8)


def _row(image: Image, status: int, options: Sequence[str], findings: Sequence[str]) -> Dict[str, object]:
    for name in findings:
        if name not in FINDINGS:
            raise KeyError("no finding " + name)
    return {"status": status, "findings": list(findings), "container": image.container, "guest": image.kind, "width": image.tw * 8,
            "options": list(options), "metadata": image.metadata(), "fresh": image.fresh(SEEN)}


def good(*options: str, widths: Sequence[int] = BOTH, warns: Sequence[str] = (), unknown: bool = False) -> Callable:
    """An image that converts with these options.  warns: what has to be told about it, and nothing else.
    unknown: a verifier need not even see that it is a legacy one."""
    def declare(function: Callable[[int], Image]) -> Callable[[int], Image]:
        for tw in widths:
            def convert(content: Content, name: str = _named("good", function, tw, widths)) -> Dict[str, object]:
                assert isinstance(content, Image)
                return dict(_row(content, 0, options, warns), expected=name + ".v3",
                            data=legacy_v3.expected(content))
            container = function(tw).container
            layer, findings = VERIFIER.get(container, WRAPPED)
            if unknown:
                layer, findings = "none", (*findings, "stream.unknown")
            _add(_named("good", function, tw, widths), _sentence(function, tw, widths), layer, findings,
                 lambda tw=tw: Made(function(tw), None), convert)
        return function
    return declare


def bad(base: Callable[[int], Image], *findings: str, widths: Sequence[int] = (8,), layer: Optional[str] = None,
        options: Sequence[str] = ()) -> Callable:
    """A good image that the function spoils; the function returns the piece at fault.  findings: a verifier's."""
    def declare(function: Callable[[Image], Optional[Item]]) -> Callable:
        reason = next(finding for start, finding in REASONS if function.__name__.startswith(start))
        for tw in widths:
            culprit: List[Optional[Item]] = []

            def make(tw: int = tw, culprit: List[Optional[Item]] = culprit) -> Made:
                image = base(tw)
                culprit[:] = [function(image)]
                return Made(image, None)

            def convert(content: Content, culprit: List[Optional[Item]] = culprit) -> Dict[str, object]:
                assert isinstance(content, Image)
                row = dict(_row(content, 1, options, [reason]), offset=None, length=None)
                if culprit[0] is not None:
                    content.locate(culprit[0])
                    row.update(offset=culprit[0].offset, length=len(culprit[0].encode()))
                return row

            named, usual = VERIFIER.get(base(tw).container, WRAPPED)
            _add(_named("bad", function, tw, widths), _sentence(function, tw, widths), layer or named,
                 findings or usual, make, convert)
        return function
    return declare
