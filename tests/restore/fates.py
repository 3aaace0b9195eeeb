# SPDX-License-Identifier: MIT
"""Every way that a restore can go, with a fake host and a fake engine (fake_host.c): what becomes of the domain.

XC_RESTORE names the program, VECTORS the folder of test vectors.
"""

import contextlib
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
from typing import BinaryIO, Callable, Dict, Iterator, List, Optional

XC_RESTORE = os.environ["XC_RESTORE"]
VECTORS = Path(os.environ["VECTORS"])
XL_PV = VECTORS / "good-xl-pv64.img"
XL_PVH = VECTORS / "good-xl-pvh.img"
LIBXL_PVH = VECTORS / "good-libxl-pvh.img"
LIBXL_PV = VECTORS / "good-libxl-pv64.img"
PV = VECTORS / "good-libxc-pv64.img"
PV_V2 = VECTORS / "good-libxc-pv64-v2.img"
PVH = VECTORS / "good-libxc-pvh.img"
LEGACY = VECTORS / "good-legacy-batch-of-1024.img"
LARGE = VECTORS / "good-libxc-pv64-1024-pages.img"
HVM = VECTORS / "good-xl-hvm.img"
LIBXL_HVM = VECTORS / "good-libxl-hvm.img"
MODEL = Path(__file__).with_name("fake_model.py")

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
        self.run_dir = self.folder / "run"
        self.run_dir.mkdir()

    def environment(self, **fake: str) -> Dict[str, str]:
        settings = {"LOG": str(self.log), "COPY": str(self.copy), "CONFIG": str(self.config),
                    "MODEL": str(MODEL), "RUN": str(self.run_dir),
                    **{name.upper(): value for name, value in fake.items()}}
        return {**os.environ, **{f"FAKE_{name}": value for name, value in settings.items()}}

    def start(self, *words: str, **fake: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen([XC_RESTORE, *words], env=self.environment(**fake), stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def restore(self, *words: str, image: Optional[bytes] = None, stdin: Optional[BinaryIO] = None,
                before: Optional[Callable[[], object]] = None, **fake: str) -> "subprocess.CompletedProcess[bytes]":
        """xc-restore WORDS with the fakes told, the image on standard input if it is not a file; ends or is killed.
        stdin: the file that standard input is instead; before: what its process does before it begins."""
        self.log.unlink(missing_ok=True)
        given = {"stdin": stdin} if stdin else {"input": image or b""}
        return subprocess.run([XC_RESTORE, *words], env=self.environment(**fake), preexec_fn=before, **given,
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
        self.check_good(self.restore(*FACTS, image=gzip.compress(LEGACY.read_bytes())))
        self.assertEqual(self.copy.read_bytes(), first)

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


HVM_MADE = ["check", "create", "introduce", "prepare", "model", "cont", "unpause"]
HVM_REMOVED = ["check", "create", "introduce", "prepare", "model", "remove"]
STATE = b"QEVM"


def hvm(disks: "Optional[List[Dict[str, object]]]" = None, root: "Optional[Dict[str, object]]" = None,
        **hvm_info: object) -> bytes:
    """An HVM image with these disks and members of b_info's type.hvm."""
    config: Dict[str, object] = {**plain("hvm"), **(root or {})}
    config["b_info"] = {**plain("hvm")["b_info"], "video_memkb": 16384, "type.hvm": hvm_info}
    config["disks"] = disks or []
    return with_config(config, LIBXL_HVM)


def disk(name: str, path: str = "/some/file", **more: object) -> Dict[str, object]:
    """A disk as libxl writes it."""
    return {"vdev": name, "pdev_path": path, "format": "raw", "readwrite": 1, **more}


class DeviceModel(Case):
    """HVM guests: a device model takes over its part of the image, and goes with the domain."""

    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(self.end_model)

    def args(self) -> List[str]:
        return (self.run_dir / "args").read_text().splitlines()

    def check_gone(self) -> None:
        """The device model is not there any more, nor are its sockets."""
        self.assertRaises(ProcessLookupError, os.kill, int((self.run_dir / "pid").read_text()), 0)
        self.assertEqual(list(self.run_dir.glob("qmp-*")), [])

    def end_model(self) -> None:
        """Whatever came of it, so that it does not outlive the test; and for the next one."""
        pid = self.run_dir / "pid"
        if pid.exists():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid.read_text()), signal.SIGKILL)
        for path in self.run_dir.iterdir():
            path.unlink()

    def test_takes_its_state(self) -> None:
        self.check_good(self.restore(str(HVM)), HVM_MADE)
        state = (self.run_dir / "state").read_bytes()
        self.assertTrue(state.startswith(STATE), state[:16])
        self.assertIn(state, HVM.read_bytes())
        self.assertEqual((self.run_dir / "consoles").read_text(), ",/dev/pts/7,127.0.0.1,5901\n")
        self.end_model()

    def test_state_of_the_last_checkpoint(self) -> None:
        image = with_config(plain("hvm"), VECTORS / "good-remus-libxl-hvm.img")
        first, second = [at for at in range(len(image)) if image.startswith(STATE, at)]
        length = struct.unpack_from("<I", image, first - 12)[0] - 8
        self.assertEqual(struct.unpack_from("<I", image, second - 12)[0] - 8, length)
        # Told apart by a byte that is no more than data to us.
        mark = second + length - 8
        image = image[:mark] + bytes([image[mark] ^ 1]) + image[mark + 1:]
        for cut, wanted in ((len(image), second), (second + 50, first), (len(image) - 8, first)):
            done = self.restore("-", image=image[:cut], engine="keep")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual((self.run_dir / "state").read_bytes(), image[wanted:wanted + length], cut)
            self.end_model()

    def test_paused(self) -> None:
        self.check_good(self.restore("--paused", str(HVM)), HVM_MADE[:-2])
        self.end_model()

    def test_words(self) -> None:
        disks = [disk("hda"), disk("xvdb", "/a,b", format="qcow2"), disk("sda", discard_enable="True"),
                 disk("hdc", "/cd", is_cdrom=1, readwrite=0), disk("hdd", "", is_cdrom=1, format="empty"),
                 disk("xvde", "/fifth")]
        self.check_good(self.restore(image=hvm(disks, serial="pty", vga={"kind": "std"})), HVM_MADE)
        words = self.args()
        self.assertIn("prepare disks=6", self.log.read_text())
        for word in ("-S", "VGA,vgamem_mb=16", "lsi53c895a", "pty", "order=cda", "fd:3", "48", "2,maxcpus=2",
                     "file=/some/file,if=ide,index=0,media=disk,format=raw,cache=writeback",
                     "file=/a,,b,if=ide,index=1,media=disk,format=qcow2,cache=writeback",
                     "file=/some/file,id=scsi0-hd0,format=raw,if=none,readonly=off,cache=writeback",
                     "scsi-hd,drive=scsi0-hd0,scsi-id=0", "if=none,readonly=on,id=ide-5632,file=/cd,format=raw",
                     "ide-cd,id=ide-5632,drive=ide-5632,bus=ide.1,unit=0", "if=none,readonly=on,id=ide-5696"):
            self.assertIn(word, words)
        self.assertFalse(any("/fifth" in word for word in words))
        kept = json.loads(self.config.read_text())["disks"]
        self.assertEqual([item["backend"] for item in kept], ["qdisk"] * 6)
        self.end_model()

    def test_more_words(self) -> None:
        for info, expected in (({"vga": {"kind": "none"}, "vnc": {"enable": "False"}, "nographic": "True"},
                                ["-nographic", "none"]),
                               ({"vnc": {"listen": "::1", "findunused": "False"}}, ["::1"]),
                               ({"vnc": {"display": 7}}, ["127.0.0.1:7,to=99"]),
                               ({"usb": "True", "usbdevice_list": ["tablet"]}, ["-usb", "tablet"]),
                               ({"usbversion": 3}, ["nec-usb-xhci,id=usb"]),
                               ({"xen_platform_pci": "False"}, ["pc,accel=xen,suppress-vmdesc=on"]),
                               ({"hdtype": "ahci"}, ["ahci,id=ahci0"]),
                               ({"serial_list": ["null", "pty"]}, ["null", "pty"]),
                               ({"boot": "d", "acpi": "False"}, ["order=d", "-no-acpi"])):
            self.check_good(self.restore(image=hvm(**info)), HVM_MADE)
            for word in expected:
                self.assertIn(word, self.args(), info)
            self.end_model()

    def test_network(self) -> None:
        image = hvm(root={"nics": [{"devid": 0, "mac": "00:16:3e:00:00:01", "bridge": "br0"}]})
        self.check_failed(self.restore(image=image), 3, "1 nics, which are not attached", [])
        self.check_good(self.restore("--before-unpause=true", image=image), HVM_MADE)
        self.assertIn("rtl8139,id=nic0,netdev=net0,mac=00:16:3e:00:00:01", self.args())
        self.assertIn("type=tap,id=net0,ifname=vif9.0-emu,br=br0,script=no,downscript=no", self.args())
        self.end_model()

    def test_refused(self) -> None:
        for image, text in ((hvm(soundhw="ac97"), "a sound card"), (hvm(spice={"enable": "True"}), "SPICE"),
                            (hvm(vnc={"passwd": "x"}), "a password for VNC"),
                            (hvm([disk("hda", backend="tap")]), "neither the kernel nor QEMU"),
                            (hvm([disk("hda", script="x")]), "needs a script"),
                            (hvm([disk("hda", backend_domid=3)]), "another domain"),
                            (hvm([disk("sda", format="odd")]), "format odd"),
                            (hvm([disk("hda", readwrite=0)]), "read-only"),
                            (hvm([disk("hda1x")]), "not known"), (hvm([disk("floppy")]), "not known"),
                            (hvm([disk("hda", "")]), "has no file"), (hvm([disk("hda")] * 65), "more than 64")):
            self.check_failed(self.restore(image=image), 3, text, [])

    def test_an_image_says_not_what_is_run(self) -> None:
        for member in ({"extra_hvm": ["-monitor", "x"]}, {"extra": ["-x"]}, {"device_model": "/bin/false"}):
            config = plain("hvm", **member)
            self.check_failed(self.restore(image=with_config(config, LIBXL_HVM)), 3, "only --config may give", [])
        path = self.folder / "own.json"
        path.write_text(json.dumps(plain("hvm", extra_hvm=["-one", "two"])))
        self.check_good(self.restore(f"--config={path}", str(LIBXL_HVM)), HVM_MADE)
        self.assertIn("-one", self.args())
        self.end_model()
        path.write_text(json.dumps(plain("hvm", device_model="/nonexistent")))
        self.check_failed(self.restore(f"--config={path}", str(LIBXL_HVM)), 3, "no device model /nonexistent", [])

    def test_bare_image(self) -> None:
        image = str(VECTORS / "good-libxc-hvm.img")
        self.check_failed(self.restore(*FACTS, "--type=hvm", image), 3, "has no state of the device model", [])
        self.check_good(self.restore(*FACTS, "--type=hvm", "--no-device-model", image))
        self.check_good(self.restore(*FACTS, "--type=hvm", "--device-model", 'exec "$@"', image), HVM_MADE)
        self.assertEqual((self.run_dir / "state").read_bytes(), b"")
        self.end_model()

    def test_no_state(self) -> None:
        image = with_config(plain("hvm"), LIBXL_PVH)
        self.check_failed(self.restore(image=image), 1, "the image has no state of the device model",
                          ["check", "create", "introduce", "remove"])
        self.check_failed(self.restore("--check", image=image), 1, "no state of the device model", ["check"])
        self.check_good(self.restore("--no-device-model", image=image))

    def test_command(self) -> None:
        seen = self.folder / "seen"
        command = (f'echo "$XC_RESTORE_DOMID $XC_RESTORE_NAME $XC_RESTORE_QMP" >{seen}; head -c 4 $XC_RESTORE_STATE '
                   f'>>{seen}; echo " $2 $3" >>{seen}; ')
        self.check_good(self.restore("--device-model", command + 'exec "$@"', str(HVM)), HVM_MADE)
        self.assertEqual(seen.read_text(), f"9 vector {self.run_dir}/qmp-libxl-9\nQEVM -xen-domid 9\n".replace(
            "$2", ""))
        self.end_model()
        self.check_good(self.restore("--device-model", '"$@" & sleep 1', str(HVM)), HVM_MADE)
        self.end_model()
        self.check_good(self.restore("--device-model", f"touch {self.run_dir}/running", str(HVM)),
                        [step for step in HVM_MADE if step != "cont"])

    def test_command_fails(self) -> None:
        for command, text in (("exit 3", "ended with status 3"), ("echo no >&2; exit 4", "with status 4: no"),
                              ("kill -9 $$", "ended by signal 9")):
            self.check_failed(self.restore("--device-model", command, str(HVM)), 2, text, HVM_REMOVED)
        done = self.restore("--timeout=1", "--device-model", "sleep 1000", str(HVM))
        self.check_failed(done, 2, "not ready within 1 s", HVM_REMOVED)

    def test_dies(self) -> None:
        done = self.restore(str(HVM), qemu="dies")
        self.check_failed(done, 2, "ended with status 1: load of migration failed: Invalid argument; the domain was "
                          "removed", HVM_REMOVED)
        self.check_gone()

    def test_never_ready(self) -> None:
        for behaviour in ("mute", "stuck", "garbage"):
            done = self.restore("--timeout=2", str(HVM), qemu=behaviour)
            self.check_failed(done, 2, "the device model was not ready within 2 s", HVM_REMOVED)
            self.check_gone()

    def test_does_not_go_on(self) -> None:
        self.check_failed(self.restore(str(HVM), qemu="refuses"), 2, "refuses 'cont': the disk is locked", HVM_REMOVED)
        self.check_gone()
        self.check_failed(self.restore(str(HVM), qemu="leaves"), 2, "the device model", HVM_REMOVED)
        self.check_gone()

    def test_deaf_model_is_killed(self) -> None:
        done = self.restore("--before-unpause=false", str(HVM), qemu="deaf")
        self.check_failed(done, 2, "the command failed", HVM_REMOVED)
        self.check_gone()

    def test_host_fails(self) -> None:
        self.check_failed(self.restore(str(HVM), host="modelless"), 2, "cannot make its nodes",
                          ["check", "create", "introduce", "prepare", "remove"])

    def test_signal_meanwhile(self) -> None:
        restorer = self.start(str(HVM), qemu="stuck")
        self.await_life("model")
        time.sleep(0.3)
        restorer.send_signal(signal.SIGTERM)
        _, said = restorer.communicate(timeout=PATIENCE)
        self.assertEqual((restorer.returncode, self.life()), (2, HVM_REMOVED), said)
        self.check_gone()

    def test_outlives_us(self) -> None:
        """It is not part of the restore's process group, and keeps none of its descriptors."""
        self.check_good(self.restore(str(HVM)), HVM_MADE)
        pid = int((self.run_dir / "pid").read_text())
        self.assertNotEqual(os.getpgid(pid), os.getpgid(0))
        links = [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in (0, 1, 2)]
        self.assertEqual(links, ["/dev/null", *[str(self.run_dir / "qemu-dm-vector.log")] * 2])
        self.end_model()


class Into(Case):
    """A domain that somebody else made."""

    def test_rings_and_ports_are_told(self) -> None:
        done = self.restore("--into=3", str(XL_PV))
        self.assertEqual((done.returncode, done.stderr, self.life()), (0, b"", ["adopt"]))
        self.assertEqual(done.stdout, b"store-mfn 77\nconsole-mfn 78\nstore-port 5\nconsole-port 6\n")
        done = self.restore("--into=3", "--store-port=11", "--console-port=12", str(PV))
        self.assertEqual((done.returncode, done.stdout), (0, b"store-mfn 77\nconsole-mfn 78\n"))
        self.assertIn("adopt 3 ports 11 12", self.log.read_text())
        rows = [json.loads(line) for line in self.restore("--into=3", "--json", str(PV)).stdout.decode().splitlines()]
        self.assertEqual({key: rows[-1][key] for key in ("domain", "domid", "store_mfn", "console_port")},
                         {"domain": "filled", "domid": 3, "store_mfn": 77, "console_port": 6})

    def test_failures_leave_it(self) -> None:
        done = self.restore("--into=3", image=PV.read_bytes()[:-9])
        self.check_failed(done, 1, "domain 3 is left to its owner", ["adopt"])
        self.check_failed(self.restore("--into=3", str(PV), engine="fails"), 2, "left to its owner", ["adopt"])
        self.check_failed(self.restore("--into=3", str(PV), host="running"), 3, "was not touched", ["adopt"])
        self.check_failed(self.restore("--into=3", image=b""), 1, "was not touched", [])

    def test_hvm_wants_somebody_for_the_state(self) -> None:
        self.check_failed(self.restore("--into=3", str(HVM)), 3, "--device-model must take", ["adopt"])
        self.assertEqual(self.restore("--into=3", "--no-device-model", str(HVM)).returncode, 0)
        done = self.restore("--into=3", "--device-model",
                            f"cp $XC_RESTORE_STATE {self.run_dir}/state; touch {self.run_dir}/running", str(HVM))
        self.assertEqual((done.returncode, done.stderr, self.life()), (0, b"", ["adopt"]))
        self.assertTrue((self.run_dir / "state").read_bytes().startswith(STATE))

    def test_usage(self) -> None:
        for words in (["--name=x"], ["--new-uuid"], ["--vcpus=1"], ["--memory=1"], ["--type=pv"], ["--config=x"],
                      ["--paused"], ["--before-unpause=true"]):
            self.check_failed(self.restore("--into=3", *words, str(PV)), 2, "--into", [])
        for words in (["--into=0"], ["--into=x"], ["--store-port=1"], ["--console-domid=1"],
                      ["--device-model=x", "--no-device-model"]):
            self.check_failed(self.restore(*words, str(PV)), 2, "xc-restore", [])


class Killed(Case):
    """KILL leaves nothing either: a process beside the restore removes the domain."""

    def kill(self, restorer: "subprocess.Popen[bytes]", life: List[str]) -> None:
        restorer.kill()
        _, said = restorer.communicate(timeout=PATIENCE)
        self.assertEqual(restorer.returncode, -signal.SIGKILL)
        # Whoever cleans up has the standard error, too: it was read to its end.
        self.assertEqual(self.life(), life)
        if life:
            self.assertIn(b"the restore was killed; domain 9 was removed", said)

    def test_while_the_head_is_read(self) -> None:
        restorer = self.start()
        time.sleep(0.3)
        self.kill(restorer, [])

    def test_while_it_is_filled(self) -> None:
        restorer = self.start(*FACTS, str(LARGE), engine="hang")
        self.await_life("create")
        time.sleep(0.2)
        self.kill(restorer, ["check", "create", "clean"])
        self.assertRegex(self.log.read_text(), r"clean 9 [-0-9a-f]{36}\n")

    def check_ended(self, pid: int) -> None:
        until = time.monotonic() + PATIENCE
        while Path(f"/proc/{pid}").exists() and "Z" not in Path(f"/proc/{pid}/stat").read_text().split()[2]:
            self.assertLess(time.monotonic(), until, f"{pid} is still there")
            time.sleep(0.02)

    def test_while_the_model_starts(self) -> None:
        restorer = self.start("--device-model", f"echo $$ >{self.run_dir}/pid; sleep 1000; true", str(HVM))
        self.await_life("model")
        time.sleep(0.3)
        self.kill(restorer, [*HVM_REMOVED[:-1], "clean"])
        self.check_ended(int((self.run_dir / "pid").read_text()))

    def test_while_the_command_runs(self) -> None:
        restorer = self.start("--before-unpause", f"echo command >>{self.log}; sleep 1000; true", str(XL_PV))
        self.await_life("command")
        self.kill(restorer, ["check", "create", "introduce", "command", "clean"])

    def test_not_after_it_runs(self) -> None:
        self.check_good(self.restore(str(XL_PV)))
        time.sleep(0.3)
        self.assertEqual(self.life(), MADE)


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

    def test_file_truncated_in_page_data(self) -> None:
        """Which goes to the engine without being read here."""
        image = self.folder / "image"
        for left in (1, 5000, 60000):
            image.write_bytes(LARGE.read_bytes()[:-left])
            done = self.restore(*FACTS, str(image))
            self.check_failed(done, 1, "stream.truncated", REMOVED)

    def test_file_from_its_midst(self) -> None:
        """Standard input is a file that somebody has read a part of: the engine gets the rest, each byte."""
        image = self.folder / "image"
        image.write_bytes(b"x" * 12345 + LARGE.read_bytes())
        with image.open("rb") as stream:
            stream.seek(12345)
            self.check_good(self.restore(*FACTS, stdin=stream))
        self.assertEqual(self.copy.read_bytes(), LARGE.read_bytes())

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
            fake = {"engine": "keep"} if "checkpoint" in path.name else {}
            done = self.restore(*FACTS, *([] if is_pv(path) else ["--type=pvh"]), str(path), **fake)
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

    def test_damaged_gzip_of_legacy(self) -> None:
        image = bytearray(gzip.compress(LEGACY.read_bytes()))
        for end in (len(image) // 2, len(image) - 1):
            done = self.restore(*FACTS, image=bytes(image[:end]))
            self.assertEqual((done.returncode, done.stdout), (1, b""), (end, done.stderr))
            self.assertIn(self.life(), ([], REMOVED), end)

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
        self.check_failed(self.restore(str(XL_PV), engine="lies"), 2, "ended with status 3 before it told a result",
                          REMOVED)

    def test_caller_ignores_its_children(self) -> None:
        """As a server does that wants no zombies."""
        self.check_good(self.restore(str(XL_PV), before=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN)))

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


class Checkpoints(Case):
    """Checkpointed images: the last complete one counts, however the image ends."""

    words = [*FACTS, "--type=pvh", "-"]

    def setUp(self) -> None:
        super().setUp()
        # Without libxl's records this is what the engine shall get: each CHECKPOINT once its CHECKPOINT_END was there.
        self.image = (VECTORS / "good-remus-libxl-pvh.img").read_bytes()
        at, self.libxc, self.ends = 64, self.image[24:64], []
        while at < len(self.image):
            kind, length = struct.unpack_from("<II", self.image, at)
            end = at + 8 + (length + 7) // 8 * 8
            self.libxc += self.image[at:end]
            at = end
            if kind == 14:
                at += 8
                self.ends.append((at, len(self.libxc)))
        self.assertEqual(len(self.ends), 2)

    def take(self, image: bytes) -> "subprocess.CompletedProcess[bytes]":
        return self.restore("-v", *self.words, image=image, engine="keep")

    def test_whole(self) -> None:
        self.check_good(self.restore(*self.words, image=self.image, engine="keep"))
        self.assertEqual(self.copy.read_bytes(), self.libxc)

    def test_checked_only(self) -> None:
        self.assertEqual(self.restore("--check", *self.words, image=self.image).returncode, 0)

    def test_broken_off(self) -> None:
        (first, handed), (second, _) = self.ends
        for size in (first + 1, first + 100, (first + second) // 2, second - 16, second - 9, second - 8, second - 1):
            done = self.take(self.image[:size])
            self.assertEqual((done.returncode, done.stdout), (0, b"9\n"), (size, done.stderr))
            self.assertEqual(self.life(), MADE)
            self.assertIn(b"behind the last complete checkpoint", done.stderr)
            # More of the second one is no harm, as long as it is not closed.
            self.assertTrue(self.copy.read_bytes().startswith(self.libxc[:handed]))
            self.assertLess(len(self.copy.read_bytes()), len(self.libxc))
            self.assertTrue(self.libxc[:-8].startswith(self.copy.read_bytes()))

    def test_broken_off_between_two(self) -> None:
        done = self.take(self.image[:self.ends[0][0]])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.copy.read_bytes(), self.libxc[:self.ends[0][1]])

    def test_broken_off_before_the_first(self) -> None:
        for size in (self.ends[0][0] - 1, self.ends[0][0] - 8, 50000):
            done = self.take(self.image[:size])
            self.assertEqual(done.returncode, 1, (size, done.stderr))
            self.assertEqual(self.life(), REMOVED)

    def test_damaged_behind_the_first(self) -> None:
        # Not broken off but wrong: nobody knows what else is.
        done = self.take(self.image[:self.ends[0][0]] + struct.pack("<II", 0x7777, 0) + self.image[self.ends[0][0]:])
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(self.life(), REMOVED)

    def test_pipe_that_stays_open(self) -> None:
        restorer = self.start(*self.words, engine="keep")
        assert restorer.stdin and restorer.stdout and restorer.stderr
        restorer.stdin.write(self.image)
        restorer.stdin.flush()
        self.await_life("create")
        time.sleep(0.3)
        self.assertIsNone(restorer.poll())
        self.assertEqual(restorer.communicate(timeout=PATIENCE)[0], b"9\n")
        self.assertEqual(self.life(), MADE)


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
