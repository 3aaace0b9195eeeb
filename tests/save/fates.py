# SPDX-License-Identifier: MIT
"""Every way that a save can go, with a fake guest and a fake engine (fake_guest.c): what becomes of guest and file.

XC_SAVE names the program, VECTORS the folder of test vectors.
"""

import gzip
import json
import os
import pty
import random
import re
import resource
import shutil
import signal
import struct
import subprocess
import tempfile
import time
import unittest
import zlib
from pathlib import Path
from typing import IO, Dict, List, Optional, Union

from fake_qmp import FakeQmp

XC_SAVE = os.environ["XC_SAVE"]
VECTORS = Path(os.environ["VECTORS"])
PV = VECTORS / "good-libxc-pv64.img"
PVH = VECTORS / "good-libxc-pvh.img"

XL_HEADER = struct.Struct("<32sIIIII")
FIRST_BATCH = 0x348     # where the first PAGE_DATA record of the large stream is
PATIENCE = 30           # seconds for anything that should be quick


class Case(unittest.TestCase):
    """A folder of its own, and helpers to run the tool in it."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.log = Path(folder.name) / "log"
        self.folder = Path(folder.name) / "out"
        self.folder.mkdir()
        self.target = self.folder / "x.img"

    def environment(self, **fake: str) -> Dict[str, str]:
        settings = {"STREAM": str(PV), "LOG": str(self.log), **{name.upper(): value for name, value in fake.items()}}
        return {**os.environ, **{f"FAKE_{name}": value for name, value in settings.items()}}

    def start(self, *words: str, stdout: int = subprocess.PIPE, **fake: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen([XC_SAVE, *words], env=self.environment(**fake), stdin=subprocess.DEVNULL,
                                stdout=stdout, stderr=subprocess.PIPE)

    def save(self, *words: str, stdout: Union[int, IO[bytes]] = subprocess.PIPE,
             **fake: str) -> "subprocess.CompletedProcess[bytes]":
        """xc-save WORDS with the fakes told; ends or is killed."""
        return subprocess.run([XC_SAVE, *words], env=self.environment(**fake), stdin=subprocess.DEVNULL,
                              stdout=stdout, stderr=subprocess.PIPE, timeout=PATIENCE, check=False)

    def large_stream(self) -> Path:
        """A stream of 8 MiB: more than all pipes on the way hold."""
        path = self.log.with_name("stream")
        path.write_bytes(gzip.decompress((VECTORS / "good-libxc-hvm-holes.img.gz").read_bytes()))
        return path

    def life(self) -> List[str]:
        """What was done to the guest."""
        return self.log.read_text().split() if self.log.exists() else []

    def check_failed(self, done: "subprocess.CompletedProcess[bytes]", status: int, text: str,
                     life: Optional[List[str]] = None) -> None:
        """Failed like this, the guest had this life, and no file is there."""
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertIn(text, done.stderr.decode())
        self.assertEqual(self.life(), ["suspend", "resume"] if life is None else life)
        self.assertEqual(os.listdir(self.folder), [])

    def await_life(self, event: str) -> None:
        until = time.monotonic() + PATIENCE
        while event not in self.life():
            self.assertLess(time.monotonic(), until, f"no {event} in the guest's life")
            time.sleep(0.02)

    def await_suspension(self) -> None:
        self.await_life("suspend")


def config_of(image: bytes) -> Dict[str, object]:
    """The JSON of an xl image."""
    magic, order, mandatory, optional, length, config = XL_HEADER.unpack_from(image)
    assert magic.startswith(b"Xen saved domain, xl format\n") and order == 0x01020304
    assert (mandatory, optional, length) == (3, 0, config + 4)
    text = image[XL_HEADER.size:XL_HEADER.size + config]
    assert text.index(b"\0") == len(text) - 1
    return json.loads(text[:-1])


def end_of_pages(image: bytes) -> int:
    """Where the first PAGE_DATA of a libxc image ends."""
    at = 40
    while True:
        kind, length = struct.unpack_from("<II", image, at)
        at += 8 + (length + 7) // 8 * 8
        if kind == 1:
            return at


class Success(Case):
    """Saves that succeed."""

    def test_file(self) -> None:
        done = self.save("guest", str(self.target))
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"", b""))
        self.assertEqual(self.life(), ["suspend", "destroy"])
        self.assertEqual(os.listdir(self.folder), ["x.img"])
        self.assertEqual(self.target.stat().st_mode & 0o777, 0o600)
        self.assertIn(PV.read_bytes() + bytes(8), self.target.read_bytes())
        self.assertTrue(self.target.read_bytes().endswith(bytes(8)))

    def test_pipe(self) -> None:
        done = self.save("guest")
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertEqual(self.life(), ["suspend", "hold"])
        self.assertEqual(self.save("guest", "-").stdout, done.stdout)

    def test_formats(self) -> None:
        self.assertEqual(self.save("-f", "libxc", "guest").stdout, PV.read_bytes())
        libxl = self.save("--format=libxl", "guest").stdout
        self.assertEqual(libxl, b"LibxlFmt" + struct.pack(">II", 2, 0) + struct.pack("<II", 1, 0) + PV.read_bytes() + bytes(8))
        self.assertTrue(self.save("-f", "xl", "guest").stdout.endswith(libxl))
        self.assertEqual(self.save("-f", "legacy", "guest").returncode, 2)

    def test_large(self) -> None:
        stream = self.large_stream()
        self.assertEqual(self.save("-f", "libxc", "guest", stream=str(stream)).stdout, stream.read_bytes())

    def test_who_writes_the_file(self) -> None:
        stream = self.large_stream()
        piped = self.save("-f", "libxc", "guest", stream=str(stream)).stdout
        for words, fuse, way in (((), "", b"a file"), ((), "1", b"a pipe"), (("--bandwidth=1G",), "", b"a pipe")):
            done = self.save("-v", "-f", "libxc", *words, "guest", str(self.target), stream=str(stream), fuse=fuse, engine="tells")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(b"writes to " + way, done.stderr)
            self.assertEqual(self.target.read_bytes(), piped)
        # Who opened it may want to write there as well, and where it begins is not known.
        with self.target.open("wb") as file:
            done = self.save("-v", "guest", engine="tells", stdout=file)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b"writes to a pipe", done.stderr)

    def test_pvh(self) -> None:
        done = self.save("guest", str(self.target), guest="pvh", stream=str(PVH))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(config_of(self.target.read_bytes())["c_info"]["type"], "pvh")

    def test_then(self) -> None:
        for then, last in (("destroy", "destroy"), ("pause", "hold"), ("resume", "resume")):
            for target in ("-", str(self.target)):
                self.log.unlink(missing_ok=True)
                done = self.save(f"--then={then}", "guest", target)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(self.life(), ["suspend", last])

    def test_replaces_an_older_file(self) -> None:
        self.target.write_bytes(b"old")
        self.assertEqual(self.save("guest", str(self.target)).returncode, 0)
        self.assertGreater(self.target.stat().st_size, 3)

    def test_verbose(self) -> None:
        done = self.save("-v", "guest", str(self.target))
        self.assertIn(b"suspended", done.stderr)
        self.assertIn(b"the guest is destroyed", done.stderr)

    def test_json(self) -> None:
        to_file = self.save("--json", "guest", str(self.target))
        to_pipe = self.save("--json", "guest")
        for text, fate in ((to_file.stdout, "destroyed"), (to_pipe.stderr, "paused")):
            rows = [json.loads(line) for line in text.decode().splitlines()]
            self.assertEqual([row["event"] for row in rows if row["event"] != "progress"],
                             ["started", "suspended", "written", "result"])
            self.assertEqual((rows[-1]["saved"], rows[-1]["guest"], rows[-1]["status"]), (True, fate, 0))
            self.assertEqual(rows[-1]["bytes"], len(to_pipe.stdout))

    def test_resume(self) -> None:
        for guest, life in (("suspended", ["resume"]), ("paused", ["unpause"]), ("", [])):
            self.log.unlink(missing_ok=True)
            self.assertEqual(self.save("--resume", "guest", guest=guest).returncode, 0)
            self.assertEqual(self.life(), life)
        self.assertEqual(self.save("--resume", "guest", guest="crashed").returncode, 5)
        self.assertEqual(self.save("--resume", "guest", guest="missing").returncode, 2)


class Compression(Case):
    """Compressed output: what comes out of it again is the stream, and what can fail fails as without."""

    def mixed_stream(self) -> Path:
        """A large stream that sends its first pages again and again, as noise, text and zeros."""
        image = self.large_stream().read_bytes()
        first = FIRST_BATCH
        kind, length, count = struct.unpack_from("<III", image, first)
        assert (kind, count) == (1, 1024)
        entries = [e for e in struct.unpack_from("<1024Q", image, first + 16) if e >> 60 == 0]
        noise = random.Random(5)
        batches = bytearray()
        for number in range(64):
            pages = noise.randbytes(4096 * len(entries)) if number % 2 else b"page of text %7d " % number * 240 * len(entries)
            body = struct.pack(f"<II{len(entries)}Q", len(entries), 0, *entries) + pages[:4096 * len(entries)]
            body = body.ljust(8 + 4104 * len(entries), b"\0")
            batches += struct.pack("<II", 1, len(body)) + body
        path = self.log.with_name("mixed")
        # Behind the first batch, which brought these pages.
        path.write_bytes(image[:first + 8 + length] + batches + image[first + 8 + length:])
        return path

    def unpack(self, method: str, data: bytes) -> bytes:
        return subprocess.run([method, "-dc"], input=data, stdout=subprocess.PIPE, timeout=PATIENCE, check=True).stdout

    def test_comes_out_again(self) -> None:
        for stream in (PV, self.large_stream(), self.mixed_stream()):
            plain = self.save("-f", "libxc", "guest", stream=str(stream))
            for option, method in (("-z", "gzip"), ("-z3", "gzip"), ("--compress", "gzip"), ("--compress=4", "gzip"),
                                   ("--compress=gzip:5", "gzip"), ("--compress=zstd", "zstd"), ("-zzstd:9", "zstd")):
                if not shutil.which(method):
                    continue
                done = self.save(option, "-f", "libxc", "guest", stream=str(stream))
                self.assertEqual((done.returncode, done.stderr), (0, b""))
                self.assertEqual(self.unpack(method, done.stdout), plain.stdout, (stream, option))
                self.assertLess(len(done.stdout), len(plain.stdout))

    def test_one_member(self) -> None:
        stream = self.large_stream()
        inflater = zlib.decompressobj(31)
        self.assertEqual(inflater.decompress(self.save("-z", "-f", "libxc", "guest", stream=str(stream)).stdout), stream.read_bytes())
        self.assertTrue(inflater.eof)
        self.assertEqual(inflater.unused_data, b"")

    def test_file_and_report(self) -> None:
        done = self.save("-z", "--json", "guest", str(self.target))
        result = json.loads(done.stdout.splitlines()[-1])
        self.assertEqual(self.life(), ["suspend", "destroy"])
        self.assertEqual(self.target.stat().st_mode & 0o777, 0o600)
        self.assertEqual(result["stored"], self.target.stat().st_size)
        self.assertEqual(result["bytes"], len(gzip.decompress(self.target.read_bytes())))

    def test_bad_streams_are_seen_before(self) -> None:
        for option in ("-z", "--compress=zstd"):
            self.log.unlink(missing_ok=True)
            done = self.save(option, "guest", str(self.target), engine="early")
            self.check_failed(done, 1, "the stream does not verify")

    def test_full(self) -> None:
        for option in ("-z", "--compress=zstd"):
            self.log.unlink(missing_ok=True)
            self.check_full(self.save(option, "guest", "/dev/full"))

    def test_full_early(self) -> None:
        self.check_full(self.save("-z", "-f", "libxc", "guest", "/dev/full", stream=str(self.mixed_stream())))

    def check_full(self, done: "subprocess.CompletedProcess[bytes]") -> None:
        """The compressor writes when it likes: before the suspension, or behind it."""
        life = self.life()
        self.assertIn(life, ([], ["suspend", "resume"]))
        fate = "runs on" if life else "was not touched"
        self.check_failed(done, 2, f"cannot write the output: No space left on device; the guest {fate}", life)

    def test_reader_leaves(self) -> None:
        saver = self.start("-z", "-f", "libxc", "guest", stream=str(self.mixed_stream()))
        assert saver.stdout and saver.stderr
        saver.stdout.read(1000)
        saver.stdout.close()
        self.assertEqual(saver.wait(PATIENCE), 2)
        self.assertIn(b"the reader of the output is gone", saver.stderr.read())
        saver.stderr.close()
        self.assertIn(self.life(), (["suspend", "resume"], []))

    def test_stopped_while_stuck(self) -> None:
        saver = self.start("-z", "-f", "libxc", "guest", stream=str(self.mixed_stream()))
        assert saver.stdout and saver.stderr
        self.await_suspension()
        time.sleep(0.2)
        saver.send_signal(signal.SIGTERM)
        self.assertEqual(saver.wait(PATIENCE), 2)
        self.assertIn(b"stopped by signal 15", saver.stderr.read())
        self.assertRaises(EOFError, gzip.decompress, saver.stdout.read())
        saver.stdout.close()
        saver.stderr.close()
        self.assertEqual(self.life(), ["suspend", "resume"])

    def test_usage(self) -> None:
        for option in ("-z0", "-z10", "--compress=lzma", "--compress=gzip:x", "--compress=zstd:20", "--compress="):
            self.check_failed(self.save(option, "guest"), 2, "no such compression", [])


class Configuration(Case):
    """What is in the image's configuration."""

    def config(self, **fake: str) -> Dict[str, object]:
        done = self.save("guest", **fake)
        self.assertEqual(done.returncode, 0, done.stderr)
        return config_of(done.stdout)

    def test_made_from_facts(self) -> None:
        self.assertEqual(self.config(), {
            "c_info": {"type": "pv", "name": "guest", "uuid": "01234567-89ab-cdef-0123-456789abcdef"},
            "b_info": {"max_vcpus": 3, "avail_vcpus": [0, 2], "max_memkb": 8192, "target_memkb": 4000, "type.pv": {}},
        })

    def test_nameless(self) -> None:
        self.assertEqual(self.config(guest="nameless")["c_info"]["name"], "Domain-7")

    def test_stored_is_brought_up_to_date(self) -> None:
        stored = {"c_info": {"type": "pv", "name": "old", "uuid": "x", "xsdata": {"a": "b"}}, "disks": [{"vdev": "xvda"}],
                  "b_info": {"max_vcpus": 4, "avail_vcpus": [0], "target_memkb": 1, "video_memkb": 96, "type.pv": {"k": 1}}}
        config = self.config(config=json.dumps(stored))
        self.assertEqual(config["c_info"]["name"], "guest")
        self.assertEqual(config["c_info"]["uuid"], "01234567-89ab-cdef-0123-456789abcdef")
        self.assertEqual(config["c_info"]["xsdata"], {"a": "b"})
        self.assertEqual(config["disks"], stored["disks"])
        self.assertEqual(config["b_info"], {**stored["b_info"], "avail_vcpus": [0, 2], "target_memkb": 4096})

    def test_damaged(self) -> None:
        for config in ("", "{", "[]", '"text"'):
            done = self.save("guest", str(self.target), config=config)
            self.check_failed(done, 2, "the stored configuration is not", [])


