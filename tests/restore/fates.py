# SPDX-License-Identifier: MIT
"""Every way that a restore can go, with a fake host and a fake engine (fake_host.c): what becomes of the domain.

XC_RESTORE names the program, VECTORS the folder of test vectors.
"""

import gzip
import json
import os
import signal
import struct
import subprocess
import tempfile
import time
import unittest
from pathlib import Path
from typing import Dict, Iterator, List, Optional

XC_RESTORE = os.environ["XC_RESTORE"]
VECTORS = Path(os.environ["VECTORS"])
XL_PV = VECTORS / "good-xl-pv64.img"
XL_PVH = VECTORS / "good-xl-pvh.img"
LIBXL_PV = VECTORS / "good-libxl-pv64.img"
PV = VECTORS / "good-libxc-pv64.img"
PV_V2 = VECTORS / "good-libxc-pv64-v2.img"
PVH = VECTORS / "good-libxc-pvh.img"
LEGACY = VECTORS / "good-legacy-batch-of-1024.img"
LARGE = VECTORS / "good-libxc-pv64-1024-pages.img"

FACTS = ["--name=guest", "--vcpus=2", "--memory=64"]
MADE = ["check", "create", "introduce", "unpause"]
REMOVED = ["check", "create", "remove"]
PATIENCE = 30           # seconds for anything that should be quick


