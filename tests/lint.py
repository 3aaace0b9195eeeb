#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Bans what this project banned: calls, marks, long functions, files and lines.

Exceptions are counted in one table: more of a kind than it says is a fault, fewer is told, so that it only shrinks.
"""

import os
import re
import subprocess
import sys
from typing import Dict, Iterator, List, NamedTuple, Tuple

TREE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

FUNCTION_MAX = 80
STATE_MACHINE_MAX = 150
FILE_MAX = 1000
# Lines aim at 110 columns; up to this many pass where breaking them would be worse.
LINE_MAX = 120
LINE_MAX_ELSEWHERE = 144

# (file, rule): how often.
EXCEPTIONS: Dict[Tuple[str, str], int] = {
    ("lab/tiny/pv.c", "width"): 1,
    ("lab/tiny/pvh.c", "width"): 1,
    ("libstream/include/libstream/decoder.h", "width"): 1,
    ("libstream/include/libstream/records.h", "width"): 1,
    ("libstream/legacy/body.c", "width"): 1,
    ("libstream/legacy/detect.c", "width"): 1,
    ("libstream/legacy/tail.c", "width"): 2,
    ("libstream/verify/pv_state.c", "width"): 1,
    ("libstream/xl/json.c", "width"): 1,
    ("tests/unit/describe_test.c", "width"): 1,
    ("tests/unit/hvm_context_test.c", "width"): 3,
    ("tests/unit/hvm_params_test.c", "width"): 1,
    ("tests/unit/libxl_records_test.c", "width"): 2,
    ("tests/unit/policy_test.c", "width"): 1,
    ("tests/unit/pv_vectors_test.c", "width"): 1,
    ("tests/unit/xl_config_test.c", "width"): 2,
}

# Calls banned everywhere in C, and those that a library has no business to make.
BANNED = re.compile(r"\b(strcpy|strcat|sprintf|vsprintf|gets|alloca|strtok|atoi|atol|setjmp|longjmp)\s*\(")
BANNED_IN_LIBRARY = re.compile(r"\b(printf|fprintf|puts|fputs|putchar|perror|exit|_exit|abort|assert|syslog|getenv|"
                               r"setlocale|signal|sigaction)\s*\(")
MARK = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
COMMENT_OR_STRING = re.compile(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.S)
FUNCTION = re.compile(r"^(?!struct|union|enum|typedef|#)[A-Za-z_][^;{}=]*\)\s*\n\{", re.M)
SPDX = re.compile(r"SPDX-License-Identifier: MIT")
SOURCES = (".c", ".h", ".def", ".py", ".sh")


class Fault(NamedTuple):
    path: str
    line: int
    rule: str
    what: str


def tracked() -> List[str]:
    """Files that git knows; in a tree without git, all but the builds."""
    done = subprocess.run(["git", "-C", TREE, "ls-files"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          universal_newlines=True, check=False)
    if done.returncode == 0 and done.stdout:
        return [path for path in done.stdout.splitlines() if os.path.exists(os.path.join(TREE, path))]
    found = []
    for folder, folders, files in os.walk(TREE):
        folders[:] = [name for name in folders if name not in ("build", ".git", "__pycache__")]
        found += [os.path.relpath(os.path.join(folder, name), TREE) for name in files]
    return sorted(found)


def blank(match: "re.Match[str]") -> str:
    """As many lines, and nothing in them."""
    return "\n" * match.group().count("\n")


def line_of(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def width(line: str) -> int:
    return len(line.expandtabs(8))


def lines(path: str, text: str) -> Iterator[Fault]:
    if not path.endswith(SOURCES) and not text.startswith("#!"):
        return
    rows = text.split("\n")
    if text and rows[-1]:
        yield Fault(path, len(rows), "newline", "no newline at the end")
    for number, row in enumerate(rows, 1):
        if row != row.rstrip():
            yield Fault(path, number, "blanks", "blanks at the end")
        if width(row) > (LINE_MAX if path.endswith((".c", ".h")) else LINE_MAX_ELSEWHERE):
            yield Fault(path, number, "width", "%d columns" % width(row))
        match = MARK.search(row)
        if match and path not in ("tests/lint.py", "CONTRIBUTING.md"):
            yield Fault(path, number, "mark", match.group())
    if len(rows) - 1 > FILE_MAX:
        yield Fault(path, len(rows), "file", "%d lines" % (len(rows) - 1))


def calls(path: str, text: str) -> Iterator[Fault]:
    code = COMMENT_OR_STRING.sub(blank, text)
    for match in BANNED.finditer(code):
        yield Fault(path, line_of(code, match.start()), "call", match.group(1))
    if path.startswith("libstream/"):
        for match in BANNED_IN_LIBRARY.finditer(code):
            yield Fault(path, line_of(code, match.start()), "library-call", match.group(1))


def functions(path: str, text: str) -> Iterator[Fault]:
    """Lengths from the line of the brace to the closing one; both stand in the first column."""
    rows = text.split("\n")
    for match in FUNCTION.finditer(text):
        start = line_of(text, match.end())
        end = next((n for n in range(start, len(rows)) if rows[n].startswith("}")), len(rows))
        length = end - start + 1
        before = "\n".join(rows[max(0, line_of(text, match.start()) - 12):start])
        limit = STATE_MACHINE_MAX if "state machine" in before.lower() else FUNCTION_MAX
        if length > limit:
            name = re.search(r"(\w+)\s*\(", match.group())
            yield Fault(path, start, "function", "%s has %d lines" % (name.group(1) if name else "?", length))


def licence(path: str, text: str) -> Iterator[Fault]:
    script = text.startswith("#!")
    # A command line case is some lines of data.
    if path.startswith("tests/cli/") and path.endswith(".sh"):
        return
    if (path.endswith(SOURCES) or script) and not SPDX.search("\n".join(text.split("\n")[:3])):
        yield Fault(path, 1, "licence", "no SPDX line at the top")


def check(path: str) -> Iterator[Fault]:
    try:
        with open(os.path.join(TREE, path), encoding="utf-8") as file:
            text = file.read()
    except UnicodeDecodeError:
        return
    yield from lines(path, text)
    yield from licence(path, text)
    if path.endswith((".c", ".h")):
        yield from calls(path, text)
        yield from functions(path, text)


def main() -> int:
    found: Dict[Tuple[str, str], List[Fault]] = {key: [] for key in EXCEPTIONS}
    paths = tracked()
    for path in paths:
        for fault in check(path):
            found.setdefault((path, fault.rule), []).append(fault)
    bad = 0
    for (path, rule), faults in sorted(found.items()):
        allowed = EXCEPTIONS.get((path, rule), 0)
        if len(faults) <= allowed:
            if len(faults) < allowed:
                print("%s: %s: only %d now, the table of exceptions says %d" % (path, rule, len(faults), allowed))
            continue
        bad += 1
        for fault in faults:
            print("%s:%d: %s: %s" % (path, fault.line, rule, fault.what))
        if allowed:
            print("%s: %s: %d found, the table of exceptions says %d" % (path, rule, len(faults), allowed))
    print("%d files, %d faults" % (len(paths), bad))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