class EngineFaults(Case):
    """The engine fails, dies or writes what does not verify: the guest runs on."""

    def test_fails(self) -> None:
        self.check_failed(self.save("guest", str(self.target), engine="fails"), 2, "the engine failed: cannot go on")

    def test_aborts(self) -> None:
        done = self.save("guest", str(self.target), engine="abort")
        self.check_failed(done, 2, "ended by signal 6", ["suspend", "clean-up", "resume"])

    def test_stops_early_and_claims_success(self) -> None:
        for form in ("xl", "libxl", "libxc"):
            self.log.unlink(missing_ok=True)
            done = self.save("-f", form, "guest", str(self.target), engine="early")
            self.check_failed(done, 1, "the stream does not verify")

    def test_exits_badly_behind_a_whole_stream(self) -> None:
        self.check_failed(self.save("guest", str(self.target), engine="lies"), 2,
                          "ended with status 3 before it told a result")

    def test_garbage(self) -> None:
        self.check_failed(self.save("guest", str(self.target), engine="garbage"), 1, "the stream does not verify")

    def test_garbage_without_end(self) -> None:
        done = self.save("guest", str(self.target), engine="flood")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(self.life(), ["suspend", "resume"])

    def test_bad_streams(self) -> None:
        names = ("bad-context-before-memory", "bad-domain-page-shift-13", "bad-domain-reserved")
        for name in names:
            self.log.unlink(missing_ok=True)
            done = self.save("guest", str(self.target), stream=str(VECTORS / f"{name}.img"))
            self.assertEqual(done.returncode, 1, (name, done.stderr))
            self.assertIn(self.life(), (["suspend", "resume"], []))
            self.assertEqual(os.listdir(self.folder), [])

    def test_cannot_begin(self) -> None:
        self.check_failed(self.save("guest", str(self.target), stream="/nonexistent"), 2, "the engine failed", [])

    def test_never_asks(self) -> None:
        done = self.save("guest", str(self.target), engine="unasked")
        self.check_failed(done, 2, "before it let the guest suspend", [])


