# SPDX-License-Identifier: MIT
"""A device model made of nothing: answers QMP at a socket, well or badly."""

import array
import json
import os
import socket
import threading
from pathlib import Path
from typing import Dict, List, Optional

GREETING = {"QMP": {"version": {"qemu": {"major": 7, "minor": 2, "micro": 0}}, "capabilities": []}}
EVENT = {"event": "STOP", "timestamp": {"seconds": 1, "microseconds": 2}}


class Hangup(Exception):
    """This connection is over."""


class FakeQmp:
    """Serves one client at a time, as QEMU does. misdeeds says what it does at a command (or at "greeting") instead
    of answering: "mute", "refuse", "die" (and never listen again), "hangup" (once), "garbage", "long", "number",
    "late" (answers with an old number first), "last" (answers and dies), "nothing" (saves no state). Events come before
    every answer."""

    def __init__(self, path: Path, state: bytes, misdeeds: Optional[Dict[str, str]] = None) -> None:
        self.commands: List[str] = []       # in order, with what matters of their arguments
        self.state = state
        self.misdeeds = dict(misdeeds or {})
        self.sets: Dict[int, int] = {}      # descriptors by number
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen(1)
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.stop.set()
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        self.thread.join(30)
        for fd in self.sets.values():
            os.close(fd)

    def serve(self) -> None:
        while not self.stop.is_set():
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            with client:
                try:
                    self.talk(client)
                except (Hangup, OSError):
                    pass

    def die(self) -> None:
        self.listener.close()
        self.stop.set()
        raise Hangup

    def misbehave(self, client: socket.socket, at: str) -> bool:
        """True if it said something instead of an answer; ends the connection or waits where that is the misdeed."""
        misdeed = self.misdeeds.get(at, "")
        if misdeed == "mute":
            while not self.stop.is_set() and client.recv(4096):
                pass
            raise Hangup
        if misdeed == "die":
            self.die()
        if misdeed == "hangup":
            del self.misdeeds[at]
            raise Hangup
        wrong = {"garbage": b"\x00\xff{{{\r\n", "long": b"x" * 70000 + b"\r\n", "number": b"[7]\r\n"}.get(misdeed)
        if wrong:
            client.sendall(wrong)
        return wrong is not None

    def talk(self, client: socket.socket) -> None:
        if self.misbehave(client, "greeting"):
            return
        self.send(client, GREETING)
        rest, descriptors = b"", []
        while True:
            data, control, _, _ = client.recvmsg(4096, 64)
            for _, _, payload in control:
                descriptors += array.array("i", payload[:4]).tolist()
            if not data:
                return
            rest += data
            while b"\n" in rest:
                line, rest = rest.split(b"\n", 1)
                self.answer(client, json.loads(line), descriptors)

    @staticmethod
    def send(client: socket.socket, thing: object) -> None:
        client.sendall(json.dumps(thing).encode() + b"\r\n")

    def answer(self, client: socket.socket, request: Dict[str, object], descriptors: List[int]) -> None:
        name, number = str(request["execute"]), request["id"]
        arguments = request.get("arguments", {})
        assert isinstance(arguments, dict) and isinstance(number, int)
        words = {"xen-set-global-dirty-log": str(arguments.get("enable")),
                 "xen-save-devices-state": str(arguments.get("live"))}
        self.commands.append(" ".join([name, words[name]]) if name in words else name)
        self.send(client, EVENT)
        if self.misbehave(client, name):
            return
        misdeed = self.misdeeds.get(name, "")
        if misdeed == "refuse":
            self.send(client, {"error": {"class": "GenericError", "desc": "I would rather not"}, "id": number})
            return
        if misdeed == "late":
            self.send(client, {"error": {"class": "GenericError", "desc": "an old answer"}, "id": number - 1})
        self.send(client, {"return": self.obey(name, arguments, descriptors), "id": number})
        if misdeed == "last":
            self.die()

    def obey(self, name: str, arguments: Dict[str, object], descriptors: List[int]) -> Dict[str, object]:
        if name == "add-fd":
            self.sets[5] = descriptors.pop()
            return {"fdset-id": 5, "fd": self.sets[5]}
        if name == "xen-save-devices-state" and self.misdeeds.get(name) != "nothing":
            assert arguments["filename"] == "/dev/fdset/5"
            os.write(self.sets[5], self.state)
        if name == "remove-fd":
            os.close(self.sets.pop(5))
        return {}
