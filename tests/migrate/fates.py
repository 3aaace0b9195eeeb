# SPDX-License-Identifier: MIT
"""Every way that a migration can go, with a fake guest, a fake host and fake engines: how many copies there are then.

XC_MIGRATE names the program, WIRE the connection that can be cut (wire.c), VECTORS the folder of test vectors.
"""

import json
import os
import shlex
import signal
import struct
import subprocess
import tempfile
import time
import unittest
from pathlib import Path
from typing import Any, Iterator, List, NamedTuple, Optional

XC_MIGRATE = os.environ["XC_MIGRATE"]
WIRE = os.environ["WIRE"]
VECTORS = Path(os.environ["VECTORS"])
PV = VECTORS / "good-libxc-pv64.img"
PVH = VECTORS / "good-libxc-pvh.img"

PATIENCE = 60           # seconds for anything that should be quick
# Lengths of the messages: "XCM1 TOKEN WORD[ TEXT]" and the end of the line.
HELLO = len("XCM1 0123456789abcdef hello 60 guest\n")
LETGO = len("XCM1 0123456789abcdef letgo\n")
BACK = sum(len(f"XCM1 0123456789abcdef {word}\n") for word in ("welcome", "ready", "held", "runs"))
HELD = BACK - len("XCM1 0123456789abcdef runs\n")


class Result(NamedTuple):
    status: int         # of the source, minus the signal that killed it
    said: str           # on standard error, by both sides
    out: str            # on standard output
    guest: str          # what became of the guest: runs, suspended, paused, gone
    copy: str           # and of the copy: none, paused, runs
    names: List[str]    # that the copy was given


def fate(life: List[str], words: "dict[str, str]", first: str) -> str:
    """Where the last of these words in a life leaves a domain."""
    known = [words[word] for word in life if word in words]
    return known[-1] if known else first


def show(result: Result) -> str:
    return (f"status {result.status}, guest {result.guest}, copy {result.copy}\n{result.said}")


