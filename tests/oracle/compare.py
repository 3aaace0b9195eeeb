#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""verify-stream-v2 --depth=record against Xen's own verifier: both accept a stream, or both reject it.

Each vector in a format that theirs reads is given to both.  Where they differ, a rule of disagreements.txt must say
why; a rule that no vector needs any more is a failure too.  With --mutations, vectors are damaged at random (always
the same way for the same --seed); then theirs may not reject, for a reason that no rule explains, what ours accepts.

Xen's verifier is read from its file (XSR_UPSTREAM_VERIFY, or where Debian's xen-utils-4.17 has it) and run in this
process: 10,000 streams take a minute, not an hour.
"""

import argparse
import fnmatch
import io
import json
import os
import random
import re
import subprocess
import sys
import tempfile
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from types import ModuleType
from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple

HERE = os.path.dirname(os.path.abspath(__file__))
RULES = os.path.join(HERE, "disagreements.txt")
XEN = "/usr/lib/xen-4.17"
FORMATS = ("libxc", "libxl", "xl")
BATCH = 64

sys.dont_write_bytecode = True


class Answer(NamedTuple):
    accepts: bool
    reason: str         # theirs: the exception's text; ours: the ID of the first error


class Theirs:
    """Xen's verifier as a module; its input and output are globals of it."""

    def __init__(self, path: str) -> None:
        sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(path)), "lib", "python"))
        loader = SourceFileLoader("xen_verifier", path)
        spec = spec_from_loader("xen_verifier", loader)
        assert spec
        self.module: ModuleType = module_from_spec(spec)
        loader.exec_module(self.module)
        self.said: List[str] = []
        setattr(self.module, "err", self.said.append)
        setattr(self.module, "quiet", True)

    def verify(self, stream: bytes, form: str) -> Answer:
        self.said.clear()
        setattr(self.module, "fin", io.BytesIO(stream))
        status = self.module.read_stream(form)
        lines = [line for text in self.said for line in text.strip().splitlines()
                 if re.match(r"[\w.]*(Error|Warning)\b", line)]
        return Answer(status == 0, lines[-1] if lines else "")


class Ours:
    LINE = re.compile(r"^[^:]*: ([^:]*): error: .*\[([a-z0-9_.]+)\]$")

    def __init__(self, program: str) -> None:
        self.program = program

    def verify(self, paths: List[str], form: str) -> List[Answer]:
        """Streams of one format, in one run of the program."""
        done = subprocess.run([self.program, "--depth=record", "--max-findings=0", "-f", form, *paths],
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=600, check=False)
        text = (done.stdout + done.stderr).decode(errors="replace")
        if done.returncode not in (0, 1):
            raise SystemExit("compare.py: %s: exit status %d\n%s" % (self.program, done.returncode, text[-2000:]))
        reasons: Dict[str, str] = {}
        for line in text.splitlines():
            match = self.LINE.match(line)
            if match:
                reasons.setdefault(match.group(1), match.group(2))
        if (done.returncode == 1) != bool(reasons):
            raise SystemExit("compare.py: exit status and errors disagree\n%s" % text[-2000:])
        return [Answer(path not in reasons, reasons.get(path, "")) for path in paths]


class Rule:
    """Why one side accepts what the other rejects: who rejects, which vectors, for which reason given."""

    def __init__(self, number: int, line: str) -> None:
        parts = [part.strip() for part in line.split(" | ")]
        if len(parts) != 4 or parts[0] not in ("theirs", "ours") or not parts[3]:
            raise SystemExit("%s:%d: not a rule" % (RULES, number))
        self.number = number
        self.side, self.vectors, reason, self.why = parts
        self.reason = re.compile(reason)
        self.used = False

    def explains(self, side: str, name: str, reason: str) -> bool:
        return (side == self.side and fnmatch.fnmatchcase(name, self.vectors)
                and self.reason.search(reason) is not None)


def load_rules() -> List[Rule]:
    with open(RULES, encoding="utf-8") as lines:
        return [Rule(number, line) for number, line in enumerate(lines, 1)
                if line.strip() and not line.startswith("#")]


def explained(rules: List[Rule], side: str, name: str, reason: str) -> bool:
    for rule in rules:
        if rule.explains(side, name, reason):
            rule.used = True
            return True
    return False


class Vector(NamedTuple):
    name: str
    form: str
    data: bytes


def load_vectors(directory: str) -> List[Vector]:
    """All that theirs can read: it knows the three formats, and no gzip."""
    with open(os.path.join(directory, "manifest.json"), encoding="utf-8") as text:
        rows = json.load(text)["vectors"]
    vectors = []
    for row in rows:
        if row["format"] in FORMATS and not row["file"].endswith(".gz"):
            with open(os.path.join(directory, row["file"]), "rb") as file:
                vectors.append(Vector(row["name"], row["format"], file.read()))
    return vectors


