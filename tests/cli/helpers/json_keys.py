#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""json_keys.py PAGE IMAGE...: checks verify-stream-v2 --json against its manual page.

For each image: every line is an object, of exactly one of the kinds that the page describes; the last one is the
verdict and there is no other; each key is documented for its kind; "offset" never goes back among the records; and
the numbers of findings and records are those that the verdict tells.
"""

import collections
import json
import re
import subprocess
import sys
from typing import Dict, List, Set

KINDS = {"Headers": "header", "Records": "record", "Findings": "finding", "Checkpoints": "checkpoint",
         "Verdict": "verdict"}


Keys = Dict[str, Set[str]]
Row = Dict[str, object]


def documented(page: str) -> Keys:
    """Keys of each kind: the arguments of Sy macros in its subsection of the section on JSON."""
    start = page.index(".Sh JSON")
    section = page[start : page.index("\n.Sh ", start)]
    section = re.sub(r"^\.It [A-Z0-9_]+\n.*?(?=^\.It|^\.El)", "", section, flags=re.MULTILINE | re.DOTALL)
    keys: Keys = {"any": set(re.findall(r"\bSy (\w+)", section.split(".Ss ")[0]))}
    for part in section.split(".Ss ")[1:]:
        title = part.split("\n", 1)[0]
        keys[KINDS[title]] = {"input"} | set(re.findall(r"\bSy (\w+)", part))
    return keys


def documented_fields(page: str) -> Keys:
    """Keys of each type of record: the list in the subsection on records."""
    section = page[page.index(".Ss Records") : page.index(".Ss Findings", page.index(".Ss Records"))]
    items = re.findall(r"^\.It ([A-Z0-9_]+)\n(.*?)(?=^\.It|^\.El)", section, re.MULTILINE | re.DOTALL)
    return {name: set(re.findall(r"\bSy (\w+)", text)) for name, text in items}


def complain(image: str, what: str) -> None:
    print(f"{image}: {what}")


def check_row(image: str, row: Row, keys: Keys, fields: Keys) -> str:
    kinds = [kind for kind in keys if kind in row and kind != "any"]
    if len(kinds) != 1:
        complain(image, f"an object of kinds {kinds}: {row}")
        return ""
    kind = kinds[0]
    unknown = set(row) - keys[kind] - keys["any"]
    if kind == "record":
        unknown -= fields.get(row["name"], set())
    if unknown:
        complain(image, f"{row.get('name', kind)}: keys that are not documented: {sorted(unknown)}")
    if kind == "record" and not keys[kind] <= set(row):
        complain(image, f"record: keys that are missing: {sorted(keys[kind] - set(row))}")
    return kind


def check_verdict(image: str, rows: List[Row], kinds: List[str]) -> None:
    count = collections.Counter(kinds)
    verdict = rows[-1]
    if kinds[-1] != "verdict" or count["verdict"] != 1:
        complain(image, f"{count['verdict']} verdicts, last is {kinds[-1]}")
        return
    if count["record"] != verdict["records"]:
        complain(image, f"{count['record']} records, the verdict says {verdict['records']}")
    told = verdict["errors"] + verdict["warnings"] + verdict["notes"] - verdict["findings_not_shown"]
    if count["finding"] != told:
        complain(image, f"{count['finding']} findings, the verdict says {told}")
    if (verdict["verdict"] == "bad") != (verdict["errors"] > 0):
        complain(image, f"{verdict['verdict']} with {verdict['errors']} errors")


def check_image(image: str, keys: Keys, fields: Keys, seen: Keys) -> None:
    done = subprocess.run(["verify-stream-v2", "--json", "--depth=pages", image], stdout=subprocess.PIPE, check=False)
    rows = [json.loads(line) for line in done.stdout.decode("ascii").splitlines()]
    kinds = [check_row(image, row, keys, fields) for row in rows]
    for row, kind in zip(rows, kinds):
        seen[row["name"] if kind == "record" else kind].update(row)
    check_verdict(image, rows, kinds)
    offsets = [row["offset"] for row, kind in zip(rows, kinds) if kind in ("record", "header")]
    if offsets != sorted(offsets):
        complain(image, "records are out of order")
    expected = {"good": 0, "bad": 1}.get(rows[-1]["verdict"])
    if done.returncode != expected:
        complain(image, f"exit status {done.returncode} with verdict {rows[-1]['verdict']}")


def main() -> int:
    with open(sys.argv[1], encoding="utf-8") as stream:
        page = stream.read()
    keys, fields = documented(page), documented_fields(page)
    seen: Keys = collections.defaultdict(set)
    for image in sys.argv[2:]:
        check_image(image, keys, fields, seen)
    for kind in ("record", "any"):
        del keys[kind]
    for kind, names in {**keys, **fields}.items():
        absent = names - seen[kind] - {"system_error"}  # no vector makes a call fail
        if absent:
            print(f"{kind}: documented, but never there: {sorted(absent)}")
    return 0


sys.exit(main())
