# SPDX-License-Identifier: MIT
"""libstream/findings.def for Python, and the section of the manual page that is made of it."""

import os
import re
import textwrap
from typing import List, NamedTuple

TREE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DEFINITION = os.path.join(TREE, "libstream", "findings.def")
MANUAL = os.path.join(TREE, "cmd", "verify-stream-v2", "verify-stream-v2.1")
BEGIN = '.\\" Made from libstream/findings.def by specs/check.py --write, up to the next comment.'
END = '.\\" End of what is made.'
ROW = re.compile(r'^FINDING\((\w+),\s*"([^"]*)",\s*XSR_(\w+),\s*XSR_E_\w+,\s*"(\w+)",\s*"([^"]*)",'
                 r'\s*"([^"]*)",\s*"([^"]*)",\s*"([^"]*)"\)$', re.M)
WIDTH = 78


class Row(NamedTuple):
    """One finding as the library knows it."""
    constant: str
    name: str
    severity: str
    depth: str
    rules: str
    meaning: str
    xen: str
    advice: str


def load() -> List[Row]:
    """All rows; a row of a form that ROW does not know is an error."""
    with open(DEFINITION, encoding="utf-8") as definition:
        text = definition.read()
    rows = [Row(match[1], match[2], match[3].lower(), *match.groups()[3:]) for match in ROW.finditer(text)]
    if len(rows) != len(re.findall(r"^FINDING\(", text, re.M)):
        raise ValueError("a row of findings.def has an unknown form")
    return rows


def empty_columns(row: Row) -> List[str]:
    """Names of the texts that a row lacks. Failed calls (depth io) break no rule."""
    return [field for field in ("meaning", "xen", "advice", "rules")
            if not getattr(row, field).strip() and not (field == "rules" and row.depth == "io")]


def sentence(text: str) -> List[str]:
    """Lines of a manual page: nothing at their start may be taken for a macro."""
    text = text if text.startswith("vCPU") else text[0].upper() + text[1:]
    lines = textwrap.wrap(text + ".", WIDTH, break_long_words=False, break_on_hyphens=False)
    return ["\\&" + line if line[0] in ".'" else line for line in lines]


def manual(rows: List[Row]) -> str:
    """The text between BEGIN and END. What only the converter reports is left to --explain."""
    lines = [BEGIN, ".Bl -tag -width Ds"]
    for row in rows:
        if row.name.startswith("legacy."):
            continue
        lines += [".It Sy %s Pq %s" % (row.name, row.severity)]
        lines += sentence(row.meaning) + sentence("Xen: " + row.xen) + sentence("What to do: " + row.advice)
    return "\n".join(lines + [".El", END]) + "\n"


def manual_page(rows: List[Row]) -> str:
    """The whole page with its section brought up to date."""
    with open(MANUAL, encoding="utf-8") as page:
        head, rest = page.read().split(BEGIN + "\n", 1)
    return head + manual(rows) + rest.split(END + "\n", 1)[1]