class Case(unittest.TestCase):
    """A folder of its own, and a migration in it."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def life(self, side: str) -> List[str]:
        log = self.folder / side
        return log.read_text().split() if log.exists() else []

    def start(self, *options: str, wire: str = "count forth 0", receiver: str = "", remote: Optional[str] = None,
              live: bool = False, **fake: str) -> "subprocess.Popen[str]":
        """A migration: options and fakes of the source, settings (NAME=VALUE) of the receiver."""
        for side in ("source", "receiver"):
            (self.folder / side).unlink(missing_ok=True)
        settings = {"STREAM": str(PV), "LOG": str(self.folder / "source"), **{k.upper(): v for k, v in fake.items()}}
        environment = {**os.environ, "WIRE_COUNT": str(self.folder / "count"),
                       **{f"FAKE_{name}": value for name, value in settings.items()}}
        via = f"exec env -u FAKE_ENGINE FAKE_LOG={self.folder / 'receiver'} {receiver} {shlex.quote(WIRE)} {wire} sh -c"
        if remote is None:
            remote = f"exec {shlex.quote(XC_MIGRATE)} --receive"
        words = ["--via", via, "--remote", remote, *([] if live else ["--no-live"]), *options, "guest"]
        return subprocess.Popen([XC_MIGRATE, *words], env=environment,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def finish(self, process: "subprocess.Popen[str]") -> Result:
        # A killed source leaves the receiver behind for a moment; both hold standard error, so that its end is theirs.
        out, said = process.communicate(timeout=PATIENCE)
        guest = fate(self.life("source"), {"suspend": "suspended", "resume": "runs", "hold": "paused",
                                           "destroy": "gone"}, "runs")
        copy = fate(self.life("receiver"), {"create": "paused", "unpause": "runs", "remove": "none", "clean": "none"}, "none")
        names = [word for word in self.life("receiver") if word.startswith("rename-")]
        return Result(process.returncode, said, out, guest, copy, names)

    def migrate(self, *options: str, **more: Any) -> Result:
        return self.finish(self.start(*options, **more))

    def check_one(self, result: Result, source_killed: bool = False) -> None:
        """Exactly one copy runs, or none does and the source has one that can; the exit status says which."""
        where = show(result)
        self.assertNotEqual((result.guest, result.copy), ("runs", "runs"), where)
        if result.guest == "gone":
            self.assertEqual(result.copy, "runs", where)
        if source_killed:
            self.assertLess(result.status, 0, where)
        elif result.status == 0:
            self.assertEqual((result.guest, result.copy), ("gone", "runs"), where)
        elif result.status == 8:
            self.assertEqual(result.guest, "paused", where)
            self.assertIn("AFTER THE GUEST WAS LET GO", result.said)
        else:
            self.assertEqual((result.status, result.guest), (2, "runs"), where)

    def check_stays(self, result: Result, text: str, status: int = 2, copy: str = "none") -> None:
        self.assertEqual((result.status, result.guest, result.copy), (status, "runs", copy), show(result))
        self.assertIn(text, result.said)


def somewhere(size: int) -> Iterator[int]:
    """Places in a stream of size bytes: its ends, and some between."""
    yield from range(8)
    yield from range(8, size, size // 12)
    yield from range(size - 8, size)


class Success(Case):
    """Migrations that succeed."""

    def test_plain(self) -> None:
        result = self.migrate()
        self.assertEqual((result.status, result.out, result.said), (0, "", ""))
        self.assertEqual((result.guest, result.copy), ("gone", "runs"))
        self.assertEqual(result.names, ["rename-9-01234567-guest"])
        self.assertEqual(self.life("source"), ["suspend", "destroy"])
        self.assertIn("name=guest--incoming", self.life("receiver"))

    def test_bytes(self) -> None:
        result = self.migrate("--json")
        forth, back = map(int, (self.folder / "count").read_text().split())
        last = json.loads(result.out.splitlines()[-1])
        self.assertEqual(forth, HELLO + last["bytes"] + LETGO)
        self.assertEqual(back, BACK)

    def test_json(self) -> None:
        rows = [json.loads(line) for line in self.migrate("--json").out.splitlines()]
        self.assertEqual([row["event"] for row in rows if row["event"] != "progress"],
                         ["connected", "started", "suspended", "held", "result"])
        self.assertEqual((rows[-1]["migrated"], rows[-1]["outcome"], rows[-1]["status"]), (True, "migrated", 0))

    def test_options_of_the_receiver(self) -> None:
        result = self.migrate(remote=f"exec {XC_MIGRATE} --receive --name=other --new-uuid")
        self.assertEqual(result.status, 0, show(result))
        self.assertIn("name=other--incoming", self.life("receiver"))
        self.assertRegex(result.names[0], "^rename-9-[0-9a-f]{8}-other$")
        self.assertNotEqual(result.names[0], "rename-9-01234567-other")

    def test_command_before_the_copy_runs(self) -> None:
        result = self.migrate(remote=f"exec {XC_MIGRATE} --receive --before-unpause='echo $XC_RESTORE_NAME'")
        self.assertEqual((result.status, result.said), (0, "guest--incoming\n"))

    def test_without_a_remote_command(self) -> None:
        environment = {**os.environ, "FAKE_STREAM": str(PV), "FAKE_LOG": str(self.folder / "source")}
        done = subprocess.run([XC_MIGRATE, f"--via=FAKE_LOG={self.folder / 'receiver'} {XC_MIGRATE} --receive",
                               "--no-live", "--remote=", "guest"], env=environment, timeout=PATIENCE, check=False)
        self.assertEqual(done.returncode, 0)

    def test_ssh(self) -> None:
        """Without --via: ssh is called with the destination and one word."""
        ssh = self.folder / "ssh"
        ssh.write_text(f"#!/bin/sh\necho \"$@\" >{self.folder}/args\nFAKE_LOG={self.folder}/receiver\nexport FAKE_LOG\n"
                       f"exec {XC_MIGRATE} --receive\n")
        ssh.chmod(0o755)
        environment = {**os.environ, "FAKE_STREAM": str(PV), "FAKE_LOG": str(self.folder / "source"),
                       "PATH": f"{self.folder}:{os.environ['PATH']}"}
        for destination, user in (("host", "root@host"), ("me@host", "me@host")):
            done = subprocess.run([XC_MIGRATE, "--no-live", "guest", destination], env=environment, timeout=PATIENCE, check=False)
            self.assertEqual(done.returncode, 0)
            self.assertEqual((self.folder / "args").read_text(), f"-T -- {user} xc-migrate --receive\n")

    def test_name_is_taken(self) -> None:
        result = self.migrate(receiver="FAKE_NAMES=taken")
        self.assertEqual((result.status, result.guest, result.copy), (0, "gone", "runs"), show(result))
        self.assertIn("is still called guest--incoming: domain 1 has the name guest", result.said)


class Cuts(Case):
    """The connection, the source or the receiver ends at every byte of the messages, and here and there in the stream."""

    def setUp(self) -> None:
        super().setUp()
        self.migrate()
        forth, back = map(int, (self.folder / "count").read_text().split())
        self.stream = forth - HELLO - LETGO
        self.assertEqual(back, BACK)

    def places(self, dense: bool) -> Iterator[str]:
        """Where to strike: each byte of the messages, or each message's ends."""
        hello, letgo = range(HELLO), range(LETGO + 1)
        back = range(BACK + 1)
        if not dense:
            hello, letgo, back = range(0, HELLO, 12), range(0, LETGO + 1, 7), range(0, BACK + 1, 7)
        for at in hello:
            yield f"forth {at}"
        for at in somewhere(self.stream):
            yield f"forth {HELLO + at}"
        for at in letgo:
            yield f"forth {HELLO + self.stream + at}"
        for at in back:
            yield f"back {at}"

    def strike(self, mode: str, dense: bool, source_killed: bool = False, timeout: int = 20) -> List[Result]:
        results = []
        for place in self.places(dense):
            with self.subTest(f"{mode} {place}"):
                result = self.migrate(f"--timeout={timeout}", wire=f"{mode} {place}")
                if not (source_killed and result.status == 0):
                    self.check_one(result, source_killed)
                results.append(result)
        return results

    def check_all_ends(self, results: List[Result]) -> None:
        """A test that never sees a guest stay, move or be in doubt has not tried anything."""
        self.assertTrue({0, 2, 8} >= {result.status for result in results})
        self.assertIn(2, {result.status for result in results})
        self.assertIn(8, {result.status for result in results})

    def test_cut(self) -> None:
        results = self.strike("cut", True)
        self.check_all_ends(results)
        # Only what was cut behind LETGO is in doubt.
        for result in results:
            if result.copy == "runs" and result.status != 0:
                self.assertEqual(result.status, 8)

    def test_one_direction(self) -> None:
        self.strike("half", False)

    def test_receiver_killed(self) -> None:
        """Before LETGO a process that outlives it removes the copy; one that may run is left alone."""
        for result in self.strike("kill-receiver", False):
            self.assertIn(result.copy, ("none", "runs") if result.status == 2 else ("none", "paused", "runs"), show(result))

    def test_source_killed(self) -> None:
        for result in self.strike("kill-source", True, True):
            if result.copy != "runs":
                self.assertIn(result.guest, ("runs", "suspended"), show(result))
                self.assertEqual(result.copy, "none", show(result))

    def test_source_terminated(self) -> None:
        self.strike("term-source", True)

    def test_receiver_terminated(self) -> None:
        self.strike("term-receiver", True)

    def test_stalled(self) -> None:
        """Nothing comes any more, and nobody says so: timers decide."""
        hello = HELLO - 1  # "1" is shorter than "60"
        stream = hello + self.stream
        for place in ("forth 0", f"forth {hello}", f"forth {hello + 5000}", f"forth {stream}", "back 0", "back 40",
                      f"back {HELD - 1}"):
            with self.subTest(place):
                self.check_stays(self.migrate("--timeout=1", wire=f"stall {place}"), "nothing")
        for place in (f"forth {stream + LETGO}", f"back {HELD}"):
            with self.subTest(place):
                result = self.migrate("--timeout=1", wire=f"stall {place}")
                self.assertEqual((result.status, result.guest), (8, "paused"), show(result))


