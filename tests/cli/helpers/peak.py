#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""peak.py MEBIBYTES COMMAND...: runs a command; complains if it ever held more memory. Exits with its status.

A process starts with the pages of the one that forked it, so what Python itself held is counted off by running an
intermediate shell: ru_maxrss is that of the largest child, and a fresh exec of a small program is small.
"""

import resource
import subprocess
import sys


def main() -> int:
    limit = int(sys.argv[1]) * 1024
    status = subprocess.call(["/bin/sh", "-c", '"$@"; exit $?', "sh", *sys.argv[2:]])
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    if peak > limit:
        print(f"{' '.join(sys.argv[2:])}: {peak} KiB of memory, more than {limit} KiB", file=sys.stderr)
    return status


sys.exit(main())
