#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs the command-line cases.

A case is a shell script GROUP/NAME.sh, run by "bash -eu" in an empty folder of its own with no input. What it prints
and its exit status must be those of GROUP/NAME.stdout, NAME.stderr and NAME.status; without these files it must be
silent and exit with 0. A case that exits with 77 is skipped; the last line on standard error is the reason.

The script finds the tools in its PATH and these variables: VECTORS (folder of the test vectors), HELPERS (programs
beside this one), TOOLS (folders of the tools, separated by colons), SOURCE (the source tree).

In expected files @VECTORS@, @TMP@ and @VERSION@ stand for the folder of the vectors, the case's own folder and the
version; @*@ stands for any text within a line.

    run.py [--update] --vectors DIR --tools DIR[:DIR...] --version V [GROUP | GROUP/NAME]...
"""

import argparse
import difflib
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
from typing import Dict, List, NamedTuple, Optional

HERE = pathlib.Path(__file__).resolve().parent
SKIP_STATUS = 77
TIMEOUT_SECONDS = 120


class Result(NamedTuple):
    """What a case did, with placeholders in place of paths."""

    stdout: str
    stderr: str
    status: int


class Case:
    """One case on disk."""

    def __init__(self, script: pathlib.Path) -> None:
        self.script = script
        self.name = f"{script.parent.name}/{script.stem}"

    def file(self, kind: str) -> pathlib.Path:
        return self.script.with_suffix("." + kind)

    def expected(self, kind: str) -> str:
        path = self.file(kind)
        return path.read_text() if path.exists() else ("0\n" if kind == "status" else "")


def find_cases(wanted: List[str]) -> List[Case]:
    """All cases, or those of the named groups and names; an unknown name is an error."""
    if not wanted:
        wanted = sorted(p.name for p in HERE.iterdir() if p.is_dir() and any(p.glob("*.sh")))
    cases: List[Case] = []
    for name in wanted:
        path = HERE / name
        scripts = sorted(path.glob("*.sh")) if path.is_dir() else [path.with_name(path.name + ".sh")]
        missing = [s for s in scripts if not s.exists()]
        if missing or not scripts:
            sys.exit(f"run.py: no such case: {name}")
        cases += [Case(script) for script in scripts]
    return cases


def environment(args: argparse.Namespace) -> Dict[str, str]:
    """The same for every case on every machine, except for the sanitizers' own settings."""
    env = {k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}
    env.update(
        PATH=f"{args.tools}:/usr/sbin:/usr/bin:/sbin:/bin",
        LC_ALL="C",
        TZ="UTC",
        VECTORS=str(args.vectors),
        HELPERS=str(HERE / "helpers"),
        TOOLS=args.tools,
        SOURCE=str(HERE.parent.parent),
        PYTHONDONTWRITEBYTECODE="1",
    )
    return env


def run_script(case: Case, folder: str, env: Dict[str, str]) -> "subprocess.CompletedProcess[bytes]":
    """Runs it in a process group of its own, so that nothing it started outlives a hang."""
    child = subprocess.Popen(
        ["/bin/bash", "-eu", str(case.script)],
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        out, err = child.communicate(timeout=TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        out, err = child.communicate()
        err += f"run.py: killed after {TIMEOUT_SECONDS} seconds\n".encode()
    return subprocess.CompletedProcess(child.args, child.returncode, out, err)


def normalise(data: bytes, places: Dict[str, str]) -> str:
    text = data.decode("utf-8", "backslashreplace")
    for value, name in places.items():
        text = text.replace(value, name)
    return text


def run_case(case: Case, args: argparse.Namespace) -> Result:
    with tempfile.TemporaryDirectory(prefix="cli-") as folder:
        done = run_script(case, folder, environment(args))
        places = {str(args.vectors): "@VECTORS@", folder: "@TMP@", args.version: "@VERSION@"}
        return Result(normalise(done.stdout, places), normalise(done.stderr, places), done.returncode)


def matches(expected: str, actual: str) -> bool:
    pattern = "[^\n]*".join(re.escape(part) for part in expected.split("@*@"))
    return re.fullmatch(pattern, actual) is not None


def difference(kind: str, expected: str, actual: str) -> str:
    lines = difflib.unified_diff(
        expected.splitlines(), actual.splitlines(), f"expected {kind}", f"actual {kind}", lineterm=""
    )
    return "\n".join("    " + line for line in lines)


def update(case: Case, kind: str, actual: str) -> None:
    """Rewrites an expected file, unless wildcards in it still fit; what is the default needs no file."""
    path = case.file(kind)
    if matches(case.expected(kind), actual):
        return
    if actual == ("0\n" if kind == "status" else ""):
        path.unlink()
    else:
        path.write_text(actual)
    print(f"updated {case.name}.{kind}")


def judge(case: Case, result: Result, rewrite: bool) -> Optional[str]:
    """None if the case is as expected, else what differs."""
    actual = {"stdout": result.stdout, "stderr": result.stderr, "status": f"{result.status}\n"}
    wrong = []
    for kind, text in actual.items():
        if rewrite:
            update(case, kind, text)
        elif not matches(case.expected(kind), text):
            wrong.append(difference(kind, case.expected(kind), text))
    return "\n".join(wrong) or None


def main() -> int:
    parser = argparse.ArgumentParser(description="Run the command-line cases.")
    parser.add_argument("--update", action="store_true", help="rewrite the expected files")
    parser.add_argument("--vectors", required=True, type=pathlib.Path, help="folder of the test vectors")
    parser.add_argument("--tools", required=True, help="folders of the tools, separated by colons")
    parser.add_argument("--version", required=True, help="version that the tools are to name")
    parser.add_argument("names", nargs="*", metavar="GROUP|GROUP/NAME")
    args = parser.parse_args()
    args.vectors = args.vectors.resolve()
    failed = skipped = 0
    cases = find_cases(args.names)
    for case in cases:
        result = run_case(case, args)
        if result.status == SKIP_STATUS:
            skipped += 1
            reason = result.stderr.strip().splitlines() or ["no reason given"]
            print(f"skip {case.name}: {reason[-1]}")
            continue
        wrong = judge(case, result, args.update)
        failed += wrong is not None
        print(f"FAIL {case.name}\n{wrong}" if wrong else f"ok   {case.name}", flush=True)
    print(f"{len(cases)} cases: {len(cases) - failed - skipped} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