class Faults(Case):
    """Guest, host or engines fail."""

    def test_refused(self) -> None:
        result = self.migrate(receiver="FAKE_HOST=clash")
        self.check_stays(result, "the other side failed: the name is in use; the guest ")
        self.assertNotIn("suspend", self.life("source"))

    def test_no_hypervisor(self) -> None:
        self.check_stays(self.migrate(receiver="FAKE_HOST=missing"), "the other side failed: no hypervisor")

    def test_cannot_create(self) -> None:
        for host in ("nocreate", "half"):
            self.check_stays(self.migrate(receiver=f"FAKE_HOST={host}"), "the other side failed: cannot")
            self.assertNotIn("suspend", self.life("source"))

    def test_receiver_out_of_memory(self) -> None:
        self.check_stays(self.migrate(receiver="FAKE_ENGINE=fails"), "out of pages")

    def test_restoring_crashes(self) -> None:
        for engine in ("abort", "lies", "mute"):
            self.check_stays(self.migrate(receiver=f"FAKE_ENGINE={engine}"), "the other side failed: the engine")

    def test_cannot_be_introduced(self) -> None:
        self.check_stays(self.migrate(receiver="FAKE_HOST=strange"), "the other side failed: cannot introduce it")

    def test_command_fails(self) -> None:
        result = self.migrate(remote=f"exec {XC_MIGRATE} --receive --before-unpause='exit 3'")
        self.check_stays(result, "the other side failed: the command failed with status 3")

    def test_cannot_be_unpaused(self) -> None:
        """Behind LETGO: the receiver says FAILED, and the source resumes."""
        result = self.migrate(receiver="FAKE_HOST=frozen")
        self.check_stays(result, "the other side failed: cannot unpause it")
        self.assertEqual(self.life("source"), ["suspend", "resume"])

    def test_saving_fails(self) -> None:
        for engine, text in (("fails", "cannot go on"), ("abort", "ended by signal 6")):
            self.check_stays(self.migrate(engine=engine), text)

    def test_bad_streams(self) -> None:
        """Both sides verify at once: either may be the first to see it."""
        for engine in ("early", "garbage"):
            result = self.migrate(engine=engine)
            if result.status == 1:
                self.check_stays(result, "does not verify", 1)
            else:
                self.check_stays(result, "the other side failed: error: offset ")

    def test_engine_lies_behind_a_whole_stream(self) -> None:
        """The receiver has it all, and HELD is said; but the save failed."""
        self.check_stays(self.migrate(engine="lies"), "ended with status 3 before it told a result")

    def test_guest(self) -> None:
        self.check_stays(self.migrate("--timeout=1", guest="half"), "", 3)
        result = self.migrate("--timeout=1", guest="mute")
        self.assertEqual((result.status, result.copy), (3, "none"), show(result))
        result = self.migrate(guest="dies")
        self.assertEqual((result.status, result.copy), (5, "none"), show(result))
        result = self.migrate("--timeout=1", guest="lost")
        self.assertEqual((result.status, result.copy), (4, "none"), show(result))
        for guest in ("missing", "dom0", "paused", "suspended"):
            self.assertEqual(self.migrate(guest=guest).copy, "none")
            self.assertNotIn("create", self.life("receiver"))

    def test_cannot_be_destroyed(self) -> None:
        result = self.migrate(guest="stiff")
        self.assertEqual((result.status, result.guest, result.copy), (6, "suspended", "runs"), show(result))
        self.assertIn("do not let it run", result.said)

    def test_cannot_be_resumed(self) -> None:
        result = self.migrate(guest="stiff", receiver="FAKE_ENGINE=fails")
        self.assertEqual((result.status, result.guest, result.copy), (4, "suspended", "none"), show(result))
        self.assertIn("xc-save --resume", result.said)

    def test_copy_cannot_be_removed(self) -> None:
        result = self.migrate(receiver="FAKE_HOST=sticky FAKE_ENGINE=fails")
        self.check_stays(result, "DOMAIN 9 IS STILL THERE", copy="paused")


