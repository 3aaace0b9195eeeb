#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""against.py: runs verify-stream-v2 --against-xen over the rows of test-vectors/against.txt.

A row is a vector, a release, and all findings that this release adds to those of the vector. Of the vector's own
findings none may be added by a release, and the exit status is 1 where an error is among all of them.
"""

import json
import os
import subprocess
import sys
from typing import Dict, List, Set, Tuple


def run(path: str, *options: str) -> Tuple[Dict[str, str], int]:
    """Severity of each finding, and the exit status."""
    done = subprocess.run(["verify-stream-v2", "--json", "--max-findings=0", *options, path],
                          stdout=subprocess.PIPE, text=True, check=False)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return {row["finding"]: row["severity"] for row in rows if "finding" in row}, done.returncode


def check(path: str, release: str, expected: Set[str]) -> List[str]:
    plain, _ = run(path)
    found, status = run(path, "--against-xen=" + release)
    faults = []
    added = {name for name in found if name.startswith("against.")}
    if added != expected:
        faults.append(f"found {sorted(added)}, expected {sorted(expected)}")
    if not set(found) - added <= set(plain):
        faults.append(f"findings of no release: {sorted(set(found) - added - set(plain))}")
    if status != int("error" in found.values()):
        faults.append(f"exit status {status}")
    return faults


def main() -> int:
    rows = 0
    with open(os.path.join(os.environ["SOURCE"], "test-vectors", "against.txt"), encoding="utf-8") as table:
        for line in table:
            if line[0] in "#\n":
                continue
            vector, release, *expected = line.split()
            for fault in check(os.path.join(os.environ["VECTORS"], vector), release, set(expected)):
                print(f"{vector}, {release}: {fault}")
            rows += 1
    if not rows:
        print("no rows")
    return 0


sys.exit(main())
