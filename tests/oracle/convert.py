#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""convert-legacy-stream against Xen's converter and against what the vectors say.

Every legacy vector is converted by ours.  A good one becomes, byte for byte, what its `expected` file says, as libxc,
libxl and (if it came from xl) xl stream, whether its width and type are told or found out; and, byte for byte, what
Xen's converter makes of it with the same options, or the vector is listed in convert-differences.txt.  A bad one ends
with status 1, the finding that the vector names, at a place inside the piece at fault, and no output.

Xen's converter is read from its file and run in this process, on the bare image: it knows no container but xl's, and
its -x fails under Python 3.
"""

import argparse
import contextlib
import io
import json
import os
import re
import struct
import subprocess
import sys
import tempfile
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from types import ModuleType
from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

HERE = os.path.dirname(os.path.abspath(__file__))
DIFFERENCES = os.path.join(HERE, "convert-differences.txt")
XEN = "/usr/lib/xen-4.17"

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(HERE, "..", "..", "test-vectors"))
from vectors import load                                # noqa: E402
from vectors.catalogue import VECTORS                   # noqa: E402
from xenstream import legacy, legacy_v3                 # noqa: E402
from xenstream.base import Stream                       # noqa: E402

PAGE_DATA, EXTENDED, XSAVE, PARAMS = 1, 5, 6, 10
LIKE_XEN = ("extended", "zero")        # differences that our --like-xen does without


class Run(NamedTuple):
    status: int
    output: Optional[bytes]
    text: str


class Theirs:
    """Xen's converter as a module; its state is in globals."""

    def __init__(self) -> None:
        sys.path.insert(0, os.path.join(XEN, "lib", "python"))
        loader = SourceFileLoader("xen_converter", os.path.join(XEN, "bin", "convert-legacy-stream"))
        spec = spec_from_loader("xen_converter", loader)
        assert spec
        self.module: ModuleType = module_from_spec(spec)
        loader.exec_module(self.module)

    def convert(self, image: bytes, row: Dict, form: str) -> Run:
        module = self.module
        module.fin, module.fout = io.BytesIO(image), io.BytesIO()
        module.twidth, module.pv, module.qemu = row["width"], row["guest"] == "pv", True
        text = io.StringIO()
        with contextlib.redirect_stderr(text), contextlib.redirect_stdout(text):
            try:
                status = module.read_legacy_stream(module.VM(form))
            except Exception as error:  # its own handlers let some through
                status = 1
                text.write("%s: %s" % (type(error).__name__, error))
        lines = text.getvalue().strip().splitlines()
        found = [line for line in lines if re.match(r"\w*(Error|ZeroDivision\w*)\b", line)]
        return Run(status, module.fout.getvalue(), (found or lines or [""])[-1])


class Ours:
    def __init__(self, program: str, directory: str) -> None:
        self.program = program
        self.output = os.path.join(directory, "out.img")

    def convert(self, path: str, options: List[str]) -> Run:
        """To a file, which must not be there after a failure.  Where width and type are told, files are named as for
        Xen's converter too."""
        if os.path.exists(self.output):
            os.unlink(self.output)
        files = ["-i", path, "-o", self.output] if "-w" in options else [path, self.output]
        done = subprocess.run([self.program, *options, *files], stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=60, check=False)
        output = None
        if os.path.exists(self.output):
            with open(self.output, "rb") as file:
                output = file.read()
        return Run(done.returncode, output, (done.stderr + done.stdout).decode(errors="replace").strip())


# --- what ours does on purpose to records that theirs has too

def records(stream: bytes, start: int) -> List[Tuple[int, int, bytes]]:
    """Type, length and body with its padding, up to the first END."""
    found = []
    while start + 8 <= len(stream):
        kind, length = struct.unpack_from("<II", stream, start)
        end = start + 8 + (length + 7) // 8 * 8
        found.append((kind, length, stream[start + 8:end]))
        start = end
        if kind == 0:
            break
    return found