def end_of_pages(image: bytes) -> int:
    """Where the first PAGE_DATA of a libxc image ends."""
    at = 40
    while True:
        kind, length = struct.unpack_from("<II", image, at)
        at += 8 + (length + 7) // 8 * 8
        if kind == 1:
            return at


class Live(Case):
    """The guest runs while most of it is copied; the limits are xc-save's."""

    def live(self, *options: str, **more: str) -> Result:
        return self.migrate(*options, **{"live": True, "guest": "pvh", "stream": str(PVH),
                                         "split": str(end_of_pages(PVH.read_bytes())), **more})

    def passes(self, result: Result) -> int:
        rows = [json.loads(line) for line in result.out.splitlines()]
        self.assertEqual(rows[-1]["event"], "result")
        return len([row for row in rows if row["event"] == "pass"])

    def test_by_default(self) -> None:
        result = self.live("--json", dirty="500,10")
        self.assertEqual((result.status, result.guest, result.copy), (0, "gone", "runs"), show(result))
        self.assertGreater(self.passes(result), 1)

    def test_guest_that_cannot(self) -> None:
        result = self.live("--json", guest="pvh-nolog")
        self.assertEqual((result.status, self.passes(result)), (0, 0), show(result))
        self.assertIn("no log of dirty pages", result.said)
        result = self.live("--live", guest="pvh-nolog")
        self.assertEqual((result.status, result.guest, result.copy), (3, "runs", "none"), show(result))

    def test_busy(self) -> None:
        """Dirties faster than the wire: the guest runs on, or stands still for longer; as was asked."""
        result = self.live("--live", "--max-iterations=3", "--if-busy=abort", dirty="1000")
        self.check_stays(result, "", 7)
        result = self.live("--live", "--max-iterations=3", dirty="1000")
        self.assertEqual((result.status, result.guest, result.copy), (0, "gone", "runs"), show(result))

    def test_faults_in_a_pass(self) -> None:
        for place in ("forth 100", "forth 1000", f"forth {HELLO + end_of_pages(PVH.read_bytes()) + 600}"):
            with self.subTest(place):
                self.check_one(self.live("--live", wire=f"cut {place}", dirty="1000,1000,10"))
                self.check_one(self.live("--live", wire=f"kill-receiver {place}", dirty="1000,1000,10"))
        self.check_stays(self.live(engine="dies-in-pass", dirty="10"), "ended with status 9 before it told a result")
        self.assertNotIn("suspend", self.life("source"))


