#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""bytes_read.py FILE COMMAND...: runs a command; complains if it read more than one half percent of the file's size.

Counted is what the command itself asked the kernel for (rchar of /proc/PID/io), read when it has ended but is not
yet waited for.
"""

import os
import re
import subprocess
import sys


def main() -> int:
    child = subprocess.Popen(sys.argv[2:])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    try:
        with open(f"/proc/{child.pid}/io", encoding="ascii") as counters:
            count = int(re.search(r"rchar: (\d+)", counters.read()).group(1))
    except OSError as error:
        print(f"what a process read cannot be asked for: {error}", file=sys.stderr)
        return 77
    size = os.path.getsize(sys.argv[1])
    if count > size // 200:
        print(f"{count} of {size} bytes read", file=sys.stderr)
    return child.wait()


sys.exit(main())