def put(kind: int, body: bytes) -> bytes:
    return struct.pack("<II", kind, len(body)) + body + bytes(-len(body) % 8)


def without_zero(body: bytes) -> bytes:
    pairs = [body[n:n + 16] for n in range(8, len(body), 16)]
    kept = [pair for pair in pairs if pair[8:] != bytes(8)]
    return put(PARAMS, struct.pack("<II", len(kept), 0) + b"".join(kept)) if kept else b""


def rewrite(stream: bytes, form: str, kept: Sequence[str] = ()) -> Tuple[bytes, List[str]]:
    """Their stream with our deliberate differences but those of `kept`, and which of them there were."""
    start = 40 + (24 if form == "libxl" else 0)
    causes = []
    out = stream[:start]
    taken = start
    for kind, length, padded in records(stream, start):
        body, whole = padded[:length], struct.pack("<II", kind, length) + padded
        taken += len(whole)
        new, cause = whole, ""
        if kind == EXTENDED:
            size = struct.unpack_from("<I", body, 12)[0]
            new, cause = put(kind, body[:8 + size]), "extended"
        elif kind == XSAVE:
            blob = legacy_v3.xsave(body[8:])
            new, cause = put(kind, body[:8] + blob) if blob else b"", "xsave"
        elif kind == PARAMS:
            new, cause = without_zero(body), "zero"
        elif kind == PAGE_DATA and body[:4] == bytes(4):
            new, cause = b"", "holes"
        if new != whole and cause not in kept:
            causes.append(cause)
            whole = new
        out += whole
    rest = stream[taken:]
    if form == "libxc" and rest.startswith(legacy.Qemu.SIGNATURES["xl"]):
        causes.append("qemu")
        rest = b""
    return out + rest, sorted(set(causes))


# --- the table

