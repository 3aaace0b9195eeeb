# SPDX-License-Identifier: MIT
"""How time and memory grow with what is verified."""

import math
import sys
from pathlib import Path
from typing import List, NamedTuple, Tuple

import make_image
import measure

TURNS = 3


class Series(NamedTuple):
    """Images that differ in one number."""
    name: str
    unit: str
    options: List[str]         # of make_image, with %d for the number
    sizes: List[int]
    quick: int                 # how many of them --quick takes
    goal: str


SERIES = [
    Series("memory of an HVM guest", "GiB", ["--mib", "%d", "--content", "holes"], [1, 4, 16, 64, 256, 1024], 4,
           "slope ≤ 1.05, 96 MiB"),
    Series("vCPUs of an HVM guest", "vCPUs", ["--mib", "64", "--vcpus", "%d"], [64, 128, 256, 512, 1024, 2048, 4095], 7,
           "slope ≤ 1.05, 96 MiB"),
    Series("vCPUs of a PV guest", "vCPUs", ["--guest", "pv", "--mib", "64", "--vcpus", "%d"],
           [64, 128, 256, 512, 1024, 2048, 4095], 7, "slope ≤ 1.05, 96 MiB"),
    Series("passes of 16 pages behind 256 MiB", "passes", ["--mib", "256", "--small-passes", "%d"],
           [1000, 10000, 100000], 3, "slope ≤ 1.05, 96 MiB"),
]


def scaled(options: List[str], unit: str, size: int) -> List[str]:
    number = size * 1024 if unit == "GiB" else size
    return [str(number) if option == "%d" else option for option in options]


def best(verify: str, options: List[str], image: Path) -> measure.Usage:
    """The run that was disturbed least, by processor time."""
    make_image.main([*options, str(image)])
    # Whatever an image of so many vCPUs is, good or not, it is looked at from end to end.
    runs = [measure.watch("%s -q %s || test $? = 1" % (verify, image)) for _ in range(TURNS)]
    image.unlink()
    return min(runs, key=lambda usage: usage.cpu)


def slope(points: List[Tuple[int, float]]) -> float:
    """
    Of the line of least squares through the logarithms: 1 is linear. Only the larger half of the sizes is taken, as
    starting the program is most of the time of the smaller ones and would flatter.
    """
    logs = [(math.log(x), math.log(y)) for x, y in points[len(points) // 2:]]
    mean_x, mean_y = (sum(column) / len(logs) for column in zip(*logs))
    return sum((x - mean_x) * (y - mean_y) for x, y in logs) / sum((x - mean_x) ** 2 for x, _ in logs)


def series(one: Series, folder: Path, verify: str, quick: bool) -> List[str]:
    points, rows = [], []
    for size in one.sizes[:one.quick] if quick else one.sizes:
        used = best(verify, scaled(one.options, one.unit, size), folder / "scale.img")
        points.append((size, used.wall))
        rows.append("| %s | %d %s | %.4f s | %.1f MiB | | |" % (one.name, size, one.unit, used.wall, used.peak_kib / 1024))
        print(rows[-1], file=sys.stderr)
    rows.append("| **%s** | | | | **slope %.2f** | %s |" % (one.name, slope(points), one.goal))
    return rows


def batches(folder: Path, verify: str, quick: bool) -> List[str]:
    """Records of one page against records of 1024, per page; of a file also against reading it, which cannot be spared."""
    mib = 1024 if quick else 4096
    rows = []
    for name, command in (("file", "%s %s"), ("pipe", "sh -c 'cat %s | %s'")):
        seconds, reading = [], 0.0
        for batch in (1, 1024):
            image = folder / "batches.img"
            make_image.main(["--mib", str(mib), "--batch", str(batch), "--content", "mixed", str(image)])
            pair = (verify, image) if name == "file" else (image, verify)
            if name == "file" and batch == 1:
                reading = min(measure.watch("cat %s" % image).wall for _ in range(TURNS))
            seconds.append(min(measure.watch(command % pair).wall for _ in range(TURNS)))
            image.unlink()
        rows.append("| %d records of one page from a %s, for a page, against records of 1024 | | %.3f s, %.3f s | | "
                    "**%.2f** | ≤ 4 |" % (mib * 256, name, *seconds, seconds[0] / seconds[1]))
        print(rows[-1], file=sys.stderr)
        if reading:
            rows.append("| %d records of one page from a file, against `cat` of it | | %.3f s, %.3f s | | **%.2f** | – |" % (
                mib * 256, seconds[0], reading, seconds[0] / reading))
    return rows


def table(folder: Path, verify: str, quick: bool) -> List[str]:
    rows = ["| Scale (least of %d, depth stream) | size | time | peak memory | result | goal |" % TURNS, "|---|---|---|---|---|---|"]
    for one in SERIES:
        rows += series(one, folder, verify, quick)
    return rows + batches(folder, verify, quick)
