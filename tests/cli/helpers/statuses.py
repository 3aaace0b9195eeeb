#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""statuses.py: runs verify-stream-v2 over all vectors and compares its exit status with that of the manifest.

Each vector is given as a file and through a pipe, at the default depth. Those whose fault is inside of pages are left
out: that depth has tests of its own when it comes.
"""

import json
import os
import subprocess
import sys


def status_of_file(path: str) -> int:
    return subprocess.call(["verify-stream-v2", "-q", path])


def status_of_pipe(path: str) -> int:
    with open(path, "rb") as stream:
        data = stream.read()
    return subprocess.run(["verify-stream-v2", "-q"], input=data, check=False).returncode


def main() -> int:
    folder = os.environ["VECTORS"]
    with open(os.path.join(folder, "manifest.json"), encoding="utf-8") as stream:
        vectors = json.load(stream)["vectors"]
    for vector in vectors:
        if vector["depth"] == "pages":
            continue
        path = os.path.join(folder, vector["file"])
        found = {"file": status_of_file(path), "pipe": status_of_pipe(path)}
        for way, status in found.items():
            if status != vector["status"]:
                print(f"{vector['name']}: {way}: exit status {status}, expected {vector['status']}")
    return 0


sys.exit(main())
