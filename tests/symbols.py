#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Checks the version map against the public headers and what the shared library exports and imports.

--update rewrites the list of names in the map; that is how a new XSR_API function gets into it.
"""

import argparse
import glob
import os
import re
import subprocess
import sys
from typing import List, Set

TREE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
HEADERS = os.path.join(TREE, "libstream", "include", "libstream", "*.h")
MAP = os.path.join(TREE, "libstream", "libstream.map")
NODE = "XSR_0"
# A library that prints or ends the process takes decisions that are its caller's.
BANNED = {"printf", "vprintf", "fprintf", "vfprintf", "__printf_chk", "__fprintf_chk", "puts", "fputs", "putchar",
          "perror", "exit", "_exit", "abort", "__assert_fail", "err", "errx", "warn", "warnx", "syslog", "signal",
          "sigaction", "setlocale", "setenv", "chdir"}


def declared() -> Set[str]:
    """Names of the functions that the headers mark XSR_API."""
    names: Set[str] = set()
    for path in glob.glob(HEADERS):
        with open(path, encoding="utf-8") as header:
            text = re.sub(r"/\*.*?\*/", "", header.read(), flags=re.S)
        text = re.sub(r"^#.*$", "", text, flags=re.M)
        for declaration in re.findall(r"\bXSR_API\b([^;]*);", text):
            match = re.search(r"(\w+)\s*\(", declaration)
            if not match:
                raise SystemExit("symbols.py: %s: cannot read: %s" % (path, declaration.strip()))
            names.add(match.group(1))
    return names


def mapped() -> List[str]:
    """Names in the map's global part, in their order."""
    with open(MAP, encoding="utf-8") as text:
        match = re.search(r"global:(.*?)local:", text.read(), flags=re.S)
    return re.findall(r"([^\s;]+)\s*;", match.group(1)) if match else []


def update(names: Set[str]) -> None:
    with open(MAP, "w", encoding="utf-8") as text:
        text.write("%s {\nglobal:\n" % NODE)
        text.writelines("\t%s;\n" % name for name in sorted(names))
        text.write("local:\n\t*;\n};\n")


def symbols(library: str, *options: str) -> Set[str]:
    """Names of the library's dynamic symbols, without their versions."""
    output = subprocess.run(["nm", "-D", "--without-symbol-versions", *options, library], check=True,
                            stdout=subprocess.PIPE, universal_newlines=True).stdout
    # The version node itself is listed as an absolute symbol.
    return {line.split()[-1] for line in output.splitlines() if line.split()} - {NODE}


def difference(what: str, names: Set[str]) -> int:
    for name in sorted(names):
        print("symbols.py: %s: %s" % (name, what))
    return len(names)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--update", action="store_true", help="rewrite the map from the headers")
    parser.add_argument("library", nargs="?", help="the shared library to look into")
    options = parser.parse_args()
    headers = declared()
    if options.update:
        update(headers)
    names = mapped()
    faults = difference("in a header, not in the map (run tests/symbols.py --update)", headers - set(names))
    faults += difference("in the map, in no header (run tests/symbols.py --update)", set(names) - headers)
    if names != sorted(set(names)):
        print("symbols.py: the map is not sorted, or has a name twice (run tests/symbols.py --update)")
        faults += 1
    faults += difference("does not begin with xsr_", {name for name in headers if not name.startswith("xsr_")})
    if options.library:
        exported = symbols(options.library, "--defined-only")
        faults += difference("in a header, not exported", headers - exported)
        faults += difference("exported, in no header", exported - headers)
        faults += difference("called, but not a library's business",
                             symbols(options.library, "--undefined-only") & BANNED)
    print("%d functions, %d faults" % (len(headers), faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
