# SPDX-License-Identifier: MIT
"""Boots the lab's Xen under QEMU, relays what the job in dom0 says and returns its exit status.

Called by lab/xen, which parses nothing: the options are read here.  Standard library only.
"""

import argparse
import contextlib
import ctypes
import fcntl
import os
import select
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path
from typing import BinaryIO, Dict, Iterator, List, Optional

EXIT_NO_RESULT = 124    # the job did not come to an end
EXIT_NO_LAB = 125       # nothing was booted
BOOT_SECONDS = 180      # from power-on to the job's start; usually 10
GUESTS_MIB = 3072       # what QEMU's machine has beyond dom0's memory
TAIL_LINES = 20         # of each log, after a failure
LOGS_KEPT = 10          # folders of logs of failed runs in the cache
PAIR_GRACE = 60         # seconds that the other side has when one failed
PAIR_NET = "10.0.0."    # of the link between two dom0s: A is 1, B is 2

# QEMU 7.2 emulates IRET with kernel rights, which kills a PV dom0 under SMAP, and Xen's SVM code stops PVH and HVM
# guests over RDTSCP ("Insn mismatch").  A KVM device may be there and still not run Xen, so it is never used.
QEMU_CPU = ["-accel", "tcg,thread=multi", "-cpu", "max,-smap,-rdtscp", "-smp", "2"]
# Eager FPU switching is a must: QEMU's XSAVE and XRSTOR do not trap when CR0.TS is set, so with Xen's lazy switching dom0
# saves and restores the registers of whoever ran before, and its programs die of bad pointers a few times a minute.
XEN_OPTIONS = "console=com1 com1=115200,8n1 loglvl=warning guest_loglvl=warning bootscrub=0 spec-ctrl=eager-fpu"
DOM0_OPTIONS = "console=hvc0 console=ttyS1 loglevel=4 panic=1"


class LabError(Exception):
    """The lab cannot start; the text is for the user."""


class NoResult(Exception):
    """The job did not come to an end; the text says why."""


