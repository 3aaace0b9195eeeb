# SPDX-License-Identifier: MIT
"""Measuring of commands from outside: time, memory, bytes read."""

import os
import re
import statistics
import subprocess
import time
from typing import List, NamedTuple, Tuple


TIME = "/usr/bin/time"


class Usage(NamedTuple):
    """What one run of a command took."""
    wall: float        # seconds
    cpu: float         # seconds, of all its processes
    peak_kib: int      # of the largest of them
    read: int          # bytes asked of the kernel by the command itself


class Failed(Exception):
    """A command that had to succeed did not."""


def fail(command: str, status: int, text: str) -> None:
    raise Failed("status %d from: %s\n%s" % (status, command, text))


def run(command: str) -> float:
    """Seconds of a shell command that has to succeed."""
    began = time.monotonic()
    done = subprocess.run(["bash", "-c", "set -o pipefail; " + command], stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, check=False)
    took = time.monotonic() - began
    if done.returncode:
        fail(command, done.returncode, done.stderr.decode(errors="replace"))
    return took


def watch(command: str) -> Usage:
    """
    One run of a plain command, with what the kernel counted of it. What a process is said to have held at most counts
    from the process that it was forked from on, and Python is large: a small one in between counts for itself.
    """
    timed = [TIME, "-q", "-f", "peak %M"] if os.path.exists(TIME) else []
    began = time.monotonic()
    with subprocess.Popen([*timed, "sh", "-c", command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as child:
        text = child.stderr.read().decode(errors="replace") if child.stderr else ""
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        with open("/proc/%d/io" % child.pid, encoding="ascii") as counters:
            found = re.search(r"rchar: (\d+)", counters.read())
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    took = time.monotonic() - began
    if child.returncode:
        fail(command, child.returncode, text)
    peak = re.search(r"^peak (\d+)$", text, re.M)
    return Usage(took, usage.ru_utime + usage.ru_stime, int(peak.group(1)) if peak else usage.ru_maxrss,
                 int(found.group(1)) if found else 0)


def in_turns(ours: str, peer: str, turns: int) -> Tuple[List[float], List[float]]:
    """A command and its peer one after the other, so that both see the same load; one turn more to warm up."""
    times: Tuple[List[float], List[float]] = ([], [])
    for turn in range(turns + 1):
        for column, command in zip(times, (ours, peer)):
            took = run(command)
            if turn:
                column.append(took)
    return times


def spread(times: List[float]) -> str:
    return "%.3f s (%.3f–%.3f)" % (statistics.median(times), min(times), max(times))
