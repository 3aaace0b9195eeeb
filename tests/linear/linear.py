#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Work grows as what is verified does: of N, 2N and 4N, the second step costs twice the first.

usage: linear.py LINEAR_WORK MAKE_IMAGE

Nothing is timed. What is counted is the same each time: memory asked for, bytes read and calls for them (LINEAR_WORK says
so), and, where valgrind is there, instructions. Steps are compared, so what a start costs does not matter.
"""

import re
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Callable, Dict, List, NamedTuple

# A second step is so many times the first one at most. Exactly linear is 2; quadratic is 4.
STEPS = 2.25
# Steps below these are noise: of a loader, of blocks of memory.
NOISE = {"findings": 8, "allocations": 16, "bytes-allocated": 1 << 16, "bytes-read": 1 << 16, "reads": 16, "instructions": 20000}


class Series(NamedTuple):
    """What is verified in three sizes."""
    name: str
    make: Callable[[Path, int], None]
    size: int
    piece: int = 0


def options(*text: str) -> Callable[[Path, int], None]:
    def make(path: Path, size: int) -> None:
        words = [str(size) if word == "N" else word for word in text]
        subprocess.run([sys.executable, sys.argv[2], *words, str(path)], check=True, stdout=subprocess.DEVNULL)
    return make


def findings(path: Path, size: int) -> None:
    """Mandatory records of no known type."""
    image = struct.pack(">QIIHHI", 2 ** 64 - 1, 0x58454E46, 3, 0, 0, 0) + struct.pack("<IHHII", 2, 12, 0, 4, 17)
    path.write_bytes(image + struct.pack("<II", 0x7FFFFFFF, 0) * size)


def scattered(path: Path, size: int) -> None:
    """Pfns far from each other, a batch each."""
    image = struct.pack(">QIIHHI", 2 ** 64 - 1, 0x58454E46, 3, 0, 0, 0) + struct.pack("<IHHII", 2, 12, 0, 4, 17)
    path.write_bytes(image + b"".join(struct.pack("<IIIIQ", 1, 16, 1, 0, 15 << 60 | i * 7919 % size << 10)
                                      for i in range(size)))


SERIES = [
    Series("memory of an HVM guest, MiB", options("--content", "holes", "--mib", "N"), 512),
    Series("memory in records of one page, MiB", options("--content", "holes", "--batch", "1", "--mib", "N"), 8),
    Series("small passes", options("--content", "holes", "--mib", "16", "--small-passes", "N"), 500),
    Series("vCPUs of an HVM guest", options("--content", "holes", "--mib", "16", "--vcpus", "N"), 16),
    Series("vCPUs of an HVM guest that cannot have so many", options("--content", "holes", "--mib", "16", "--vcpus", "N"), 300),
    Series("vCPUs of a PV guest", options("--content", "holes", "--guest", "pv", "--mib", "16", "--vcpus", "N"), 32),
    Series("bytes fed one by one", options("--content", "holes", "--mib", "N"), 16, 1),
    Series("findings", findings, 2000),
    Series("scattered pfns", scattered, 2000),
]


def counters(words: List[str]) -> Dict[str, int]:
    text = subprocess.run(words, check=True, stdout=subprocess.PIPE, universal_newlines=True).stdout
    return {name: int(value) for name, value in re.findall(r"^(\S+) (\d+)$", text, re.M)}


def instructions(words: List[str], valgrind: str) -> int:
    """Of a run under valgrind, which runs a program's every instruction itself."""
    text = subprocess.run([valgrind, "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null", *words],
                          check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, universal_newlines=True).stderr
    found = re.search(r"I\s+refs:\s+([\d,]+)", text)
    if not found:
        sys.exit("linear: valgrind does not say how many instructions there were:\n" + text)
    return int(found.group(1).replace(",", ""))


def measure(one: Series, size: int, folder: Path, valgrind: str) -> Dict[str, int]:
    path = folder / "image"
    one.make(path, size)
    words = [sys.argv[1], str(path), str(one.piece)]
    counts = counters(words)
    if valgrind:
        counts["instructions"] = instructions(words, valgrind)
    path.unlink()
    return counts


def faults(one: Series, folder: Path, valgrind: str) -> int:
    first, second, third = (measure(one, one.size * times, folder, valgrind) for times in (1, 2, 4))
    bad = 0
    for name in first:
        steps = second[name] - first[name], third[name] - second[name]
        wrong = steps[1] > NOISE[name] and steps[1] > STEPS * max(steps[0], NOISE[name] / STEPS)
        bad += wrong
        print("%-4s %s: %s %d, %d, %d" % ("FAIL" if wrong else "ok", one.name, name, first[name], second[name], third[name]))
    return bad


def main() -> int:
    valgrind = shutil.which("valgrind") or ""
    if not valgrind:
        print("skipped: instructions, as there is no valgrind; the other counters are compared")
    with tempfile.TemporaryDirectory(prefix="libstream-linear-") as folder:
        return 1 if sum(faults(one, Path(folder), valgrind) for one in SERIES) else 0


if __name__ == "__main__":
    sys.exit(main())
