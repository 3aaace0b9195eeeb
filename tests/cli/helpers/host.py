#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""host.py: runs verify-stream-v2 --against over the rows of test-vectors/host.txt.
host.py VECTOR HOST: prints the policy of one of its hosts.

A row is a vector, a host, and all findings that this host adds to those of the vector. The exit status is 1 where an
error is among all of them.
"""

import json
import os
import subprocess
import sys
import tempfile
from typing import Callable, Dict, List, Set, Tuple

NO_SUBLEAF = "0xffffffff"
USUAL = "good-libxc-hvm.img"    # whose policy hosts have for vectors without one


def rows_of(path: str, *options: str) -> Tuple[List[dict], int]:
    done = subprocess.run(["verify-stream-v2", "--json", "--max-findings=0", *options, path],
                          stdout=subprocess.PIPE, text=True, check=False)
    return [json.loads(line) for line in done.stdout.splitlines()], done.returncode


def policy_of(vector: str) -> dict:
    """What an image says of its CPU, as a host's policy."""
    rows = {row.get("name"): row for row in rows_of(os.path.join(os.environ["VECTORS"], vector))[0] if "record" in row}
    if "X86_CPUID_POLICY" not in rows:
        return policy_of(USUAL)
    registers = ("eax", "ebx", "ecx", "edx")
    leaves = [{"leaf": leaf["leaf"], "subleaf": hex(leaf["subleaf"]) if "subleaf" in leaf else NO_SUBLEAF,
               **{name: leaf[name] for name in registers}} for leaf in rows["X86_CPUID_POLICY"]["leaves"]]
    msrs = [{"index": msr["index"], "value": msr["value"]} for msr in rows["X86_MSR_POLICY"]["msrs"]]
    return {"cpuid": leaves, "msrs": msrs}


def leaf_of(policy: dict, leaf: int, subleaf: int = 0xFFFFFFFF) -> dict:
    return next(entry for entry in policy["cpuid"]
                if int(entry["leaf"], 16) == leaf and int(entry["subleaf"], 16) == subleaf)


def change(leaf: int, subleaf: int, register: str, new: Callable[[int], int]) -> Callable[[dict], None]:
    """A host whose policies differ in one register."""
    def edit(host: dict) -> None:
        entry = leaf_of(host["hvm_max"], leaf, subleaf)
        entry[register] = hex(new(int(entry[register], 16)))
        host["pv_max"] = host["hvm_max"]
    return edit


def without_bit(leaf: int, subleaf: int, register: str, bit: int) -> Callable[[dict], None]:
    return change(leaf, subleaf, register, lambda value: value & ~(1 << bit))


def no_avx(host: dict) -> None:
    for edit in (without_bit(1, 0xFFFFFFFF, "ecx", 28), without_bit(7, 0, "ebx", 5), without_bit(0xD, 0, "eax", 2)):
        edit(host)


def more(host: dict) -> None:
    """A newer machine: features, leaves and states that the guest does not have."""
    for entry in host["hvm_max"]["cpuid"]:
        if int(entry["leaf"], 16) in (1, 7, 0x80000001) and int(entry["subleaf"], 16) in (0, 0xFFFFFFFF):
            for register in ("ecx", "edx"):
                entry[register] = "0xffffffff"
    change(0, 0xFFFFFFFF, "eax", lambda value: value + 16)(host)
    change(0xD, 0, "eax", lambda value: value | 0xE0)(host)
    change(0x80000008, 0xFFFFFFFF, "eax", lambda value: value + 7)(host)


def dynamic(host: dict) -> None:
    """What follows the guest's registers, or is the toolstack's to say, is no feature of the host."""
    for edit in (without_bit(1, 0xFFFFFFFF, "ecx", 27), without_bit(1, 0xFFFFFFFF, "ecx", 21),
                 without_bit(1, 0xFFFFFFFF, "edx", 28), without_bit(0x80000001, 0xFFFFFFFF, "ecx", 1),
                 # On AMD: what the guest sees there of leaf 1.
                 change(0x80000001, 0xFFFFFFFF, "edx", lambda value: value & ~0x0183F3FF)):
        edit(host)


def other_vendor(host: dict) -> None:
    leaf_of(host["hvm_max"], 0).update(ebx="0x68747541", ecx="0x444d4163", edx="0x69746e65")
    host["pv_max"] = host["hvm_max"]


def drop(leaf: int) -> Callable[[dict], None]:
    def edit(host: dict) -> None:
        host["hvm_max"]["cpuid"] = [e for e in host["hvm_max"]["cpuid"] if int(e["leaf"], 16) != leaf]
    return edit