class OutputFaults(Case):
    """The output fails: the guest runs on."""

    def test_full(self) -> None:
        done = self.save("guest", "/dev/full")
        self.check_failed(done, 2, "No space left on device; the guest ", self.life())
        self.assertIn(self.life(), (["suspend", "resume"], []))

    def test_no_directory(self) -> None:
        self.check_failed(self.save("guest", str(self.folder / "no" / "x")), 2, "the guest was not touched", [])

    def test_is_a_directory(self) -> None:
        self.check_failed(self.save("guest", str(self.folder)), 2, "the guest was not touched", [])

    def test_terminal(self) -> None:
        ours, theirs = pty.openpty()
        done = subprocess.run([XC_SAVE, "guest"], env=self.environment(), stdout=theirs, stderr=subprocess.PIPE,
                              timeout=PATIENCE, check=False)
        os.close(ours)
        os.close(theirs)
        self.check_failed(done, 2, "is a terminal", [])

    def test_closed(self) -> None:
        done = subprocess.run(["sh", "-c", '"$0" guest >&-', XC_SAVE], env=self.environment(), stderr=subprocess.PIPE,
                              stdout=subprocess.PIPE, timeout=PATIENCE, check=False)
        self.check_failed(done, 2, "Bad file descriptor", self.life())
        self.assertIn(self.life(), (["suspend", "resume"], []))

    def test_file_grows_too_big(self) -> None:
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))  # noqa: E731
        done = subprocess.run([XC_SAVE, "guest", str(self.target)], env=self.environment(), preexec_fn=limit,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=PATIENCE, check=False)
        self.check_failed(done, 2, "cannot write the output: File too large")

    def test_cannot_be_flushed(self) -> None:
        self.check_failed(self.save("guest", str(self.target), fsync="fails"), 2, "Input/output error; the guest runs on")

    def test_old_file_outlives_a_failure(self) -> None:
        self.target.write_bytes(b"old")
        self.assertEqual(self.save("guest", str(self.target), engine="fails").returncode, 2)
        self.assertEqual(self.target.read_bytes(), b"old")
        self.assertEqual(os.listdir(self.folder), ["x.img"])

    def test_reader_leaves(self) -> None:
        for taken in (0, 1, 60000, 4000000):
            self.log.unlink(missing_ok=True)
            saver = self.start("-f", "libxc", "guest", stream=str(self.large_stream()))
            assert saver.stdout and saver.stderr
            saver.stdout.read(taken)
            saver.stdout.close()
            self.assertEqual(saver.wait(PATIENCE), 2)
            self.assertIn(b"the reader of the output is gone", saver.stderr.read())
            saver.stderr.close()
            self.assertIn(self.life(), (["suspend", "resume"], []))


