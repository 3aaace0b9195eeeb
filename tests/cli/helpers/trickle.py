#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""trickle.py FILE SIZE: writes a file to standard output in pieces of SIZE bytes, each by a write of its own."""

import os
import sys


def main() -> None:
    size = int(sys.argv[2])
    with open(sys.argv[1], "rb") as stream:
        while True:
            piece = stream.read(size)
            if not piece:
                return
            os.write(1, piece)


main()