class Strangers(Case):
    """The other side is something else."""

    def test_says_something_else(self) -> None:
        self.check_stays(self.migrate(remote="echo Welcome to this host; sleep 0.1"), "Welcome to this host")
        self.check_stays(self.migrate(remote="yes | head -c 100000 | tr -d '\\n'"), "does not speak")
        self.check_stays(self.migrate(remote="echo XCM2 0123456789abcdef welcome"), "XCM2")

    def test_other_token(self) -> None:
        result = self.migrate(remote="echo XCM1 0123456789abcdef welcome; cat >/dev/null")
        self.check_stays(result, "does not speak version 1")

    def test_is_not_there(self) -> None:
        for remote in ("exit 255", "/nonexistent", "exec true"):
            self.check_stays(self.migrate(remote=remote), "is lost; the guest was not touched")

    def test_says_nothing(self) -> None:
        self.check_stays(self.migrate("--timeout=1", remote="exec sleep 3"), "nothing came from the other side")

    def test_receiver_hears_nonsense(self) -> None:
        for words in (b"hello\n", b"XCM1 0123456789abcdef letgo\n", b"XCM1 0123456789abcdef hello 60 \n", b"x" * 600,
                      b"XCM1 0123456789abcdef hello 0 a\n", b"XCM2 0123456789abcdef hello 60 a\n", b""):
            environment = {**os.environ, "FAKE_LOG": str(self.folder / "receiver")}
            done = subprocess.run([XC_MIGRATE, "--receive", "--timeout=1"], env=environment, input=words,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=PATIENCE, check=False)
            self.assertEqual(done.returncode, 2, words)
            self.assertEqual(self.life("receiver"), [])
            if len(words) > 40:
                self.assertIn(b" failed the source does not speak", done.stdout)

    def test_on_a_terminal(self) -> None:
        ours, theirs = os.openpty()
        done = subprocess.run([XC_MIGRATE, "--receive"], stdin=theirs, stdout=theirs, stderr=subprocess.PIPE,
                              timeout=PATIENCE, check=False)
        os.close(ours)
        os.close(theirs)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"are no connection", done.stderr)


class Signals(Case):
    """INT reaches everybody on a terminal; what was let go is waited for."""

    def test_to_all(self) -> None:
        process = self.start(engine="hang")
        until = time.monotonic() + PATIENCE
        while "suspend" not in self.life("source"):
            self.assertLess(time.monotonic(), until)
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        self.check_stays(self.finish(process), "stopped by signal 2")


class Usage(Case):
    """The command line."""

    def test_errors(self) -> None:
        for words in ([], ["a"], ["a", "b", "c"], ["a", "b", "--via=x"], ["a", "-x"], ["a", ""], ["--receive", "a"],
                      ["--receive", "--via=x"], ["--receive", "--json"], ["--receive", "--live"],
                      ["--max-time=2", "--no-live", "a", "b"], ["--live", "--checkpoint=100", "a", "b"],
                      ["--name=x", "a", "b"], ["--timeout=0", "a", "b"],
                      ["--timeout=4000", "a", "b"]):
            done = subprocess.run([XC_MIGRATE, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, timeout=PATIENCE, check=False)
            self.assertEqual(done.returncode, 2, words)
            self.assertIn(b"xc-migrate", done.stderr)

    def test_version(self) -> None:
        done = subprocess.run([XC_MIGRATE, "--version"], stdout=subprocess.PIPE, text=True, check=False)
        self.assertRegex(done.stdout, r"^xc-migrate \(libstream\) \d+\.\d+\.\d+\n$")


if __name__ == "__main__":
    unittest.main()