def msrs(keep: Callable[[int], int]) -> Callable[[dict], None]:
    def edit(host: dict) -> None:
        for msr in host["hvm_max"]["msrs"]:
            msr["value"] = hex(keep(int(msr["value"], 16)))
    return edit


def set_to(path: str, value: object) -> Callable[[dict], None]:
    def edit(host: dict) -> None:
        place = host
        *parents, last = path.split(".")
        for name in parents:
            place = place[name]
        place[last] = value
    return edit


def each(*edits: Callable[[dict], None]) -> Callable[[dict], None]:
    def edit(host: dict) -> None:
        for one in edits:
            one(host)
    return edit


HOSTS: Dict[str, Callable[[dict], None]] = {
    "same": each(),
    "usual": each(),
    "more": more,
    "dynamic": dynamic,
    "xen-4.5": set_to("xen", "4.5.1"),
    "xen-4.13": set_to("xen", "4.13"),
    "xen-5.0": set_to("xen", "5.0"),
    "no-pv": each(set_to("guests.pv", False), set_to("pv_max", None)),
    "no-hvm": each(set_to("guests.hvm", False), set_to("guests.hap", False), set_to("hvm_max", None)),
    "no-hap": set_to("guests.hap", False),
    "no-paging": each(set_to("guests.hap", False), set_to("guests.shadow", False)),
    "little-memory": set_to("memory.free_kib", 16),
    "other-vendor": other_vendor,
    "fewer-leaves": change(0, 0xFFFFFFFF, "eax", lambda value: value - 1),
    "fewer-extended": change(0x80000000, 0xFFFFFFFF, "eax", lambda value: value - 1),
    "fewer-subleaves": change(7, 0, "eax", lambda value: value - 1),
    "no-leaf-7": drop(7),
    "no-aes": without_bit(1, 0xFFFFFFFF, "ecx", 25),
    "no-syscall": without_bit(0x80000001, 0xFFFFFFFF, "edx", 11),
    "no-xsaveopt": without_bit(0xD, 1, "eax", 0),
    "narrow-addresses": change(0x80000008, 0xFFFFFFFF, "eax", lambda value: value & ~0xFF | 36),
    "no-avx": no_avx,
    "ymm-elsewhere": change(0xD, 2, "ebx", lambda value: value + 64),
    "no-faulting": msrs(lambda value: value & ~(1 << 31)),
    "no-msrs": set_to("hvm_max.msrs", []),
}


def host_for(vector: str, name: str) -> dict:
    policy = policy_of(vector)
    host = {"host_policy": 1, "xen": "4.22", "memory": {"total_kib": 4 << 20, "free_kib": 4 << 20},
            "guests": {"pv": True, "hvm": True, "hap": True, "shadow": True}, "pv_max": policy, "hvm_max": policy}
    HOSTS[name](host)
    return host


def check(vector: str, name: str, expected: Set[str], folder: str) -> List[str]:
    path, policy = os.path.join(os.environ["VECTORS"], vector), os.path.join(folder, "host.json")
    with open(policy, "w", encoding="utf-8") as file:
        json.dump(host_for(vector, name), file)
    rows, status = rows_of(path, "--against=" + policy)
    found = {row["finding"]: row["severity"] for row in rows if "finding" in row}
    added = {name for name in found if name.startswith(("against.", "host."))}
    faults = []
    if added != expected:
        faults.append(f"found {sorted(added)}, expected {sorted(expected)}")
    if status != int("error" in found.values()):
        faults.append(f"exit status {status}")
    return faults


def main() -> int:
    if len(sys.argv) == 3:
        json.dump(host_for(sys.argv[1], sys.argv[2]), sys.stdout)
        return 0
    shown: Set[str] = set()
    used: Set[str] = set()
    with open(os.path.join(os.environ["SOURCE"], "test-vectors", "host.txt"), encoding="utf-8") as table, \
            tempfile.TemporaryDirectory() as folder:
        for line in table:
            if line[0] in "#\n":
                continue
            vector, name, *expected = line.split()
            for fault in check(vector, name, set(expected), folder):
                print(f"{vector}, {name}: {fault}")
            shown.update(expected)
            used.add(name)
    done = subprocess.run(["verify-stream-v2", "--explain=list"], stdout=subprocess.PIPE, text=True, check=False)
    there = {line.split()[0] for line in done.stdout.splitlines() if line.startswith("host.")}
    if there - shown or not there:
        print("findings without a row:", sorted(there - shown))
    if set(HOSTS) - used:
        print("hosts without a row:", sorted(set(HOSTS) - used))
    return 0


sys.exit(main())
