#!/bin/bash
# SPDX-License-Identifier: MIT
# bench/lab-migrate.sh [BUILD [TURNS]]: xc-migrate against xl migrate, the same guest in the same boot of the lab's Xen, in
# turns, within one host. Prints each turn, and ratios of the medians of downtime and total time. BUILD is a build tree
# (build/release), TURNS how often each migrates each guest (5). Nothing here passes or fails.
set -euo pipefail

here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
build=$(cd "${1:-$here/../build/release}" && pwd)
turns=${2:-5}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

gcc -O2 -o "$work/downtime" "$here/downtime.c" -lxenctrl -lxentoollog
"$here/../lab/xen" run --timeout 1200 --bin "$work/downtime" --bin "$build/cmd/xc-migrate/xc-migrate" \
	"$here/lab-migrate-dom0.sh" "$turns" | tee "$work/log"
python3 - "$work/log" <<'END'
"""Medians and ratios of lines "turn LOAD TOOL DOWNTIME TOTAL"."""
import statistics
import sys

turns = {}
for line in open(sys.argv[1], encoding="ascii", errors="replace"):
    words = line.split()
    if words[:1] == ["turn"] and len(words) == 5:
        turns.setdefault(words[1], {}).setdefault(words[2], []).append((float(words[3]), float(words[4])))
for load, tools in turns.items():
    ours, theirs = ([statistics.median(column) for column in zip(*tools[tool])] for tool in ("xc-migrate", "xl"))
    print(f"{load}: downtime {ours[0]:.0f} ms / {theirs[0]:.0f} ms = {ours[0] / theirs[0]:.2f}, "
          f"total {ours[1]:.0f} ms / {theirs[1]:.0f} ms = {ours[1] / theirs[1]:.2f} "
          f"(medians of {len(tools['xc-migrate'])} and {len(tools['xl'])})")
END
