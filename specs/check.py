#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Checks the texts of this folder (rule numbers, citations, findings, names of vectors) and the sources that cite them."""

import argparse
import os
import re
import sys
from typing import Dict, List, Set

sys.dont_write_bytecode = True
import catalogue   # pylint: disable=wrong-import-position

HERE = os.path.dirname(os.path.abspath(__file__))
TREE = os.path.dirname(HERE)
VECTORS = os.path.join(TREE, "test-vectors")
CITING = ("cmd", "libstream", "tests", "test-vectors", "lab")
PREFIX = {"LXC": "libxc-stream.md", "LXL": "libxl-stream.md", "XLI": "xl-image.md", "LEG": "legacy-stream.md", "HST": "host-policy.md",
          "ERR": "ERRATA.md", "PRM": "PERMISSIVE.md"}
RULE = re.compile(r"^\| ((LXC|LXL|XLI|LEG|HST)-([0-9.]+)-[0-9]+) \| (MUST|SHOULD|MAY) \| ([a-z, ]+) \| .+ \|$")
ENTRY = re.compile(r"^### ((ERR|PRM)-[0-9]+) ")
CITED = re.compile(r"\b(?:(?:LXC|LXL|XLI|LEG|HST)-[0-9.]+-[0-9]+|(?:ERR|PRM)-[0-9]+)\b")
SECTION = re.compile(r"`?\b(?:specs/)?([a-z-]+\.md)`? §([0-9.]*[0-9])")
HEADING = re.compile(r"^#{2,3} ([0-9.]+) ")
VECTOR = re.compile(r"`((?:good|bad|unsupported)-[a-z0-9-]+)`")
FINDING = re.compile(r"^\| `([a-z0-9_.]+)` \| ([a-z]+) \| ([a-z]+) \| ([^|]*) \| ([^|]*) \| ([^|]*) \| ([^|]*) \|$")


class Checker:
    def __init__(self) -> None:
        self.faults: List[str] = []
        self.defined: Set[str] = set()
        self.sections: Dict[str, Set[str]] = {}
        self.texts: Dict[str, List[str]] = {}
        for name in sorted(os.listdir(HERE)):
            if name.endswith(".md"):
                with open(os.path.join(HERE, name), encoding="utf-8") as text:
                    self.texts[name] = text.read().splitlines()

    def fault(self, name: str, number: int, what: str) -> None:
        self.faults.append("%s:%d: %s" % (name, number, what))

    def define(self) -> None:
        """Every rule once, in the file and under the heading that its number names."""
        for name, lines in self.texts.items():
            section = ""
            self.sections[name] = set()
            for number, line in enumerate(lines, 1):
                heading = HEADING.match(line)
                if heading:
                    section = heading.group(1)
                    self.sections[name].add(section)
                match = RULE.match(line) or ENTRY.match(line)
                if not match:
                    if re.match(r"^\| (?:LXC|LXL|XLI|LEG|HST)-", line):
                        self.fault(name, number, "not the form of a rule")
                    continue
                rule, prefix = match.group(1), match.group(2)
                if rule in self.defined:
                    self.fault(name, number, rule + " defined twice")
                if PREFIX[prefix] != name:
                    self.fault(name, number, rule + " belongs into " + PREFIX[prefix])
                if match.re is RULE and match.group(3) != section:
                    self.fault(name, number, rule + " stands in section " + section)
                self.defined.add(rule)

    def cite(self, vectors: Set[str]) -> None:
        """Every number, section and vector that is named exists."""
        for name, lines in self.texts.items():
            for number, line in enumerate(lines, 1):
                for rule in CITED.findall(line):
                    if rule not in self.defined:
                        self.fault(name, number, "no rule " + rule)
                for target, section in SECTION.findall(line):
                    if section not in self.sections.get(target, set()):
                        self.fault(name, number, "no §%s in %s" % (section, target))
                for vector in VECTOR.findall(line):
                    if vectors and vector not in vectors:
                        self.fault(name, number, "no vector " + vector)

    def sources(self) -> None:
        """Rules and sections that the rest of the tree cites exist."""
        for folder in CITING:
            for parent, _, names in os.walk(os.path.join(TREE, folder)):
                for name in sorted(names):
                    if name.endswith((".c", ".h", ".def", ".py", ".md", ".1", ".3", ".5")):
                        self.source(os.path.join(parent, name))

    def source(self, path: str) -> None:
        name = os.path.relpath(path, TREE)
        with open(path, encoding="utf-8", errors="replace") as lines:
            for number, line in enumerate(lines, 1):
                for rule in CITED.findall(line):
                    if rule not in self.defined:
                        self.fault(name, number, "no rule " + rule)
                for target, section in SECTION.findall(line):
                    if target in self.texts and section not in self.sections[target]:
                        self.fault(name, number, "no §%s in %s" % (section, target))

    def findings(self, source: str) -> None:
        """findings.md has the rows of findings.txt in the same order, each with at least one rule."""
        name = "findings.md"
        rows = [match.groups() for match in map(FINDING.match, self.texts.get(name, [])) if match]
        with open(source, encoding="utf-8") as lines:
            wanted = [line.rstrip("\n").split(None, 4) for line in lines if line.strip() and line[0] != "#"]
        if [(row[0], row[1], row[2], row[4]) for row in rows] != [(w[0], w[1], w[2], w[4]) for w in wanted]:
            self.fault(name, 0, "does not agree with findings.txt: run check.py --write")
        for row in rows:
            if not CITED.search(row[3]):
                self.fault(name, 0, row[0] + " has no rule")
        texts = {row.name: (row.xen, row.advice) for row in catalogue.load()}
        for row in rows:
            if texts.get(row[0]) != row[5:]:
                self.fault(name, 0, row[0] + " does not agree with findings.def: run check.py --write")

    def catalogue(self) -> None:
        """Each row of findings.def says everything, and the manual page is made of it."""
        rows = catalogue.load()
        for row in rows:
            for column in catalogue.empty_columns(row):
                self.fault("findings.def", 0, "%s has no %s" % (row.name, column))
        with open(catalogue.MANUAL, encoding="utf-8") as page:
            if page.read() != catalogue.manual_page(rows):
                self.fault("verify-stream-v2.1", 0, "its FINDINGS are not those of findings.def: run check.py --write")


