#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Writes the test vectors and their manifest, or the README that lists them."""

import argparse
import json
import os
import sys
from typing import List

from vectors import load
from vectors.catalogue import FINDINGS, VECTORS, Vector, describe

HERE = os.path.dirname(os.path.abspath(__file__))
README = os.path.join(HERE, "README.md")
# What releases and hosts add to the findings of vectors.
TABLES = ("against.txt", "host.txt")
HEAD = os.path.join(HERE, "README.head.md")


def write(directory: str) -> None:
    """All vectors as files; a file that is right already stays untouched, one of no vector goes away."""
    os.makedirs(directory, exist_ok=True)
    entries = []
    files = {"manifest.json"}
    for vector in VECTORS:
        entry = describe(vector)
        data = entry.pop("data")
        put(os.path.join(directory, str(entry["file"])), data)  # type: ignore[arg-type]
        entries.append(entry)
        files.add(str(entry["file"]))
        # A legacy image that converts brings along what it has to become.
        convert = entry.get("convert", {})
        if convert.get("expected"):
            put(os.path.join(directory, convert["expected"]), convert.pop("data"))
            files.add(convert["expected"])
    for name in os.listdir(directory):
        if name not in files and name.startswith(("good-", "bad-", "unsupported-")):
            os.unlink(os.path.join(directory, name))
    manifest = json.dumps({"version": 1, "vectors": entries}, indent=1) + "\n"
    put(os.path.join(directory, "manifest.json"), manifest.encode())


def put(path: str, data: bytes) -> None:
    if os.path.exists(path):
        with open(path, "rb") as old:
            if old.read() == data:
                return
    with open(path, "wb") as new:
        new.write(data)


def line(vector: Vector) -> str:
    text = "- `%s%s`: %s" % (vector.name, vector.suffix, vector.sentence)
    if vector.findings and not vector.convert:
        text += " (%s)" % ", ".join("`%s`" % name for name in vector.findings)
    return text


def readme() -> str:
    with open(HEAD, encoding="utf-8") as head:
        parts = [head.read().rstrip("\n")]
    titles = {"good": "Good", "bad": "Bad", "unsupported": "Unsupported"}
    for verdict, title in titles.items():
        for legacy in (False, True):
            chosen = [v for v in VECTORS if v.name.startswith(verdict + "-") and bool(v.convert) is legacy]
            if chosen:
                parts.append("## %s (%d)" % ("Legacy, " + title.lower() if legacy else title, len(chosen)))
                parts.append("\n".join(line(vector) for vector in chosen))
    return "\n\n".join(parts) + "\n"


def uncovered() -> List[str]:
    """Findings of the verifier that no bad or unsupported vector shows."""
    shown = {name for vector in VECTORS if not vector.name.startswith("good-") for name in vector.findings}
    shown |= {name for vector in VECTORS for name in vector.findings if FINDINGS[name].severity == "note"}
    for table in TABLES:
        with open(os.path.join(HERE, table), encoding="utf-8") as lines:
            shown |= {name for line in lines if line[0] not in "#\n" for name in line.split()[2:]}
    return [name for name, row in FINDINGS.items() if name not in shown and row.stage != "legacy"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("outdir", nargs="?", help="directory for the vectors and manifest.json")
    parser.add_argument("--readme", action="store_true", help="rewrite README.md")
    parser.add_argument("--check-readme", action="store_true", help="fail if README.md is out of date")
    parser.add_argument("--check-findings", action="store_true", help="fail if a finding has no vector")
    options = parser.parse_args()
    if not (options.outdir or options.readme or options.check_readme or options.check_findings):
        parser.error("nothing to do")
    load()
    status = 0
    if options.readme:
        put(README, readme().encode())
    if options.check_readme:
        with open(README, encoding="utf-8") as current:
            if current.read() != readme():
                print("make.py: README.md is out of date: run make.py --readme", file=sys.stderr)
                status = 1
    if options.check_findings and uncovered():
        print("make.py: findings without a vector: " + " ".join(uncovered()), file=sys.stderr)
        status = 1
    if options.outdir:
        write(options.outdir)
    return status


if __name__ == "__main__":
    sys.exit(main())
