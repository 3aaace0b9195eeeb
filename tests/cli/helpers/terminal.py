#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""terminal.py FDS COMMAND...: runs a command with a terminal at some of its descriptors ("0", "12", "2", ...).

The other descriptors are those of the caller. What the command writes to the terminal goes to standard output, with
control characters as \\xNN and a line for each line. Exits with the command's status.
"""

import os
import pty
import subprocess
import sys


def read_terminal(master: int) -> bytes:
    data = b""
    while True:
        try:
            piece = os.read(master, 4096)
        except OSError:  # EIO: nobody has the other end open any more
            return data
        if not piece:
            return data
        data += piece


def visible(data: bytes) -> str:
    text = data.replace(b"\r\n", b"\n").decode("utf-8", "backslashreplace")
    return "".join(c if c == "\n" or c >= " " else f"\\x{ord(c):02x}" for c in text)


def main() -> int:
    master, slave = pty.openpty()
    at = {fd: slave for fd in map(int, sys.argv[1])}
    child = subprocess.Popen(sys.argv[2:], stdin=at.get(0), stdout=at.get(1), stderr=at.get(2))
    os.close(slave)
    text = visible(read_terminal(master))
    status = child.wait()
    sys.stdout.write(text)
    return status


sys.exit(main())