def damage(data: bytes, source: random.Random) -> bytes:
    """One to three edits, most of them where headers and vCPU state are rather than in pages."""
    stream = bytearray(data)
    for _ in range(source.choice((1, 1, 1, 2, 3))):
        if len(stream) < 8:
            break
        zone = source.random()
        if zone < 0.5:
            at = source.randrange(min(len(stream), 1200))
        elif zone < 0.85:
            at = len(stream) - 1 - source.randrange(min(len(stream), 20000))
        else:
            at = source.randrange(len(stream))
        kind = source.random()
        if kind < 0.5:
            stream[at] = source.choice((0, 1, 0x7f, 0x80, 0xff, stream[at] ^ 1 << source.randrange(8)))
        elif kind < 0.75:
            at -= at % 4
            stream[at:at + 4] = source.choice((0, 1, 8, 0xffffffff, 0x80000000, source.getrandbits(32))) \
                .to_bytes(4, "little")
        elif kind < 0.85:
            del stream[at:]
        elif kind < 0.93:
            del stream[at - at % 8:at - at % 8 + 8 * source.randrange(1, 9)]
        else:
            at -= at % 8
            stream[at:at] = stream[at:at + 8 * source.randrange(1, 9)]
    return bytes(stream)


class Case(NamedTuple):
    name: str            # of the vector
    what: str            # for messages
    form: str
    data: bytes


def batches(cases: Iterator[Case]) -> Iterator[List[Case]]:
    """A few cases of the same format at a time."""
    waiting: Dict[str, List[Case]] = {form: [] for form in FORMATS}
    for case in cases:
        waiting[case.form].append(case)
        if len(waiting[case.form]) == BATCH:
            yield waiting[case.form]
            waiting[case.form] = []
    yield from (rest for rest in waiting.values() if rest)


def answers(cases: Iterator[Case], theirs: Theirs, ours: Ours) -> Iterator[Tuple[Case, Answer, Answer]]:
    with tempfile.TemporaryDirectory() as directory:
        for batch in batches(cases):
            paths = []
            for number, case in enumerate(batch):
                paths.append(os.path.join(directory, "%d.img" % number))
                with open(paths[-1], "wb") as file:
                    file.write(case.data)
            for case, own in zip(batch, ours.verify(paths, batch[0].form)):
                yield case, theirs.verify(case.data, case.form), own


def compare_vectors(vectors: List[Vector], rules: List[Rule], theirs: Theirs, ours: Ours) -> int:
    faults = agree = 0
    cases = (Case(vector.name, vector.name, vector.form, vector.data) for vector in vectors)
    for case, their, own in answers(cases, theirs, ours):
        if their.accepts == own.accepts:
            agree += 1
            continue
        side, reason = ("ours", own.reason) if their.accepts else ("theirs", their.reason)
        if not explained(rules, side, case.name, reason):
            print("compare.py: %s: only %s rejects it: %s" % (case.what, side, reason))
            faults += 1
    for rule in rules:
        if not rule.used:
            print("%s:%d: no vector needs this rule" % (RULES, rule.number))
            faults += 1
    print("%d vectors: agreement on %d, %d explained by %d rules" % (len(vectors), agree,
                                                                    len(vectors) - agree, len(rules)))
    return faults


def mutations(vectors: List[Vector], count: int, seed: int, theirs: Theirs) -> Iterator[Case]:
    """Of what theirs rejects undamaged nothing is learned."""
    source = random.Random(seed)
    good = [vector for vector in vectors if vector.name.startswith("good-") and len(vector.data) < 1 << 20
            and theirs.verify(vector.data, vector.form).accepts]
    for number in range(count):
        vector = source.choice(good)
        yield Case(vector.name, "mutation %d of %s" % (number, vector.name), vector.form,
                   damage(vector.data, source))


def compare_mutations(vectors: List[Vector], rules: List[Rule], theirs: Theirs, ours: Ours, count: int, seed: int,
                      keep: Optional[str]) -> int:
    faults = rejected = 0
    for case, their, own in answers(mutations(vectors, count, seed, theirs), theirs, ours):
        rejected += not their.accepts
        if their.accepts or not own.accepts or explained(rules, "theirs", case.name, their.reason):
            continue
        print("compare.py: %s: only theirs rejects it: %s" % (case.what, their.reason))
        faults += 1
        if keep:
            with open(os.path.join(keep, case.what.replace(" ", "-") + ".img"), "wb") as file:
                file.write(case.data)
    print("%d mutations (seed %d): theirs rejects %d" % (count, seed, rejected))
    return faults


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True, help="our verify-stream-v2")
    parser.add_argument("--mutations", type=int, default=0, metavar="N", help="compare N damaged vectors too")
    parser.add_argument("--seed", type=int, default=1, help="for the damage (default 1)")
    parser.add_argument("--keep", metavar="DIR", help="write the mutations that fail there")
    parser.add_argument("vectors", help="directory of the vectors and their manifest")
    options = parser.parse_args()
    path = os.environ.get("XSR_UPSTREAM_VERIFY", os.path.join(XEN, "bin", "verify-stream-v2"))
    if not os.path.exists(path):
        print("compare.py: skipped: %s is not there (Debian: xen-utils-4.17)" % path)
        return 77
    theirs, ours, rules = Theirs(path), Ours(options.program), load_rules()
    vectors = load_vectors(options.vectors)
    faults = compare_vectors(vectors, rules, theirs, ours)
    if options.mutations:
        faults += compare_mutations(vectors, rules, theirs, ours, options.mutations, options.seed, options.keep)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
