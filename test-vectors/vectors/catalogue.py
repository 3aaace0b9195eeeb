# SPDX-License-Identifier: MIT
"""What a vector is, how one is declared, and the list of findings they refer to."""

import functools
import os
from typing import Callable, Dict, List, NamedTuple, Optional, Sequence, Union

from xenstream.base import Item, Record, Stream

Content = Union[Stream, bytes]

DEPTHS = ("frame", "record", "stream", "pages")
FINDINGS_FILE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "findings.txt")


class Finding(NamedTuple):
    name: str
    severity: str
    depth: str
    stage: str
    meaning: str


class Vector(NamedTuple):
    name: str                     # good-..., bad-..., unsupported-...
    sentence: str
    layer: str                    # the format a detector should name: xl, libxl, libxc, legacy, ... or none
    make: Callable[[], "Made"]
    findings: Sequence[str]       # good: all that a verifier tells; others: one of these is expected
    depth: str                    # the least depth at which it must be found
    stage: str                    # deep: only the deep verifier can find it
    suffix: str
    convert: Optional[Callable[["Content"], Dict[str, object]]] = None  # legacy: what a converter makes of it


class Made(NamedTuple):
    content: Content
    culprit: Optional[Item]       # the record or header that a finding must point at


VECTORS: List[Vector] = []


def load_findings() -> Dict[str, Finding]:
    found = {}
    with open(FINDINGS_FILE, encoding="utf-8") as lines:
        for line in lines:
            if line.strip() and not line.startswith("#"):
                entry = Finding(*line.rstrip("\n").split(None, 4))
                found[entry.name] = entry
    return found


FINDINGS = load_findings()


def _add(verdict: str, function: Callable, layer: str, make: Callable[[], Made], findings: Sequence[str],
         depth: Optional[str], suffix: str, stage: Optional[str] = None) -> None:
    for name in findings:
        if name not in FINDINGS:
            raise KeyError("%s: no finding %s" % (function.__name__, name))
    name = verdict + "-" + function.__name__.replace("_", "-")
    if any(vector.name == name for vector in VECTORS):
        raise ValueError("two vectors named " + name)
    sentence = " ".join((function.__doc__ or "").split())
    if not sentence.endswith("."):
        raise ValueError(name + ": no explanation")
    if depth is None:
        depth = FINDINGS[findings[0]].depth if findings else "stream"
    if stage is None:
        stage = "deep" if findings and all(FINDINGS[n].stage == "deep" for n in findings) else "base"
    VECTORS.append(Vector(name, sentence, layer, make, tuple(findings), depth, stage, suffix))


def good(layer: str, *findings: str, suffix: str = ".img") -> Callable:
    """A stream that restores; findings are the notes and warnings that a verifier may give about it."""
    def declare(function: Callable[[], Content]) -> Callable[[], Content]:
        _add("good", function, layer, lambda: Made(function(), None), findings, "stream", suffix)
        return function
    return declare


def bad(base: Callable[[], Stream], *findings: str, depth: Optional[str] = None,
        layer: Optional[str] = None, stage: Optional[str] = None) -> Callable:
    """A good stream that the function spoils; the function returns the record or header at fault."""
    def declare(function: Callable[[Stream], Optional[Item]]) -> Callable:
        def make() -> Made:
            stream = base()
            return Made(stream, function(stream))
        _add("bad", function, layer or _base_layer(base), make, findings, depth, ".img", stage)
        return function
    return declare


def bad_bytes(layer: str, *findings: str, suffix: str = ".img") -> Callable:
    """A bad input that is no edited stream."""
    def declare(function: Callable[[], Content]) -> Callable:
        _add("bad", function, layer, lambda: Made(function(), None), findings, None, suffix)
        return function
    return declare


def unsupported(layer: str, *findings: str) -> Callable:
    """Well formed by some other description, and refused with a reason."""
    def declare(function: Callable[[], Content]) -> Callable:
        _add("unsupported", function, layer, lambda: Made(function(), None), findings, None, ".img")
        return function
    return declare


def layer_of(stream: Stream) -> str:
    """The outermost format of a well-formed stream."""
    first = stream.items[0].layer
    return "libxc" if first == "image" else first


@functools.lru_cache(maxsize=None)
def _base_layer(base: Callable[[], Stream]) -> str:
    return layer_of(base())


def describe(vector: Vector) -> Dict[str, object]:
    """One entry of the manifest, and the bytes under the key `data`."""
    made = vector.make()
    content = made.content
    data = content.encode() if isinstance(content, Stream) else content
    place = None
    if made.culprit is not None and isinstance(content, Stream):
        content.locate(made.culprit)
        # A record whose own header is cut short has neither type nor index yet.
        beheaded = content.cut is not None and content.cut[0] is made.culprit and 0 <= content.cut[1] < 8
        is_record = isinstance(made.culprit, Record) and not beheaded
        place = {
            "layer": made.culprit.layer,
            "offset": made.culprit.offset,
            "length": len(made.culprit.encode()),
            "index": made.culprit.index if is_record else None,
            "type": int(made.culprit.kind) if is_record else None,
        }
    severities = [FINDINGS[name].severity for name in vector.findings]
    worst = "error" if "error" in severities else "warning" if "warning" in severities else "note"
    entry: Dict[str, object] = {
        "name": vector.name,
        "file": vector.name + vector.suffix,
        # To a verifier of version 2 and 3 all legacy images are alike.
        "verdict": "unsupported" if vector.convert else vector.name.split("-")[0],
        "format": vector.layer,
        "sentence": vector.sentence,
        "findings": list(vector.findings),
        "record": place,
        "depth": vector.depth,
        "stage": vector.stage,
        "status": 1 if worst == "error" else 0,
        "strict_status": 0 if worst == "note" else 1,
        "size": len(data),
        "data": data,
    }
    if vector.convert:
        entry["convert"] = vector.convert(content)
    return entry
