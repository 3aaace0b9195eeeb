#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A device model made of nothing: takes its state, answers QMP on its socket, and notes what was done to it.

FAKE_QEMU says how it misbehaves: dies, mute, stuck, deaf, refuses, garbage, leaves. It keeps its words and its state in
FAKE_RUN, and writes a line to FAKE_LOG when the guest is to go on.
"""

import json
import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import IO, Dict

RUN = Path(os.environ["FAKE_RUN"])
BEHAVIOUR = os.environ.get("FAKE_QEMU", "")
GREETING = {"QMP": {"version": {"qemu": {"major": 7, "minor": 2, "micro": 0}}, "capabilities": []}}


def answer(command: str) -> Dict[str, object]:
    """What QEMU would say."""
    if command == "query-status":
        return {"return": {"status": "inmigrate" if BEHAVIOUR == "stuck" else "paused", "running": False}}
    if command == "cont" and BEHAVIOUR == "refuses":
        return {"error": {"class": "GenericError", "desc": "the disk is locked"}}
    if command == "query-chardev":
        return {"return": [{"label": "libxl-cmd", "filename": "unix:x"}, {"label": "serial0", "filename": "null"},
                           {"label": "serial1", "filename": "pty:/dev/pts/7"}, {"label": "serial12", "filename": "pty:x"}]}
    if command == "query-vnc":
        return {"return": {"enabled": True, "host": "127.0.0.1", "service": "5901"}}
    return {"return": {}}


def serve(stream: "IO[str]") -> None:
    """One client."""
    if BEHAVIOUR == "mute":
        time.sleep(1000)
    stream.write("what?\r\n" if BEHAVIOUR == "garbage" else json.dumps(GREETING) + "\r\n")
    stream.flush()
    for line in stream:
        request = json.loads(line)
        command = request["execute"]
        if command == "cont" and BEHAVIOUR == "leaves":
            sys.exit("I have enough")
        stream.write(json.dumps({"event": "RESUME", "timestamp": {"seconds": 0, "microseconds": 0}}) + "\r\n")
        reply = answer(command)
        if "id" in request:
            reply["id"] = request["id"]
        # Before the answer: what the other side does next comes behind it in the log.
        if command == "cont" and "return" in reply:
            with open(os.environ["FAKE_LOG"], "a", encoding="utf-8") as log:
                log.write("cont\n")
        stream.write(json.dumps(reply) + "\r\n")
        stream.flush()


def main() -> None:
    """Comes up."""
    if BEHAVIOUR == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    (RUN / "args").write_text("\n".join(sys.argv[1:]))
    (RUN / "pid").write_text(str(os.getpid()))
    with os.fdopen(3, "rb") as state:
        (RUN / "state").write_bytes(state.read())
    if BEHAVIOUR == "dies":
        print("some warning", file=sys.stderr)
        sys.exit("load of migration failed: Invalid argument")
    path = next(word.split("path=")[1].split(",")[0] for word in sys.argv if "id=libxl-cmd" in word)
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen(1)
    while True:
        client, _ = server.accept()
        with client, client.makefile("rw") as stream:
            try:
                serve(stream)
            except (BrokenPipeError, ConnectionResetError):
                pass


if __name__ == "__main__":
    main()