def read_table() -> Tuple[Dict[str, str], Dict[Tuple[str, str], List[str]]]:
    """Causes with their reasons, and for each vector and form the causes."""
    reasons: Dict[str, str] = {}
    rows: Dict[Tuple[str, str], List[str]] = {}
    with open(DIFFERENCES, encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("#") or not line.strip():
                continue
            name, rest = line.rstrip("\n").split(None, 1)
            if name.startswith("="):
                reasons[name[1:]] = rest
            else:
                form, causes = rest.split(None, 1)
                for each in ("libxc", "libxl") if form == "both" else (form,):
                    rows[name, each] = causes.split()
    return reasons, rows


def numbered(vector: str, run: Run, causes: List[str]) -> List[str]:
    """For --write: a difference that no rewriting explains waits for a number, by hand."""
    return causes + ["refuses?" if run.status else "differs?"]


class Check:
    def __init__(self, ours: Optional[Ours], theirs: Optional[Theirs], directory: str) -> None:
        self.ours, self.theirs, self.directory = ours, theirs, directory
        self.reasons, self.table = read_table()
        self.seen: Dict[Tuple[str, str], List[str]] = {}
        self.faults = 0
        self.compared = {"expected": 0, "same": 0, "like Xen's": 0, "listed": 0, "bad": 0}

    def fault(self, name: str, text: str) -> None:
        print("%s: %s" % (name, text))
        self.faults += 1

    def good(self, name: str, image: legacy.Image, row: Dict) -> None:
        path = os.path.join(self.directory, name + ".img")
        told = ["-w", str(row["width"]), "-g", row["guest"]]
        for form in ("libxc", "libxl", "xl"):
            expected = legacy_v3.expected(image, form)
            if expected is None:
                continue
            if self.ours:
                ways = [["-f", form], ["-f", form, *told]]
                # Xen's -x keeps the xl header before a libxl stream, and so makes an xl file of it.
                ways += [["-x", "-f", "libxl", *told]] if form == "xl" else []
                for options in ways:
                    run = self.ours.convert(path, options + row["options"])
                    self.compare_expected(name, options, run, expected)
                    if options == ["-f", "libxl"] and set(told_ids(run.text)) != set(row["findings"]):
                        self.fault(name, "has to tell %s: %s" % (row["findings"], run.text))
            if form != "xl" and self.theirs:
                self.compare_theirs(name, image, row, form, expected)
        if self.ours:
            self.other_ways(name, image, row, path)

    def other_ways(self, name: str, image: legacy.Image, row: Dict, path: str) -> None:
        """Theirs has no such options."""
        assert self.ours
        ways = {"version 2": "--stream-version=2"}
        if len(legacy_v3.split(image)[1]) > 1:
            ways["checkpointed"] = "--keep-checkpoints"
        for form, option in ways.items():
            expected = legacy_v3.expected(image, form)
            assert expected is not None
            run = self.ours.convert(path, ["-f", "libxl", option, *row["options"]])
            self.compare_expected(name, [option], run, expected)

    def compare_expected(self, name: str, options: List[str], run: Run, expected: bytes) -> None:
        self.compared["expected"] += 1
        if run.status != 0:
            self.fault(name, "%s: status %d: %s" % (" ".join(options), run.status, run.text))
        elif run.output != expected:
            at = first_difference(run.output or b"", expected)
            self.fault(name, "%s: %d bytes, expected %d, first difference at %#x"
                       % (" ".join(options), len(run.output or b""), len(expected), at))

    def compare_theirs(self, name: str, image: legacy.Image, row: Dict, form: str, expected: bytes) -> None:
        assert self.theirs
        bare = b"".join(item.encode() for item in image.items if item.layer == "legacy")
        run = self.theirs.convert(bare, row, form)
        causes: List[str] = []
        if run.status == 0 and run.output != expected:
            output, causes = rewrite(run.output or b"", form)
            if output == expected and set(causes) & set(LIKE_XEN) and "xsave" not in causes:
                self.like_xen(name, row, form, rewrite(run.output or b"", form, LIKE_XEN)[0])
            if output != expected:
                causes = numbered(name, run, causes)
        elif run.status:
            causes = numbered(name, run, [])
        if not causes:
            self.compared["same"] += 1
            if (name, form) in self.table:
                self.fault(name, "%s: listed, but there is no difference any more" % form)
            return
        self.seen[name, form] = causes
        listed = self.table.get((name, form))
        if listed is None:
            self.fault(name, "%s: not listed: %s (%s)" % (form, " ".join(causes), run.text))
            return
        # A number of the table stands for what no rewriting explains.
        hand = [cause for cause in listed if cause[0].isdigit()]
        wanted = [cause for cause in listed if not cause[0].isdigit()]
        found = [cause for cause in causes if not cause.endswith("?")]
        if wanted != found or bool(hand) != (causes != found):
            self.fault(name, "%s: listed as %s, found %s (%s)" % (form, " ".join(listed), " ".join(causes), run.text))
        for cause in listed:
            if cause not in self.reasons:
                self.fault(name, "cause %s has no reason" % cause)
        self.compared["listed"] += 1

    def like_xen(self, name: str, row: Dict, form: str, wanted: bytes) -> None:
        if self.ours:
            path = os.path.join(self.directory, name + ".img")
            run = self.ours.convert(path, ["--like-xen", "-f", form, *row["options"]])
            self.compared["like Xen's"] += 1
            if run.status or run.output != wanted:
                self.fault(name, "--like-xen -f %s: status %d, first difference at %#x: %s" % (
                    form, run.status, first_difference(run.output or b"", wanted), run.text))

    def bad(self, name: str, row: Dict) -> None:
        assert self.ours
        path = os.path.join(self.directory, name + ".img")
        run = self.ours.convert(path, ["-f", "libxl", *row["options"]])
        self.compared["bad"] += 1
        if run.status != 1:
            self.fault(name, "status %d: %s" % (run.status, run.text))
        elif not run.text:
            self.fault(name, "no explanation")
        elif run.output is not None:
            self.fault(name, "left an output file")
        elif row["findings"][0] not in told_ids(run.text):
            self.fault(name, "has to tell %s: %s" % (row["findings"][0], run.text))
        elif self.ours.output in run.text:
            # What came of it is no good stream: the offsets are the output's.
            if "[io.output]" not in run.text:
                self.fault(name, "blames the output: " + run.text)
        elif row["offset"] is not None:
            start, end = row["offset"], row["offset"] + row["length"]
            places = [int(place, 16) for place in re.findall(r"offset 0x([0-9a-f]+)", run.text)]
            if not any(start <= place <= end for place in places):
                self.fault(name, "the fault is in %#x-%#x: %s" % (start, end, run.text))

    def vanished(self) -> None:
        for name, form in self.table:
            if (name, form) not in self.seen:
                self.fault(name, "%s: listed, but not compared" % form)
        used = {cause for causes in self.table.values() for cause in causes}
        for cause in self.reasons:
            if cause not in used:
                self.fault(cause, "a reason that nothing has")

    def write(self) -> None:
        """The table's rows anew, with the numbers that were put there by hand."""
        with open(DIFFERENCES, encoding="utf-8") as file:
            head = [line for line in file if line.startswith(("#", "=")) or not line.strip()]
        lines = []
        for name in sorted({name for name, _ in self.seen}):
            rows = {}
            for form in ("libxc", "libxl"):
                causes = self.seen.get((name, form))
                if causes:
                    hand = [cause for cause in self.table.get((name, form), []) if cause[0].isdigit()]
                    rows[form] = " ".join([c for c in causes if not c.endswith("?")]
                                          + ((hand or [c for c in causes if c.endswith("?")])
                                             if causes[-1].endswith("?") else []))
            if len(set(rows.values())) == 1 and len(rows) == 2:
                rows = {"both": rows["libxc"]}
            lines += ["%-44s %-5s %s\n" % (name, form, text) for form, text in rows.items()]
        with open(DIFFERENCES, "w", encoding="utf-8") as file:
            file.write("".join(head).rstrip("\n") + "\n\n" + "".join(lines))


def told_ids(text: str) -> List[str]:
    return re.findall(r"\[([a-z0-9_]+\.[a-z0-9_]+)\]$", text, re.MULTILINE)


def first_difference(one: bytes, other: bytes) -> int:
    return next((n for n, (a, b) in enumerate(zip(one, other)) if a != b), min(len(one), len(other)))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("vectors", help="directory with the vectors and manifest.json")
    parser.add_argument("--program", help="our convert-legacy-stream; without it only theirs is compared")
    parser.add_argument("--write", action="store_true", help="write the rows of convert-differences.txt anew")
    parser.add_argument("names", nargs="*", help="only these vectors")
    options = parser.parse_args()
    theirs = None
    if os.path.exists(os.path.join(XEN, "bin", "convert-legacy-stream")):
        theirs = Theirs()
    else:
        print("Xen's converter is not installed (Debian: xen-utils-4.17): compared with the vectors only")
    with open(os.path.join(options.vectors, "manifest.json"), encoding="utf-8") as file:
        rows = {row["name"]: row["convert"] for row in json.load(file)["vectors"] if "convert" in row}
    load()
    # In memory if possible: each output is brought to disk.
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as directory:
        ours = Ours(os.path.abspath(options.program), directory) if options.program else None
        check = Check(ours, theirs, options.vectors)
        for vector in VECTORS:
            if vector.name not in rows or (options.names and vector.name not in options.names):
                continue
            row = rows[vector.name]
            if row["status"] == 0:
                content = vector.make().content
                assert isinstance(content, legacy.Image) and isinstance(content, Stream)
                check.good(vector.name, content, row)
            elif ours:
                check.bad(vector.name, row)
        if theirs and not options.names:
            check.vanished()
        if options.write:
            check.write()
    print("convert: " + ", ".join("%d %s" % (count, what) for what, count in check.compared.items())
          + ", %d faults" % check.faults)
    return 1 if check.faults else 0


if __name__ == "__main__":
    sys.exit(main())