def say(text: str) -> None:
    print(f"lab: {text}", file=sys.stderr, flush=True)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="lab/xen", add_help=False, allow_abbrev=False)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--verb", choices=["run", "pair", "shell"], required=True)
    parser.add_argument("--share", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--bin", type=Path, action="append", default=[])
    parser.add_argument("--memory", type=int, default=1024)
    parser.add_argument("--timeout", type=float)
    parser.add_argument("--keep-logs", type=Path)
    parser.add_argument("--hypervisor", type=Path)
    parser.add_argument("--xen-options", default="")
    parser.add_argument("job", nargs=argparse.REMAINDER)
    parser.error = usage_error  # type: ignore[assignment]
    options = parser.parse_args()
    scripts = {"run": 1, "pair": 2, "shell": 0}[options.verb]
    if len(options.job) < scripts:
        usage_error("run needs a SCRIPT" if scripts == 1 else "pair needs a SCRIPT for each side")
    if options.job and not scripts:
        usage_error(f"shell takes no operand: {options.job[0]}")
    for script in options.job[:scripts]:
        if not Path(script).is_file():
            usage_error(f"no file {script}")
    if scripts and options.timeout is None:
        options.timeout = 300.0
    if options.share and not options.share.is_dir():
        usage_error(f"no directory {options.share}")
    if options.memory < 512:
        usage_error("dom0 needs at least 512 MiB")
    return options


def usage_error(text: str) -> None:
    say(f"{text} (lab/xen --help tells the options)")
    sys.exit(EXIT_NO_LAB)


# ---- what goes into the machine ----

def programs_of(path: Path) -> List[Path]:
    """The programs that --bin PATH names: a file, or what can be executed in a directory."""
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise LabError(f"--bin {path}: no such file or directory")
    found = [p for p in sorted(path.iterdir()) if p.is_file() and os.access(p, os.X_OK) and ".so" not in p.name]
    if not found:
        raise LabError(f"--bin {path}: no programs in it")
    return found


def libraries_of(programs: List[Path]) -> List[Path]:
    """The libraries that ldd finds for the programs.  Scripts and static programs have none."""
    listing = subprocess.run(["ldd", *map(str, programs)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    found = set()
    for line in listing.stdout.splitlines():
        name, arrow, where = line.partition("=>")
        if arrow and where.strip() == "not found":
            raise LabError(f"--bin: the library {name.strip()} is not found")
        if arrow and where.strip().startswith("/"):
            found.add(Path(where.split()[0]))
    return sorted(found)


class Machine:
    """One machine: what goes into it and what it is started with."""

    def __init__(self, options: argparse.Namespace, run_dir: Path, job: List[str]) -> None:
        self.options = options
        self.run_dir = run_dir              # what dom0 sees as /mnt/lab
        self.job = job                      # script and arguments; empty for a shell
        self.side = ""                      # A or B of a pair
        self.out = options.out              # what dom0 sees as /mnt/out, if anything
        self.host = options.share or run_dir / "host"   # what dom0 sees as /mnt/host
        self.pair_dir: Optional[Path] = None            # what both dom0s of a pair see as /mnt/pair
        self.link: Optional[socket.socket] = None       # our end of the cable to the other machine
        self.token = os.urandom(8).hex()    # marks the lab's own lines among the job's

    @property
    def logs(self) -> Path:
        return self.run_dir / "logs"

    def join(self, side: str, pair_dir: Path, link: socket.socket) -> None:
        """Makes it a side of a pair."""
        self.side, self.pair_dir, self.link = side, pair_dir, link
        if self.out:
            self.out = self.out / side

    def environment(self) -> Dict[str, str]:
        """What the script is told beside its arguments."""
        if not self.side:
            return {}
        own, other = ("1", "2") if self.side == "A" else ("2", "1")
        return {"LAB_SIDE": self.side, "LAB_ADDRESS": PAIR_NET + own, "LAB_PEER": PAIR_NET + other}


def prepare_job(machine: Machine) -> None:
    """Fills the folder that dom0 sees as /mnt/lab."""
    run_dir, options = machine.run_dir, machine.options
    for name in ("bin", "libraries", "logs"):
        (run_dir / name).mkdir(parents=True)
    machine.host.mkdir(exist_ok=True)
    (run_dir / "token").write_text(machine.token + "\n")
    if machine.out:
        machine.out.mkdir(parents=True, exist_ok=True)
        (run_dir / "has-out").touch()
    programs = [program for path in options.bin for program in programs_of(path)]
    for program in programs:
        shutil.copy(program, run_dir / "bin" / program.name)
    if programs:
        for library in libraries_of(programs):
            shutil.copy(library, run_dir / "libraries" / library.name)
    if options.verb == "shell":
        (run_dir / "shell").touch()
        size = shutil.get_terminal_size()
        command = f"stty rows {size.lines} cols {size.columns}\nexport TERM={shlex.quote(os.environ.get('TERM', 'vt100'))}\n"
    else:
        script = Path(machine.job[0])
        os.mkdir(run_dir / "job")
        inside = run_dir / "job" / script.name
        shutil.copy(script, inside)
        inside.chmod(0o755)
        interpreter = [] if inside.read_bytes().startswith(b"#!") else ["/bin/sh"]
        words = [*interpreter, f"/mnt/lab/job/{script.name}", *machine.job[1:]]
        command = "exec " + " ".join(map(shlex.quote, words)) + "\n"
    told = "".join(f"export {name}={value}\n" for name, value in machine.environment().items())
    (run_dir / "environment").write_text(told)
    (run_dir / "command").write_text(command)


def shared_folder(tag: str, path: Path) -> List[str]:
    # QEMU reads a comma in a value as the next option; doubled it is a comma.
    where = str(path.resolve()).replace(",", ",,")
    return ["-virtfs", f"local,path={where},mount_tag={tag},security_model=none,multidevs=remap"]


def cable(machine: Machine) -> List[str]:
    """The link of a pair. No packet leaves the host or even this process and its children."""
    if machine.link is None:
        return []
    # Frames as large as they get: each one costs the emulation the same.
    mac = "52:54:00:00:00:0" + ("a" if machine.side == "A" else "b")
    return ["-netdev", f"socket,id=link,fd={machine.link.fileno()}",
            "-device", f"virtio-net-pci,netdev=link,mac={mac},romfile=,host_mtu=60000"]


def qemu_command(machine: Machine) -> List[str]:
    options, images, run_dir = machine.options, machine.options.images, machine.run_dir
    xen = options.hypervisor or images / "xen"
    # A comma separates the two multiboot modules; the words behind the kernel's name are its command line.
    modules = f"{images}/vmlinuz-dom0 {DOM0_OPTIONS},{images}/dom0.img"
    port = "virtconsole" if options.verb == "shell" else "virtserialport"
    return [
        "qemu-system-x86_64", "-nodefaults", "-display", "none", "-no-reboot", *QEMU_CPU,
        "-m", str(options.memory + GUESTS_MIB),
        "-kernel", str(xen), "-append", f"dom0_mem={options.memory}M,max:{options.memory}M {XEN_OPTIONS} {options.xen_options}",
        "-initrd", modules,
        "-serial", f"file:{run_dir}/logs/xen.log", "-serial", f"file:{run_dir}/logs/dom0-kernel.log",
        "-device", "virtio-serial", "-chardev", "stdio,id=port,signal=off",
        "-device", f"{port},chardev=port,name=lab",
        *cable(machine),
        *shared_folder("lab", run_dir),
        *shared_folder("host", machine.host),
        *(shared_folder("out", machine.out) if machine.out else []),
        *(shared_folder("pair", machine.pair_dir) if machine.pair_dir else []),
    ]


# ---- running it ----

def die_with_parent() -> None:
    """In the child: QEMU must not outlive a killed lab/xen, or it would run beside the next one."""
    PR_SET_PDEATHSIG = 1
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


@contextlib.contextmanager
def machine_lock(cache: Path, wanted: str) -> Iterator[None]:
    """One machine at a time: two of them would only make each other slow."""
    with open(cache / "run.lock", "a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            say(f"waiting for another run to end ({lock.read().strip()})")
            fcntl.flock(lock, fcntl.LOCK_EX)
            say("the other run ended, starting")
        lock.truncate(0)
        lock.write(f"process {os.getpid()}: {wanted}\n")
        lock.flush()
        yield


class Relay:
    """Passes the port's bytes on to stdout and picks the lab's own lines out of them."""

    def __init__(self, machine: Machine, sink: BinaryIO) -> None:
        self.mark = b"\x1e" + machine.token.encode() + b" "
        self.sink = sink
        self.prefix = f"{machine.side}: ".encode() if machine.side else b""
        self.line = b""         # the start of a line, kept back where lines get a prefix
        self.pending = b""      # bytes that may be the start of a mark
        self.booted = False
        self.status: Optional[int] = None

    def feed(self, data: bytes) -> None:
        self.pending += data
        while True:
            at = self.pending.find(b"\x1e")
            if at < 0:
                at = len(self.pending)
            self.emit(at)
            if not self.pending:
                return
            if not self.mark.startswith(self.pending[:len(self.mark)]):
                self.emit(1)
                continue
            line, newline, rest = self.pending.partition(b"\n")
            if not newline:
                return
            self.pending = rest
            self.report(line[len(self.mark):].decode().split())

    def emit(self, count: int) -> None:
        if count and self.prefix:
            *lines, self.line = (self.line + self.pending[:count]).split(b"\n")
            for line in lines:
                self.sink.write(self.prefix + line + b"\n")
        elif count:
            self.sink.write(self.pending[:count])
        self.sink.flush()
        self.pending = self.pending[count:]

    def end(self) -> None:
        """Nothing more comes: what is left of a line goes out."""
        if self.line:
            self.sink.write(self.prefix + self.line + b"\n")
            self.sink.flush()
            self.line = b""

    def report(self, words: List[str]) -> None:
        if words[0] == "booted":
            self.booted = True
        elif words[0] == "exit":
            self.status = int(words[1])


class Running:
    """A machine under power."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.relay = Relay(machine, sys.stdout.buffer)
        links = [machine.link.fileno()] if machine.link else []
        with open(machine.logs / "qemu.log", "wb") as log:
            self.qemu = subprocess.Popen(qemu_command(machine), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                                         preexec_fn=die_with_parent, pass_fds=links)

    def read(self) -> None:
        assert self.qemu.stdout is not None
        data = os.read(self.qemu.stdout.fileno(), 65536)
        if data:
            self.relay.feed(data)
        elif self.relay.status is None:
            when = "while the script ran" if self.relay.booted else "before dom0 was up"
            raise NoResult(f"{named(self.machine)} stopped {when} (crash or reboot)")


def named(machine: Machine) -> str:
    return f"machine {machine.side}" if machine.side else "the machine"


def relay_until_end(running: List[Running], timeout: float) -> int:
    """The job's exit status, of two jobs the first one that is not 0; or NoResult."""
    start = time.monotonic()
    poller = select.poll()
    by_descriptor = {each.qemu.stdout.fileno(): each for each in running if each.qemu.stdout}
    for descriptor in by_descriptor:
        poller.register(descriptor, select.POLLIN)
    while any(each.relay.status is None for each in running):
        waiting = [each for each in running if each.relay.status is None]
        booted = all(each.relay.booted for each in waiting)
        limit = timeout if booted else min(timeout, BOOT_SECONDS * len(running))
        left = start + limit - time.monotonic()
        if left <= 0:
            what = "the script did not end" if booted else "dom0 did not come up"
            sides = "".join(f" ({named(each.machine)})" for each in waiting if each.machine.side)
            raise NoResult(f"timed out: {what}{sides} within {limit:g} s of power-on")
        for descriptor, _ in poller.poll(left * 1000):
            one = by_descriptor[descriptor]
            one.read()
            if one.relay.status is not None:
                # It stays under power for the other side, which may want to hear of it.
                poller.unregister(descriptor)
                if one.relay.status != 0:
                    timeout = min(timeout, time.monotonic() - start + PAIR_GRACE)
    return next((each.relay.status for each in running if each.relay.status), 0)


def stop(qemu: "subprocess.Popen[bytes]") -> None:
    qemu.terminate()
    try:
        qemu.wait(10)
    except subprocess.TimeoutExpired:
        qemu.kill()
        qemu.wait()


def run_jobs(machines: List[Machine], timeout: float) -> int:
    running: List[Running] = []
    try:
        for machine in machines:
            running.append(Running(machine))
        return relay_until_end(running, timeout)
    finally:
        for each in running:
            stop(each.qemu)
            each.relay.end()


def run_shell(machine: Machine, timeout: Optional[float]) -> int:
    if not sys.stdin.isatty():
        raise LabError("shell needs a terminal")
    saved = termios.tcgetattr(sys.stdin)
    say("booting; Ctrl-D in the shell ends the machine")
    with open(machine.logs / "qemu.log", "wb") as log:
        qemu = subprocess.Popen(qemu_command(machine), stderr=log, preexec_fn=die_with_parent)
    try:
        # Ctrl-C belongs to the shell in dom0: QEMU puts the terminal into raw mode.
        qemu.wait(timeout)
    except subprocess.TimeoutExpired:
        raise NoResult(f"timed out after {timeout:g} s") from None
    finally:
        stop(qemu)
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, saved)
    return 0


# ---- logs ----

def show_tails(logs: Path, side: str) -> None:
    for log in sorted(logs.iterdir()):
        if not log.is_file() or log.stat().st_size == 0:
            continue
        say(f"---- end of {side}{log.name}")
        lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
        for line in lines[-TAIL_LINES:]:
            print("".join(c for c in line if c.isprintable() or c == "\t"), file=sys.stderr)


def keep_logs(machines: List[Machine], where: Path) -> None:
    for machine in machines:
        shutil.copytree(machine.logs, where / machine.side, dirs_exist_ok=True)


def keep_failed_logs(machines: List[Machine], cache: Path) -> Path:
    where = cache / "logs" / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
    where.parent.mkdir(exist_ok=True)
    keep_logs(machines, where)
    for old in sorted(where.parent.iterdir())[:-LOGS_KEPT]:
        shutil.rmtree(old, ignore_errors=True)
    return where


def machines_of(options: argparse.Namespace, run_dir: Path) -> List[Machine]:
    """One machine, or two with a cable between them."""
    if options.verb != "pair":
        return [Machine(options, run_dir / "lab", options.job)]
    pair_dir = run_dir / "pair"
    pair_dir.mkdir()
    machines = []
    for side, script, link in zip("AB", options.job, socket.socketpair()):
        machine = Machine(options, run_dir / side, [script, *options.job[2:]])
        machine.join(side, pair_dir, link)
        machines.append(machine)
    return machines


def execute(options: argparse.Namespace, run_dir: Path) -> int:
    machines = machines_of(options, run_dir)
    for machine in machines:
        prepare_job(machine)
    try:
        if options.verb == "shell":
            return run_shell(machines[0], options.timeout)
        return run_jobs(machines, options.timeout)
    except NoResult as failure:
        sys.stdout.flush()
        where = keep_failed_logs(machines, options.cache)
        for machine in machines:
            show_tails(machine.logs, f"{machine.side}'s " if machine.side else "")
        say(f"{failure}; logs are in {where}")
        return EXIT_NO_RESULT
    finally:
        if options.keep_logs:
            keep_logs(machines, options.keep_logs)


def main() -> int:
    options = parse_arguments()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda got, frame: sys.exit(128 + got))
    try:
        with machine_lock(options.cache, " ".join([options.verb, *options.job])):
            with tempfile.TemporaryDirectory(prefix="libstream-lab.") as run_dir:
                return execute(options, Path(run_dir))
    except (LabError, OSError) as failure:
        if isinstance(failure, BrokenPipeError):
            # Nobody reads the output any more; say nothing, and keep Python from trying to flush.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 128 + signal.SIGPIPE
        say(str(failure))
        return EXIT_NO_LAB
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


if __name__ == "__main__":
    sys.exit(main())
