#!/bin/bash
# SPDX-License-Identifier: MIT
# bench/lab-save.sh [BUILD [TURNS [GUEST...]]]: xc-save against xl save and xc-restore against xl restore, the same guest of
# 512 MiB in the same boot of the lab's Xen, in turns, images in memory, to a file and through a pipe with cat. Prints each
# turn, ratios of the medians, and how much memory the programs had resident. BUILD is a build tree (build/release), TURNS how
# often each (5), GUEST one of /guests/ (pv, and check-hvm, which boots faster than hvm). Nothing here passes or fails.
set -euo pipefail

here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
build=$(cd "${1:-$here/../build/release}" && pwd)
turns=${2:-5}
guests=("${@:3}")
[ "${#guests[@]}" -gt 0 ] || guests=(pv check-hvm)
log=$(mktemp)
trap 'rm -f "$log"' EXIT

"$here/../lab/xen" run --timeout 1500 --memory 2048 --bin "$build/cmd/xc-save/xc-save" \
	--bin "$build/cmd/xc-restore/xc-restore" "$here/lab-save-dom0.sh" "$turns" "${guests[@]}" | tee "$log"
python3 - "$log" <<'END'
"""Medians and ratios of lines "turn GUEST WHAT PROGRAM SECONDS" and "memory GUEST PROGRAM KIB"."""
import statistics
import sys

turns, memory = {}, {}
for line in open(sys.argv[1], encoding="ascii", errors="replace"):
    words = line.split()
    if words[:1] == ["turn"] and len(words) == 5:
        turns.setdefault((words[1], words[2]), {}).setdefault(words[3], []).append(float(words[4]))
    if words[:1] == ["memory"] and len(words) == 4:
        memory.setdefault(words[1], {}).setdefault(words[2], int(words[3]))
for (guest, what), tools in turns.items():
    if "ours" in tools and "xl" in tools:
        ours, theirs = statistics.median(tools["ours"]), statistics.median(tools["xl"])
        print(f"{guest} {what}: {ours:.2f} s / {theirs:.2f} s = {ours / theirs:.2f} "
              f"(medians of {len(tools['ours'])} and {len(tools['xl'])})")
for guest, programs in memory.items():
    print(f"{guest} peak resident memory: " + ", ".join(f"{name} {kib} KiB" for name, kib in programs.items()))
END