class Signals(Case):
    """TERM, INT and HUP before success: the guest runs on, and nothing is left."""

    def interrupt(self, number: int, *words: str, **fake: str) -> None:
        saver = self.start(*words, **fake)
        assert saver.stdout and saver.stderr
        self.await_suspension()
        time.sleep(0.1)
        saver.send_signal(number)
        self.assertEqual(saver.wait(PATIENCE), 2)
        self.assertIn(f"stopped by signal {number}", saver.stderr.read().decode())
        saver.stdout.close()
        saver.stderr.close()
        self.assertEqual(os.listdir(self.folder), [])

    def test_engine_at_work(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            self.log.unlink(missing_ok=True)
            self.interrupt(number, "guest", str(self.target), engine="hang")
            self.assertEqual(self.life()[-1], "resume")

    def test_while_the_guest_is_waited_for(self) -> None:
        self.interrupt(signal.SIGTERM, "guest", str(self.target), guest="mute")
        self.assertEqual(self.life(), ["suspend"])

    def test_request_taken_but_not_suspended(self) -> None:
        self.interrupt(signal.SIGTERM, "guest", str(self.target), guest="half")
        self.assertEqual(self.life(), ["suspend", "resume"])

    def test_reader_is_stuck(self) -> None:
        # Nobody reads, and the stream fills every pipe on the way.
        self.interrupt(signal.SIGTERM, "-f", "libxc", "guest", stream=str(self.large_stream()))
        self.assertEqual(self.life(), ["suspend", "resume"])


class GuestFaults(Case):
    """The guest does not play along."""

    def test_mute(self) -> None:
        self.check_failed(self.save("--timeout=1", "guest", str(self.target), guest="mute"), 3, "no answer", ["suspend"])

    def test_takes_it_and_suspends_late(self) -> None:
        done = self.save("--timeout=1", "guest", str(self.target), guest="half")
        self.check_failed(done, 3, "did not suspend; the guest runs on")

    def test_takes_it_and_never_suspends(self) -> None:
        done = self.save("--timeout=1", "guest", str(self.target), guest="lost")
        self.check_failed(done, 4, "THE GUEST DOES NOT RUN", ["suspend"])

    def test_dies(self) -> None:
        self.check_failed(self.save("guest", str(self.target), guest="dies"), 5, "the guest has ended", ["suspend"])

    def test_cannot_be_resumed(self) -> None:
        done = self.save("guest", str(self.target), guest="stiff", engine="fails")
        self.check_failed(done, 4, "cannot resume", ["suspend"])

    def test_saved_but_cannot_be_destroyed(self) -> None:
        done = self.save("guest", str(self.target), guest="stiff")
        self.assertEqual(done.returncode, 6, done.stderr)
        self.assertIn(b"saved, but afterwards: cannot destroy", done.stderr)
        self.assertEqual(os.listdir(self.folder), ["x.img"])

    def test_refused_before_anything_happens(self) -> None:
        for guest, status, text in (("missing", 2, "no such domain"), ("dom0", 2, "domain 0"), ("hvm", 3, "no device model"),
                                    ("pci", 3, "1 PCI device of the host, whose state cannot be saved; detach it"),
                                    ("pcis", 3, "2 PCI devices"), ("pod", 3, "300 pages of it are populated on demand"),
                                    ("vnuma", 3, "NUMA"), ("deaf", 3, "to suspend is none of them"),
                                    ("paused", 3, "unpause"), ("dying", 3, "destroyed"), ("crashed", 3, "crash"),
                                    ("suspended", 3, "--resume")):
            self.check_failed(self.save("guest", str(self.target), guest=guest), status, text, [])


class Warnings(Case):
    """What does not keep a guest from being saved."""

    def test_warnings(self) -> None:
        for guest, text in (("nested", "guests of its own"),
                            ("ballooning", "balloon driver is at work: it has 4 MiB, its target is 11 MiB")):
            self.log.unlink(missing_ok=True)
            done = self.save("guest", str(self.target), guest=guest)
            self.assertEqual(done.returncode, 0)
            self.assertEqual(done.stderr.decode().count(text), 1, done.stderr)
            self.assertEqual(self.save("-q", "--then=resume", "guest", str(self.target), guest=guest).stderr, b"")


class Live(Case):
    """Saves of a guest that runs meanwhile. The fake one dirties what it is told to."""

    def live_environment(self, **fake: str) -> Dict[str, str]:
        return {"guest": "pvh", "stream": str(PVH), "split": str(end_of_pages(PVH.read_bytes())), **fake}

    def live(self, *words: str, **fake: str) -> "subprocess.CompletedProcess[bytes]":
        return self.save("--live", *words, "guest", str(self.target), **self.live_environment(**fake))

    def passes(self, done: "subprocess.CompletedProcess[bytes]") -> List[Dict[str, object]]:
        """What --json said of the passes."""
        rows = [json.loads(line) for line in done.stdout.decode().splitlines()]
        self.assertEqual(rows[-1]["live"], True)
        return [row for row in rows if row["event"] == "pass"]

    def test_quiet_guest(self) -> None:
        done = self.live("--json", dirty="10")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.life(), ["try-log", "pass", "suspend", "destroy"])
        (only,) = self.passes(done)
        self.assertEqual((only["number"], only["pages"], only["dirtied"], only["next"], only["reason"]),
                         (1, 1024, 10, "stop", "quiet"))
        # A row says what was measured: the whole of the first part, and the headers before it are not the engine's.
        self.assertGreaterEqual(only["bytes"], end_of_pages(PVH.read_bytes()))
        self.assertTrue(self.target.read_bytes().endswith(PVH.read_bytes()[-200:] + bytes(8)))

    def test_passes_until_quiet(self) -> None:
        done = self.live("--json", "--dirty-threshold=10", dirty="500,100,10")
        self.assertEqual([(row["pages"], row["dirtied"], row["next"]) for row in self.passes(done)],
                         [(1024, 500, "pass"), (500, 100, "pass"), (100, 10, "stop")])

    def test_busy_guest_is_stopped(self) -> None:
        for words, count in (([], 5), (["--max-iterations=2"], 2), (["--max-iterations=1"], 1)):
            self.log.unlink(missing_ok=True)
            done = self.live("--json", *words, dirty="1000")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(self.life(), ["try-log", *["pass"] * count, "suspend", "destroy"])
            self.assertEqual((self.passes(done)[-1]["next"], self.passes(done)[-1]["reason"]), ("stop", "iterations"))

    def test_busy_guest_is_left(self) -> None:
        done = self.live("--json", "--if-busy=abort", "--max-iterations=3", dirty="1000")
        self.check_failed(done, 7, "given up after pass 3: the guest is too busy, 1000 pages", ["try-log", *["pass"] * 3])
        self.assertIn(b"the guest was not touched", done.stderr)
        self.assertEqual((self.passes(done)[-1]["next"], self.passes(done)[-1]["eta"]), ("give-up", None))

    def test_downtime(self) -> None:
        # At this rate a thousand pages take four seconds, and those that a guest writes to while it suspends take one.
        done = self.live("--json", "--max-downtime=3000", "--bandwidth=1M", "--if-busy=abort", dirty="1000")
        self.assertEqual(done.returncode, 7, done.stderr)
        rows = self.passes(done)
        self.assertEqual(len(rows), 30)
        self.assertGreater(rows[-1]["expected_downtime"], 3)
        self.log.unlink()
        done = self.live("--json", "--max-downtime=3000", "--bandwidth=1M", "--if-busy=abort", dirty="1000,0")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.log.unlink()
        done = self.live("--json", "--max-downtime=60000", dirty="1000")
        self.assertEqual(len(self.passes(done)), 1)

    def test_time(self) -> None:
        done = self.live("--json", "--max-time=1", "--max-iterations=1000", dirty="1000", engine="slow")
        self.assertEqual(done.returncode, 0, done.stderr)
        last = self.passes(done)[-1]
        self.assertEqual((last["next"], last["reason"]), ("stop", "time"))
        self.assertLess(last["number"], 7)

    def test_time_is_up_in_the_middle_of_a_pass(self) -> None:
        done = self.live("--max-time=1", "--if-busy=abort", dirty="1000", engine="hang-in-pass")
        self.check_failed(done, 7, "given up in pass 1: not done within 1 s", ["try-log"])

    def test_hypervisor_does_not_count(self) -> None:
        done = self.live("--json", guest="pvh-secret", dirty="700,100,20")
        self.assertEqual([(row["pages"], row["dirtied"]) for row in self.passes(done)],
                         [(1024, 1024), (700, 700), (100, 100), (20, 20)])

    def test_no_log(self) -> None:
        done = self.live(guest="pvh-nolog")
        self.check_failed(done, 3, "no log of dirty pages; the guest was not touched", ["try-log"])
        self.log.unlink()
        done = self.save("--live=if-possible", "--json", "guest", str(self.target),
                         **self.live_environment(guest="pvh-nolog"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b"no log of dirty pages; saved standing still", done.stderr)
        self.assertIn(b'"live":false', done.stdout)
        self.assertEqual(self.life(), ["try-log", "suspend", "destroy"])

    def test_if_possible_is_live_where_it_can_be(self) -> None:
        done = self.save("--live=if-possible", "--json", "guest", str(self.target), **self.live_environment(dirty="0"))
        self.assertEqual(len(self.passes(done)), 1)

    def test_signals_in_a_pass(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            self.log.unlink(missing_ok=True)
            saver = self.start("--live", "--max-iterations=1000", "guest", str(self.target),
                               **self.live_environment(dirty="1000", engine="slow"))
            assert saver.stdout and saver.stderr
            self.await_life("pass")
            saver.send_signal(number)
            self.assertEqual(saver.wait(PATIENCE), 2)
            self.assertIn(f"stopped by signal {number}", saver.stderr.read().decode())
            self.assertNotIn("suspend", self.life())
            saver.stdout.close()
            saver.stderr.close()
            self.assertEqual(os.listdir(self.folder), [])

    def test_engine_dies_in_a_pass(self) -> None:
        self.check_failed(self.live(dirty="0", engine="dies-in-pass"), 2, "ended with status 9 before it told a result",
                          ["try-log"])

    def test_verbose(self) -> None:
        done = self.live("-v", dirty="500,10")
        self.assertRegex(done.stderr.decode(), r"pass 1: 1,024 pages, .* in \d+\.\d\d s, .*/s; 500 pages dirtied meanwhile, "
                         r"\d+ a second; expected downtime \d+\.\d\d s; done in about \d+\.\d s\n")
        self.assertIn(b"quiet enough: the guest is stopped", done.stderr)
        self.assertEqual(self.live(dirty="500,10").stderr, b"")


class Checkpoints(Case):
    """Checkpoints in one stream; the guest runs on in between."""

    def setUp(self) -> None:
        super().setUp()
        # The libxc image of a libxl stream: without its head and its CHECKPOINT_ENDs.
        libxl = (VECTORS / "good-remus-libxl-pvh.img").read_bytes()
        head, at, self.image, self.ends = 24, 24 + 40, libxl[24:24 + 40], []
        assert libxl[head:head + 8] == b"\xff" * 8
        while at < len(libxl):
            kind, length = struct.unpack_from("<II", libxl, at)
            record = libxl[at:at + 8 + (length + 7) // 8 * 8]
            at += len(record)
            self.image += record
            if kind == 14:
                self.ends.append(len(self.image))
                at += 8
        self.assertEqual(len(self.ends), 2)
        self.groups = [self.image[:self.ends[0]], self.image[self.ends[0]:]]
        self.stream = self.log.with_name("libxc")
        self.stream.write_bytes(self.image)

    def fakes(self, **fake: str) -> Dict[str, str]:
        return {"guest": "pvh", "stream": str(self.stream), "split": str(end_of_pages(self.image)),
                "checkpoint": str(self.ends[0]), "dirty": "0", **fake}

    def wanted(self, count: int) -> bytes:
        """The end of a libxl stream of so many checkpoints."""
        closing = struct.pack("<II", 4, 0)
        return self.groups[0] + closing + (self.groups[1] + closing) * (count - 1)

    def test_count(self) -> None:
        for count in (1, 2, 5):
            self.log.unlink(missing_ok=True)
            done = self.save(f"--checkpoint=10,{count}", "--json", "guest", str(self.target), **self.fakes())
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(self.life(), ["try-log", "pass", *["suspend", "resume"] * count])
            self.assertTrue(self.target.read_bytes().endswith(self.wanted(count)))
            self.assertEqual(os.listdir(self.folder), ["x.img"])
            self.assertEqual(self.target.stat().st_mode & 0o777, 0o600)
            rows = [json.loads(line) for line in done.stdout.decode().splitlines()]
            self.assertEqual([row["number"] for row in rows if row["event"] == "checkpoint"], list(range(1, count + 1)))
            self.assertEqual((rows[-1]["saved"], rows[-1]["guest"], rows[-1]["checkpoints"]), (True, "running", count))
            self.assertEqual(rows[-1]["bytes"], self.target.stat().st_size)

    def test_then(self) -> None:
        for then, last in (("destroy", "destroy"), ("pause", "hold")):
            self.log.unlink(missing_ok=True)
            done = self.save("--checkpoint=0,2", f"--then={then}", "guest", **self.fakes())
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(self.life(), ["try-log", "pass", "suspend", "resume", "suspend", last])
            self.assertTrue(done.stdout.endswith(self.wanted(2)))

    def test_bare(self) -> None:
        done = self.save("--checkpoint=0,3", "-f", "libxc", "guest", **self.fakes())
        self.assertEqual(done.stdout, self.groups[0] + self.groups[1] * 2)

    def test_interval(self) -> None:
        began = time.monotonic()
        self.assertEqual(self.save("--checkpoint=300,4", "guest", **self.fakes()).returncode, 0)
        self.assertGreater(time.monotonic() - began, 0.9)

    def test_limits_are_for_the_first_one(self) -> None:
        done = self.save("--checkpoint=300,6", "--max-time=1", "--if-busy=abort", "guest", **self.fakes())
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(done.stdout.endswith(self.wanted(6)))

    def test_a_file_of_others_is_not_cut(self) -> None:
        self.target.write_bytes(b"before")
        with open(self.target, "ab") as file:
            done = subprocess.run([XC_SAVE, "--checkpoint=0,9", "guest"], stdout=file, stderr=subprocess.PIPE, check=False,
                                  env=self.environment(**self.fakes(engine="fails-later")), timeout=PATIENCE)
        self.assertEqual(done.returncode, 2, done.stderr)
        kept = self.target.read_bytes()
        self.assertTrue(kept.startswith(b"beforeXen saved domain"))
        self.assertIn(self.wanted(2), kept)

    def test_signal_ends_it(self) -> None:
        for number, words in ((signal.SIGTERM, ["--checkpoint=50"]), (signal.SIGINT, ["--checkpoint=60000", "--then=destroy"])):
            self.log.unlink(missing_ok=True)
            saver = self.start(*words, "-v", "guest", str(self.target), **self.fakes())
            assert saver.stdout and saver.stderr
            self.await_life("resume")
            # The file has its name from its first checkpoint on.
            until = time.monotonic() + PATIENCE
            while os.listdir(self.folder) != ["x.img"]:
                self.assertLess(time.monotonic(), until)
                time.sleep(0.02)
            time.sleep(0.2)
            saver.send_signal(number)
            said = saver.stderr.read().decode()
            self.assertEqual(saver.wait(PATIENCE), 0, said)
            self.assertRegex(said, r"stopped by signal \d+ .*; \d+ checkpoints are complete; the guest runs on")
            saver.stdout.close()
            saver.stderr.close()
            count = len(re.findall(r"guest: checkpoint \d+: ", said))
            self.assertTrue(self.target.read_bytes().endswith(self.wanted(count)))
            self.assertIn(self.life()[-1], ("resume", "suspend"))
            os.unlink(self.target)

    def test_signal_in_the_middle_of_one(self) -> None:
        saver = self.start("--checkpoint=0", "guest", str(self.target), **self.fakes(engine="hangs-later"))
        assert saver.stdout and saver.stderr
        until = time.monotonic() + PATIENCE
        while self.life().count("suspend") < 3:
            self.assertLess(time.monotonic(), until)
            time.sleep(0.02)
        time.sleep(0.1)
        saver.send_signal(signal.SIGTERM)
        self.assertEqual(saver.wait(PATIENCE), 0, saver.stderr.read())
        saver.stdout.close()
        saver.stderr.close()
        self.assertEqual(self.life()[-1], "resume")
        self.assertTrue(self.target.read_bytes().endswith(self.wanted(2)))

    def test_signal_before_the_first(self) -> None:
        saver = self.start("--checkpoint=0", "guest", str(self.target), **self.fakes(engine="slow"))
        assert saver.stdout and saver.stderr
        self.await_life("try-log")
        saver.send_signal(signal.SIGTERM)
        self.assertEqual(saver.wait(PATIENCE), 2)
        saver.stdout.close()
        saver.stderr.close()
        self.assertEqual(os.listdir(self.folder), [])

    def test_later_faults_leave_the_last_good_one(self) -> None:
        for engine, status in (("fails-later", 2), ("dies-later", 2), ("garbage-later", 1)):
            self.log.unlink(missing_ok=True)
            done = self.save("--checkpoint=0,9", "guest", str(self.target), **self.fakes(engine=engine))
            self.assertEqual(done.returncode, status, done.stderr)
            self.assertIn(b"; 2 checkpoints are complete; the guest runs on", done.stderr)
            self.assertEqual(self.life()[-1], "resume")
            self.assertTrue(self.target.read_bytes().endswith(self.wanted(2)), engine)

    def test_reader_leaves(self) -> None:
        saver = self.start("--checkpoint=1", "guest", **self.fakes())
        assert saver.stdout and saver.stderr
        saver.stdout.read(300000)
        saver.stdout.close()
        self.assertEqual(saver.wait(PATIENCE), 2)
        self.assertIn(b"the reader of the output is gone", saver.stderr.read())
        saver.stderr.close()
        self.assertEqual(self.life()[-1], "resume")

    def test_refused(self) -> None:
        self.check_failed(self.save("--checkpoint=1", "guest", str(self.target), **self.fakes(guest="pvh-nolog")), 3,
                          "no log of dirty pages", ["try-log"])


class Bandwidth(Case):
    """--bandwidth: even and not exceeded."""

    def test_rate(self) -> None:
        stream = self.large_stream()
        began = time.monotonic()
        saver = self.start("--bandwidth=4M", "-f", "libxc", "guest", stream=str(stream))
        assert saver.stdout and saver.stderr
        total, times = 0, []
        while piece := os.read(saver.stdout.fileno(), 1 << 20):
            total += len(piece)
            times.append((time.monotonic() - began, total))
        self.assertEqual(saver.wait(PATIENCE), 0, saver.stderr.read())
        saver.stdout.close()
        saver.stderr.close()
        self.assertEqual(total, stream.stat().st_size)
        # Never ahead of the rate by more than a pipe may hold and a piece or two.
        ahead = max(size - 4 * 1024 * 1024 * at for at, size in times)
        self.assertLess(ahead, 200000)
        self.assertGreater(times[-1][0], total / (4 * 1024 * 1024) * 0.9)


def records_of(image: bytes, at: int) -> Dict[int, bytes]:
    """Bodies of the libxl records from an offset on, by type."""
    found: Dict[int, bytes] = {}
    while at < len(image):
        kind, length = struct.unpack_from("<II", image, at)
        found[kind] = image[at + 8:at + 8 + length]
        at += 8 + (length + 7 & ~7)
    return found


class DeviceModel(Case):
    """HVM guests: their device model stops, gives its state away and goes on, or does not."""

    SAVED = ["qmp_capabilities", "query-status", "qmp_capabilities", "xen-set-global-dirty-log True",
             "qmp_capabilities", "stop", "add-fd", "xen-save-devices-state False", "remove-fd"]

    def model(self, **misdeeds: str) -> FakeQmp:
        """A new one at the socket, for instance one that is mute at a command."""
        path = self.log.with_name("qmp")
        path.unlink(missing_ok=True)
        self.log.unlink(missing_ok=True)
        model = FakeQmp(path, b"QEVM" + struct.pack(">IBIB4sII", 3, 4, 1, 4, b"fake", 0, 1) + b"x" * 1001 + bytes(1),
                        {name.replace("_", "-") if name != "qmp_capabilities" else name: how
                         for name, how in misdeeds.items()})
        self.addCleanup(model.close)
        return model

    def save_hvm(self, *words: str, **fake: str) -> "subprocess.CompletedProcess[bytes]":
        fake = {"guest": "hvm", "stream": str(VECTORS / "good-libxc-hvm.img"), "qmp": str(self.log.with_name("qmp")),
                **fake}
        return self.save("--timeout=1", *words, **fake)

    def test_good(self) -> None:
        model = self.model()
        done = self.save_hvm("guest", str(self.target))
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertEqual(model.commands, self.SAVED)
        self.assertEqual(self.life(), ["suspend", "destroy"])
        image = self.target.read_bytes()
        stream = (VECTORS / "good-libxc-hvm.img").read_bytes()
        records = records_of(image, image.index(stream) + len(stream))
        self.assertEqual(records, {3: struct.pack("<II", 2, 0) + model.state, 0: b""})
        self.assertEqual(config_of(image)["c_info"]["type"], "hvm")

    def test_nodes_in_xenstore(self) -> None:
        self.model()
        done = self.save_hvm("-f", "libxl", "guest", str(self.target), guest="hvm-nodes")
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        image = self.target.read_bytes()
        stream = (VECTORS / "good-libxc-hvm.img").read_bytes()
        records = records_of(image, image.index(stream) + len(stream))
        self.assertEqual(list(records), [2, 3, 0])
        self.assertEqual(records[2][:8], struct.pack("<II", 2, 0))
        self.assertEqual(records[2][8:].split(b"\0")[:2], [b"physmap/f0000000/start_addr", b"f0000000"])

    def test_then(self) -> None:
        for then, last, more in (("resume", "resume", ["cont"]), ("pause", "hold", []), ("destroy", "destroy", [])):
            model = self.model()
            done = self.save_hvm(f"--then={then}", "guest", str(self.target))
            self.assertEqual((done.returncode, done.stderr), (0, b""))
            self.assertEqual(model.commands[9:], more)
            # Whoever takes over from a paused guest needs its disks.
            self.assertEqual(model.commands[7], f"xen-save-devices-state {then == 'pause'}")
            self.assertEqual(self.life(), ["suspend", last])

    def test_bare_image(self) -> None:
        self.model()
        done = self.save_hvm("-f", "libxc", "guest", str(self.target))
        self.assertEqual(done.returncode, 0)
        self.assertIn(b"has no place in a bare libxc image", done.stderr)
        self.assertEqual(self.target.read_bytes(), (VECTORS / "good-libxc-hvm.img").read_bytes())

    def test_resume(self) -> None:
        for guest, life in (("hvm-suspended", ["resume"]), ("hvm-paused", ["unpause"]), ("hvm", [])):
            model = self.model()
            self.assertEqual(self.save_hvm("--resume", "guest", guest=guest).returncode, 0)
            self.assertEqual(model.commands, ["qmp_capabilities", "cont"])
            self.assertEqual(self.life(), life)

    def test_resume_without_an_answer(self) -> None:
        self.model(cont="mute")
        done = self.save_hvm("--resume", "guest", guest="hvm-suspended")
        self.check_failed(done, 4, "ITS DEVICE MODEL MAY NOT", ["resume"])

    def test_later_failure(self) -> None:
        for engine, text, life in (("fails", "cannot go on", ["suspend", "resume"]),
                                   ("abort", "signal 6", ["suspend", "clean-up", "resume"])):
            model = self.model()
            done = self.save_hvm("guest", str(self.target), engine=engine)
            self.check_failed(done, 2, text, life)
            self.assertIn("cont", model.commands)
            # An engine that died has left the log on.
            self.assertEqual("xen-set-global-dirty-log False" in model.commands, engine == "abort")

    def test_bad_before_the_guest_is_touched(self) -> None:
        for at in ("greeting", "qmp_capabilities", "query_status", "xen_set_global_dirty_log"):
            for how, text in (("mute", "does not answer"), ("die", "hung up"), ("garbage", "not QMP"),
                              ("long", "longer than"), ("number", "not an object"), ("refuse", "rather not")):
                if at == "greeting" and how == "refuse":
                    continue
                self.model(**{at: how})
                done = self.save_hvm("guest", str(self.target))
                self.check_failed(done, 2, text, [])

    def test_bad_while_it_stands_still(self) -> None:
        for at in ("stop", "add_fd", "xen_save_devices_state"):
            for how, text in (("mute", "does not answer"), ("hangup", "hung up"), ("garbage", "not QMP"),
                              ("refuse", "rather not")):
                model = self.model(**{at: how})
                done = self.save_hvm("guest", str(self.target))
                self.check_failed(done, 2, text)
                self.assertEqual(model.commands[-1], "cont")
                self.assertIn(b"the guest runs on", done.stderr)

    def test_dies_while_it_stands_still(self) -> None:
        self.model(xen_save_devices_state="die")
        done = self.save_hvm("guest", str(self.target))
        self.check_failed(done, 4, "hung up")
        self.assertIn(b"ITS DEVICE MODEL MAY NOT (the device model cannot be reached", done.stderr)

    def test_died_before_the_guest_stood_still(self) -> None:
        self.model(xen_set_global_dirty_log="last")
        done = self.save_hvm("guest", str(self.target))
        self.check_failed(done, 4, "ITS DEVICE MODEL MAY NOT (the device model cannot be reached")

    def test_does_not_go_on(self) -> None:
        for how, text in (("mute", "does not answer"), ("refuse", "rather not")):
            self.model(cont=how)
            done = self.save_hvm("guest", str(self.target), engine="fails")
            self.check_failed(done, 4, f"cannot go on; THE GUEST RUNS, BUT ITS DEVICE MODEL MAY NOT (the device model")
            self.assertIn(text, done.stderr.decode())
            self.model(cont=how)
            done = self.save_hvm("--then=resume", "guest", str(self.target))
            self.assertEqual(done.returncode, 6)
            self.assertIn(b"saved, but afterwards", done.stderr)
            self.target.unlink()

    def test_one_slip_is_forgiven(self) -> None:
        model = self.model(cont="hangup")
        self.assertEqual(self.save_hvm("--then=resume", "guest", str(self.target)).returncode, 0)
        self.assertEqual(model.commands[-3:], ["cont", "qmp_capabilities", "cont"])

    def test_old_answers_are_not_taken(self) -> None:
        self.model(**{at: "late" for at in ("query_status", "stop", "add_fd", "xen_save_devices_state")})
        self.assertEqual(self.save_hvm("guest", str(self.target)).returncode, 0)

    def test_saves_nothing(self) -> None:
        self.model(xen_save_devices_state="nothing")
        self.check_failed(self.save_hvm("guest", str(self.target)), 2, "wrote nothing")

    def test_state_that_does_not_verify(self) -> None:
        model = self.model()
        model.state = b"XEVM" + model.state[4:]
        self.check_failed(self.save_hvm("guest", str(self.target)), 1, "the stream does not verify")


class Usage(Case):
    """The command line."""

    def test_errors(self) -> None:
        for words in ([], ["a", "b", "c"], ["--then=fly", "a"], ["--timeout=0", "a"], ["--timeout=x", "a"],
                      ["--resume"], ["--resume", "a", "b"], ["--resume", "--live", "a"], ["--resume", "--bandwidth=1M", "a"],
                      ["--max-downtime=5", "a"], ["--if-busy=abort", "a"], ["--live=maybe", "a"],
                      ["--live", "--max-iterations=0", "a"], ["--live", "--if-busy=wait", "a"], ["--bandwidth=1", "a"],
                      ["--bandwidth=4X", "a"], ["--bandwidth=99999G", "a"], ["--live", "--max-downtime=0", "a"],
                      ["--checkpoint=x", "a"], ["--checkpoint=5,", "a"], ["--checkpoint=5,0", "a"], ["--checkpoint=,5", "a"],
                      ["--checkpoint=5", "-z", "a"],
                      ["--live=if-possible", "--checkpoint=5", "a"], ["--resume", "--checkpoint=5", "a"],
                      ["--resume", "--then=pause", "a"], ["--no-such"]):
            done = self.save(*words)
            self.check_failed(done, 2, "xc-save", [])

    def test_version(self) -> None:
        self.assertRegex(self.save("--version").stdout.decode(), r"^xc-save \(libstream\) \d+\.\d+\.\d+\n$")

    def test_help(self) -> None:
        done = self.save("--help")
        self.assertEqual(done.returncode, 0)
        self.assertIn(b"--then=WHAT", done.stdout)


if __name__ == "__main__":
    unittest.main()
