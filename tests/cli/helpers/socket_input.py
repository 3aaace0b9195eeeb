#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""socket_input.py FILE COMMAND...: runs a command whose standard input is a socket that yields the file."""

import socket
import subprocess
import sys
import threading


def feed(end: socket.socket, data: bytes) -> None:
    with end:
        end.sendall(data)


def main() -> int:
    ours, theirs = socket.socketpair()
    with open(sys.argv[1], "rb") as stream:
        data = stream.read()
    child = subprocess.Popen(sys.argv[2:], stdin=theirs)
    theirs.close()
    sender = threading.Thread(target=feed, args=(ours, data))
    sender.start()
    status = child.wait()
    sender.join()
    return status


sys.exit(main())