def known_vectors() -> Set[str]:
    """Names of the vectors; empty if their generator is not in the tree."""
    if not os.path.exists(os.path.join(VECTORS, "make.py")):
        return set()
    sys.path.insert(0, VECTORS)
    sys.dont_write_bytecode = True
    from vectors import load                # pylint: disable=import-outside-toplevel
    from vectors.catalogue import VECTORS as declared   # pylint: disable=import-outside-toplevel
    load()
    return {vector.name for vector in declared}


def write_findings(source: str) -> None:
    """Takes over findings.txt and the texts of findings.def; rules stay as they are, new rows get the library's."""
    rows = {row.name: row for row in catalogue.load()}
    path = os.path.join(HERE, "findings.md")
    rules: Dict[str, str] = {}
    head: List[str] = []
    with open(path, encoding="utf-8") as old:
        for line in old.read().splitlines():
            match = FINDING.match(line)
            if match:
                rules[match.group(1)] = match.group(4)
            elif not rules:
                head.append(line)
    with open(source, encoding="utf-8") as lines:
        for line in lines:
            if line.strip() and line[0] != "#":
                name, severity, depth, _, meaning = line.rstrip("\n").split(None, 4)
                row = rows[name]
                head.append("| `%s` | %s | %s | %s | %s | %s | %s |" % (
                    name, severity, depth, rules.get(name, row.rules), meaning, row.xen, row.advice))
    with open(path, "w", encoding="utf-8") as new:
        new.write("\n".join(head) + "\n")


def write_manual() -> None:
    """Brings the FINDINGS of the manual page up to date."""
    text = catalogue.manual_page(catalogue.load())
    with open(catalogue.MANUAL, "w", encoding="utf-8") as page:
        page.write(text)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="bring findings.md and the manual page up to date")
    options = parser.parse_args()
    source = os.path.join(VECTORS, "findings.txt")
    if options.write:
        write_findings(source)
        write_manual()
    checker = Checker()
    checker.define()
    checker.cite(known_vectors())
    checker.sources()
    checker.catalogue()
    if os.path.exists(source):
        checker.findings(source)
    for fault in checker.faults:
        print("check.py: " + fault, file=sys.stderr)
    print("%d rules and entries, %d faults" % (len(checker.defined), len(checker.faults)))
    return 1 if checker.faults or not checker.defined else 0


if __name__ == "__main__":
    sys.exit(main())