class Case(unittest.TestCase):
    """A folder of its own, and helpers to run the tool in it."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.log = self.folder / "log"
        self.copy = self.folder / "copy"
        self.config = self.folder / "config"

    def environment(self, **fake: str) -> Dict[str, str]:
        settings = {"LOG": str(self.log), "COPY": str(self.copy), "CONFIG": str(self.config),
                    **{name.upper(): value for name, value in fake.items()}}
        return {**os.environ, **{f"FAKE_{name}": value for name, value in settings.items()}}

    def start(self, *words: str, **fake: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen([XC_RESTORE, *words], env=self.environment(**fake), stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def restore(self, *words: str, image: Optional[bytes] = None, **fake: str) -> "subprocess.CompletedProcess[bytes]":
        """xc-restore WORDS with the fakes told, the image on standard input if it is not a file; ends or is killed."""
        self.log.unlink(missing_ok=True)
        return subprocess.run([XC_RESTORE, *words], env=self.environment(**fake), input=image or b"",
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=PATIENCE, check=False)

    def life(self) -> List[str]:
        """What was done to the domain, first words only."""
        return [line.split()[0] for line in self.log.read_text().splitlines()] if self.log.exists() else []

    def check_good(self, done: "subprocess.CompletedProcess[bytes]", life: Optional[List[str]] = None) -> None:
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertEqual(self.life(), life or MADE)
        self.assertEqual(done.stdout, b"9\n")

    def check_failed(self, done: "subprocess.CompletedProcess[bytes]", status: int, text: str,
                     life: List[str]) -> None:
        """Failed like this, the domain had this life, and nothing was printed that looks like a number."""
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertIn(text, done.stderr.decode())
        self.assertEqual(self.life(), life)
        self.assertEqual(done.stdout, b"")

    def await_life(self, step: str) -> None:
        until = time.monotonic() + PATIENCE
        while step not in self.life():
            self.assertLess(time.monotonic(), until, f"it never came to {step}")
            time.sleep(0.02)


def with_config(config: object, image: Path = LIBXL_PV) -> bytes:
    """An xl image with this configuration around a libxl stream."""
    text = (config if isinstance(config, str) else json.dumps(config)).encode() + b"\0"
    head = struct.pack("<32sIIIIII", b"Xen saved domain, xl format\n \0 \r", 0x01020304, 3, 0, len(text) + 4, 0, 0)
    return head[:48] + struct.pack("<I", len(text)) + text + image.read_bytes()


def plain(kind: str = "pv", **b_info: object) -> Dict[str, Dict[str, object]]:
    """The least that a configuration must say; members of b_info on top."""
    return {"c_info": {"type": kind, "name": "guest", "uuid": "01234567-89ab-cdef-0123-456789abcdef"},
            "b_info": {"max_vcpus": 2, "max_memkb": 65536, **b_info}}


def is_pv(path: Path) -> bool:
    """The domain header says PV (1) in either byte order, or there is none."""
    image = path.read_bytes()
    start = image.find(b"\xff" * 8)
    return start < 0 or image[start + 24:start + 28] in (b"\1\0\0\0", b"\0\0\0\1")


def record_ends(image: bytes) -> Iterator[int]:
    """Offsets where the records of a libxc image end."""
    offset = 40
    while offset < len(image):
        offset += 8 + (struct.unpack_from("<I", image, offset + 4)[0] + 7) // 8 * 8
        yield offset


class Success(Case):
    """Restores that succeed."""

    def test_xl(self) -> None:
        for image in (XL_PV, XL_PVH):
            self.check_good(self.restore(str(image)))
            self.check_good(self.restore(image=image.read_bytes()))
            self.check_good(self.restore("-", image=image.read_bytes()))

    def test_the_engine_gets_the_image_alone(self) -> None:
        for image in (XL_PV, LIBXL_PV, PV, PV_V2, LARGE):
            self.copy.unlink(missing_ok=True)
            self.check_good(self.restore(*FACTS, str(image)))
            inner = image.read_bytes()
            start = inner.index(b"\xff" * 8 + b"XENF") if b"\xff" * 8 + b"XENF" in inner else inner.index(b"\xff" * 8)
            end = len(inner) - (0 if image.name.startswith("good-libxc") else 8)
            self.assertEqual(self.copy.read_bytes(), inner[start:end], image.name)

    def test_gzip(self) -> None:
        self.check_good(self.restore(image=gzip.compress(XL_PV.read_bytes())))
        self.check_good(self.restore(str(VECTORS / "good-xl-pv64-gzip.img.gz")))

    def test_legacy(self) -> None:
        self.check_good(self.restore(*FACTS, str(LEGACY)))
        first = self.copy.read_bytes()
        self.assertIn(first, LEGACY.with_suffix(".v3").read_bytes())
        self.check_good(self.restore(*FACTS, image=LEGACY.read_bytes()))
        self.assertEqual(self.copy.read_bytes(), first)
        self.check_failed(self.restore(str(LEGACY)), 3, "needed: --name", [])

    def test_the_engine_ends_before_the_stream(self) -> None:
        self.check_good(self.restore(str(XL_PV), engine="prompt"))

    def test_bare_images(self) -> None:
        self.check_good(self.restore(*FACTS, str(PV)))
        self.assertIn("check name=guest type=PV vcpus=2 memory=65536", self.log.read_text())
        self.check_good(self.restore(*FACTS, "--type=pvh", str(PVH)))
        self.assertIn("type=PVH", self.log.read_text())

    def test_paused(self) -> None:
        self.check_good(self.restore("--paused", str(XL_PV)), MADE[:-1])

    def test_rings(self) -> None:
        self.restore(str(XL_PV))
        self.assertIn("introduce 77 78\n", self.log.read_text())

    def test_policy_reaches_the_host(self) -> None:
        self.restore(str(XL_PV))
        self.assertRegex(self.log.read_text(), r"cpuid=[1-9]\d* msrs=[1-9]")
        self.restore(*FACTS, str(PV_V2))
        self.assertIn("cpuid=0 msrs=0", self.log.read_text())

    def test_json(self) -> None:
        done = self.restore("--json", str(XL_PV))
        rows = [json.loads(line) for line in done.stdout.decode().splitlines()]
        self.assertEqual([row["event"] for row in rows if row["event"] != "progress"],
                         ["planned", "created", "filled", "result"])
        self.assertEqual({name: rows[-1][name] for name in ("good", "domain", "domid", "name", "status", "error")},
                         {"good": True, "domain": "running", "domid": 9, "name": "vector", "status": 0, "error": ""})
        self.assertEqual(rows[-1]["bytes"], XL_PV.stat().st_size)

    def test_check(self) -> None:
        for image in (XL_PV, XL_PVH):
            done = self.restore("--check", str(image))
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"", b""))
            self.assertEqual(self.life(), ["check"])
        self.check_failed(self.restore("--check", str(XL_PV), host="clash"), 3, "in use", ["check"])
        self.check_failed(self.restore("--check", image=XL_PV.read_bytes()[:-20]), 1, "end", ["check"])

    def test_before_unpause(self) -> None:
        seen = self.folder / "seen"
        done = self.restore("--before-unpause", f'cat >{seen}; echo $XC_RESTORE_DOMID $XC_RESTORE_NAME >>{seen}; '
                            f'echo $XC_RESTORE_UUID >>{seen}; echo command >>{self.log}', str(XL_PV))
        self.check_good(done, MADE[:-1] + ["command", "unpause"])
        text = seen.read_text()
        self.assertTrue(text.startswith("{"))
        self.assertTrue(text.endswith("9 vector\n9b3a44f5-6d0d-4f4b-9f3c-0c1d2e3f4a5b\n"), text)


class Configuration(Case):
    """What domain is made."""

    def stored(self) -> Dict[str, Dict[str, object]]:
        return json.loads(self.config.read_text())

    def test_from_the_image(self) -> None:
        config = plain(target_memkb=60000, avail_vcpus=[1], event_channels=2047, unknown="kept")
        self.check_good(self.restore(image=with_config(config)))
        self.assertIn("memory=60000", self.log.read_text())
        self.assertEqual(self.stored(), {"c_info": config["c_info"], "b_info": {**config["b_info"], "type.pv": {}}})

    def test_wishes_win(self) -> None:
        self.check_good(self.restore("--name=other", "--uuid=ABCDEF01-89ab-cdef-0123-456789abcdef", "--vcpus=3",
                                     "--memory=70", image=with_config(plain())))
        self.assertEqual(self.stored()["c_info"],
                         {"type": "pv", "name": "other", "uuid": "abcdef01-89ab-cdef-0123-456789abcdef"})
        self.assertEqual(self.stored()["b_info"], {"max_vcpus": 3, "avail_vcpus": [0, 1, 2], "max_memkb": 71680,
                                                   "target_memkb": 71680, "type.pv": {}})

    def test_new_uuid(self) -> None:
        seen = set()
        for words in (["--new-uuid"], ["--new-uuid"], []):
            self.check_good(self.restore(*words, image=with_config(plain())))
            seen.add(self.stored()["c_info"]["uuid"])
        self.assertEqual(len(seen), 3)
        self.assertIn("01234567-89ab-cdef-0123-456789abcdef", seen)

    def test_file(self) -> None:
        path = self.folder / "given.json"
        for config in (plain(), [{"domid": 4, "config": plain()}]):
            path.write_text(json.dumps(config))
            self.check_good(self.restore(f"--config={path}", str(PV)))
            self.assertIn("name=guest", self.log.read_text())
            self.check_good(self.restore(f"--config={path}", str(XL_PV)))
            self.assertIn("name=guest", self.log.read_text())
        for text in ("", "[]", "name = \"guest\"", "[{}, {}]"):
            path.write_text(text)
            self.check_failed(self.restore(f"--config={path}", str(PV)), 3, "configuration file is not", [])
        self.check_failed(self.restore("--config=/nonexistent", str(PV)), 3, "cannot open", [])

    def test_missing_facts_are_named_together(self) -> None:
        self.check_failed(self.restore(str(PV)), 3, "needed: --name, --vcpus, --memory", [])
        self.check_failed(self.restore("--vcpus=1", str(PVH)), 3, "needed: --name, --type (pvh or hvm), --memory", [])
        self.check_failed(self.restore(*FACTS, str(PVH)), 3, "needed: --type", [])
        self.check_failed(self.restore(image=with_config({"c_info": {"name": "x"}})), 3, "--vcpus, --memory", [])

    def test_misfits(self) -> None:
        path = self.folder / "given.json"
        for config, text in ((plain("moon"), "not known"), (plain("pvh"), "the image is of a PV guest"),
                             (plain(max_vcpus=0), "0 vCPUs"), (plain(max_vcpus=9000), "9000 vCPUs"),
                             (plain(max_memkb=0), "no memory"), (plain(avail_vcpus=[2]), "avail_vcpus"),
                             (plain(max_memkb="many"), "not a number"), (plain(tsc_mode="odd"), "tsc_mode")):
            path.write_text(json.dumps(config))
            self.check_failed(self.restore(f"--config={path}", str(PV)), 3, text, [])
        for name in ("12", "", "a/b", "x" * 256):
            self.check_failed(self.restore(f"--name={name}", str(XL_PV)), 3, "the name", [])
        self.check_failed(self.restore("--type=pvh", str(XL_PV)), 3, "--type says otherwise", [])
        self.check_failed(self.restore(image=with_config(plain("pvh"))), 1, "not the image's", [])
        self.check_failed(self.restore(str(VECTORS / "good-xl-text-config.img")), 3, "--config", [])

    def test_damaged(self) -> None:
        for config in ("{", "[]", "text"):
            self.check_failed(self.restore(image=with_config(config)), 1, "", [])

    def test_devices(self) -> None:
        for name in ("disks", "nics", "vfbs"):
            image = with_config({**plain(), name: [{"a": "b"}]})
            self.check_failed(self.restore(image=image), 3, f"1 {name}, which are not attached here", [])
            self.check_good(self.restore("--paused", image=image), MADE[:-1])
            self.assertNotIn(name, self.stored())
            self.check_good(self.restore("--before-unpause=grep -q " + name, image=image))
        self.check_failed(self.restore("--paused", image=with_config({**plain(), "pcidevs": [{}]})), 3, "PCI", [])

    def test_hvm_is_refused(self) -> None:
        self.check_failed(self.restore(str(VECTORS / "good-xl-hvm.img")), 3, "HVM", [])
        self.check_failed(self.restore(*FACTS, "--type=hvm", str(VECTORS / "good-libxc-hvm.img")), 3, "HVM", [])


class ImageFaults(Case):
    """The image is at fault: nothing of it is left."""

    def test_truncated_at_each_record(self) -> None:
        image = PV.read_bytes()
        ends = [0, 8, 24, 40, *record_ends(image)]
        self.assertEqual(ends.pop(), len(image))
        for end in ends:
            done = self.restore(*FACTS, image=image[:end])
            self.assertEqual((done.returncode, done.stdout), (1, b""), (end, done.stderr))
            self.assertIn(self.life(), ([], REMOVED), end)
        self.assertEqual(self.life(), REMOVED)

    def test_truncated_behind_the_image(self) -> None:
        image = XL_PV.read_bytes()
        for cut in (1, 7, 8):
            self.check_failed(self.restore(image=image[:-cut]), 1, "", REMOVED)

    def test_empty(self) -> None:
        self.check_failed(self.restore(image=b""), 1, "", [])
        self.check_failed(self.restore(image=b"not an image at all, but long enough to be looked at"), 1, "", [])

    def test_bad_vectors(self) -> None:
        """They are refused, or leave nothing behind; a few are bad in ways that only get a warning."""
        failed = passed = 0
        for path in sorted(VECTORS.glob("bad-*.img")):
            if path.name.startswith("bad-legacy"):
                continue
            done = self.restore(*FACTS, *([] if is_pv(path) else ["--type=pvh"]), str(path))
            if done.returncode == 0:
                self.assertEqual(self.life(), MADE, path.name)
                passed += 1
                continue
            self.assertIn(done.returncode, (1, 3), (path.name, done.stderr))
            self.assertNotIn("unpause", self.life(), path.name)
            self.assertEqual("create" in self.life(), "remove" in self.life(), path.name)
            failed += 1
        self.assertGreater(failed, 4 * passed)

    def test_trailing_bytes(self) -> None:
        """A file has none. On a pipe something else may follow that is not for us."""
        image = XL_PV.read_bytes() + b"and more"
        self.check_good(self.restore(image=image))
        path = self.folder / "x.img"
        path.write_bytes(image)
        self.check_failed(self.restore(str(path)), 1, "trail", REMOVED)

    def test_nothing_bad_is_handed_on(self) -> None:
        image = bytearray(LARGE.read_bytes())
        ends = list(record_ends(bytes(image)))
        last = ends[-2]
        struct.pack_into("<I", image, last, 0x55)
        self.check_failed(self.restore(*FACTS, image=bytes(image)), 1, "", REMOVED)
        self.assertTrue(bytes(image).startswith(self.copy.read_bytes()))
        self.assertLessEqual(self.copy.stat().st_size, last)

    def test_damaged_gzip(self) -> None:
        image = bytearray(gzip.compress(XL_PV.read_bytes()))
        image[-6] ^= 1
        self.check_failed(self.restore(image=bytes(image)), 1, "", REMOVED)
        self.assertIn(self.restore(image=bytes(image[:200])).returncode, (1, 2))
        self.assertEqual(self.life(), [])

    def test_damaged_legacy(self) -> None:
        image = LEGACY.read_bytes()
        for end in (100, len(image) // 2, len(image) - 1):
            done = self.restore(*FACTS, image=image[:end])
            self.assertEqual((done.returncode, done.stdout), (1, b""), (end, done.stderr))
            self.assertIn(self.life(), ([], REMOVED), end)


class EngineFaults(Case):
    """The engine fails, dies or is mute: the domain is removed."""

    def test_fails(self) -> None:
        self.check_failed(self.restore(str(XL_PV), engine="fails"), 2, "the engine failed: out of pages", REMOVED)

    def test_fails_while_much_is_left(self) -> None:
        done = self.restore(*FACTS, str(LARGE), engine="fails")
        self.check_failed(done, 2, "out of pages; the domain was removed", REMOVED)

    def test_aborts(self) -> None:
        self.check_failed(self.restore(str(XL_PV), engine="abort"), 2, "ended by signal 6", REMOVED)
        self.check_failed(self.restore(*FACTS, str(LARGE), engine="abort"), 2, "ended by signal 6", REMOVED)

    def test_does_not_name_the_rings(self) -> None:
        self.check_failed(self.restore(str(XL_PV), engine="mute"), 2, "rings", REMOVED)

    def test_exits_badly(self) -> None:
        self.check_failed(self.restore(str(XL_PV), engine="lies"), 2, "the engine failed", REMOVED)

    def test_hangs(self) -> None:
        for image in (PV, LARGE):
            done = self.restore("--timeout=1", *FACTS, str(image), engine="hang")
            self.check_failed(done, 2, "nothing has moved for 1 s", REMOVED)


class HostFaults(Case):
    """The hypervisor or xenstore fail."""

    def test_refused(self) -> None:
        self.check_failed(self.restore(str(XL_PV), host="missing"), 2, "no hypervisor", [])
        self.check_failed(self.restore(str(XL_PV), host="clash"), 3, "in use; no domain was made", ["check"])

    def test_fails_later(self) -> None:
        self.check_failed(self.restore(str(XL_PV), host="nocreate"), 2, "; no domain was made", ["check"])
        self.check_failed(self.restore(str(XL_PV), host="half"), 2, "; the domain was removed", REMOVED)
        self.check_failed(self.restore(str(XL_PV), host="strange"), 2, "introduce",
                          ["check", "create", "introduce", "remove"])
        self.check_failed(self.restore(str(XL_PV), host="frozen"), 2, "unpause",
                          ["check", "create", "introduce", "remove"])

    def test_cannot_be_removed(self) -> None:
        done = self.restore(str(XL_PV), host="sticky", engine="fails")
        self.check_failed(done, 4, "DOMAIN 9 IS STILL THERE (cannot destroy it)", REMOVED[:-1])

    def test_command_fails(self) -> None:
        for command, text in (("exit 3", "failed with status 3"), ("kill -9 $$", "ended by signal 9")):
            self.check_failed(self.restore("--before-unpause", command, str(XL_PV)), 2, text,
                              ["check", "create", "introduce", "remove"])

    def test_deaf_engine_is_killed(self) -> None:
        done = self.restore("--timeout=1", *FACTS, str(LARGE), engine="deaf")
        self.check_failed(done, 2, "nothing has moved for 1 s", REMOVED)

    def test_nobody_wants_the_number(self) -> None:
        for target in (">&-", ">/dev/full"):
            self.log.unlink(missing_ok=True)
            done = subprocess.run(["sh", "-c", f'"$0" "$1" {target}', XC_RESTORE, str(XL_PV)], env=self.environment(),
                                  stderr=subprocess.PIPE, timeout=PATIENCE, check=False)
            self.assertEqual(done.returncode, 6, done.stderr)
            self.assertEqual(self.life(), MADE)


class Signals(Case):
    """TERM, INT and HUP before success: nothing is left."""

    def interrupt(self, restorer: "subprocess.Popen[bytes]", number: int, life: List[str]) -> None:
        restorer.send_signal(number)
        assert restorer.stdin and restorer.stdout and restorer.stderr
        self.assertEqual(restorer.wait(PATIENCE), 2)
        self.assertIn(f"stopped by signal {number}", restorer.stderr.read().decode())
        for stream in (restorer.stdin, restorer.stdout, restorer.stderr):
            stream.close()
        self.assertEqual(self.life(), life)
        self.log.unlink(missing_ok=True)

    def test_while_the_head_is_read(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            restorer = self.start()
            time.sleep(0.3)
            self.interrupt(restorer, number, [])

    def test_while_the_input_stands_still(self) -> None:
        restorer = self.start(*FACTS)
        assert restorer.stdin
        restorer.stdin.write(PV.read_bytes()[:-4096])
        restorer.stdin.flush()
        self.await_life("create")
        self.interrupt(restorer, signal.SIGTERM, REMOVED)

    def test_while_the_engine_hangs(self) -> None:
        restorer = self.start(*FACTS, str(LARGE), engine="hang")
        self.await_life("create")
        time.sleep(0.2)
        self.interrupt(restorer, signal.SIGINT, REMOVED)

    def test_while_the_command_runs(self) -> None:
        restorer = self.start("--before-unpause", f"echo command >>{self.log}; sleep 1000; echo late >>{self.log}",
                              str(XL_PV))
        self.await_life("command")
        self.interrupt(restorer, signal.SIGTERM, ["check", "create", "introduce", "command", "remove"])

    def test_an_input_that_stands_still_runs_into_the_timeout(self) -> None:
        restorer = self.start("--timeout=1")
        assert restorer.stdin and restorer.stdout and restorer.stderr
        self.assertEqual(restorer.wait(PATIENCE), 2)
        self.assertIn(b"nothing has moved for 1 s; no domain was made", restorer.stderr.read())
        for stream in (restorer.stdin, restorer.stdout, restorer.stderr):
            stream.close()


class Usage(Case):
    """The command line."""

    def test_errors(self) -> None:
        for words in (["a", "b"], ["--type=xen", "a"], ["--vcpus=0", "a"], ["--memory=x", "a"], ["--timeout=0", "a"],
                      ["--uuid=1", "a"], ["--uuid=01234567-89ab-cdef-0123-456789abcdef", "--new-uuid", "a"],
                      ["--check", "--paused", "a"], ["--check", "--before-unpause=true", "a"], ["--no-such"]):
            self.check_failed(self.restore(*words), 2, "xc-restore", [])

    def test_no_such_file(self) -> None:
        self.check_failed(self.restore("/nonexistent"), 2, "No such file or directory; no domain was made", [])
        self.check_failed(self.restore(str(self.folder)), 2, "", [])

    def test_version_and_help(self) -> None:
        self.assertRegex(self.restore("--version").stdout.decode(), r"^xc-restore \(libstream\) \d+\.\d+\.\d+\n$")
        done = self.restore("--help")
        self.assertEqual(done.returncode, 0)
        self.assertIn(b"--before-unpause=COMMAND", done.stdout)


if __name__ == "__main__":
    unittest.main()
