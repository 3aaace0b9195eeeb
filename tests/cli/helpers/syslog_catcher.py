#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""syslog_catcher.py COMMAND...: runs a command and prints what it says to syslog, as "PRIORITY: tool: text".

Needs to be root on a machine where no logger runs. Exits with the command's status.
"""

import os
import re
import socket
import subprocess
import sys
import threading

LOG = "/dev/log"
END = b"end"
PRIORITIES = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"]


def shown(message: bytes) -> str:
    """<14>Nov 23 16:00:00 tool[123]: text"""
    found = re.fullmatch(r"<(\d+)>\w+ +\d+ [\d:]+ ([^\[]+)\[\d+\]: (.*?)\0?\n?", message.decode(), re.DOTALL)
    if not found:
        return f"unexpected: {message!r}"
    return f"{PRIORITIES[int(found.group(1)) & 7]}: {found.group(2)}: {found.group(3)}"


def print_messages(log: socket.socket) -> None:
    """Until the end mark; reading at once, as the queue of such a socket is short and the writer would wait."""
    while True:
        message = log.recv(65536)
        if message == END:
            return
        print(shown(message))


def abandoned() -> bool:
    """Removes the socket if nobody listens to it any more."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
        try:
            end.connect(LOG)
            return False
        except ConnectionRefusedError:
            os.unlink(LOG)
            return True
        except OSError:
            return False


def main() -> int:
    if os.path.lexists(LOG) and not abandoned():
        print(f"{LOG} is in use here", file=sys.stderr)
        return 77
    log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        log.bind(LOG)
    except OSError as error:
        print(f"{LOG} cannot be made here: {error}", file=sys.stderr)
        return 77
    reader = threading.Thread(target=print_messages, args=(log,))
    reader.start()
    try:
        status = subprocess.call(sys.argv[1:])
    finally:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
            end.sendto(END, LOG)
        reader.join()
        os.unlink(LOG)
    return status


sys.exit(main())
