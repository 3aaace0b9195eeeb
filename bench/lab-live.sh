#!/bin/busybox sh
# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Does --max-downtime keep its word? In the lab's dom0, with the programs of a build on the PATH:
#   lab/xen run --memory 1536 --timeout 900 --bin build/release/cmd/xc-save/xc-save bench/lab-live.sh [RUNS [MS [RATE]]]
# The checking guest rewrites all of its 8 MiB all the time. Each run saves it live to a file, lets it run on, and compares
# the time that it stood still for with the time asked for. Exit status 0 if it was within a factor of 1.5 in nine of ten.
# shellcheck source=lab/dom0/lib.sh
. /lab/lib.sh

runs=${1:-10} asked=${2:-600} rate=${3:-20M}

sed 's/rate=100/rate=max/' /guests/check-pvh.cfg >/tmp/check-pvh.cfg
checker_start /tmp/check-pvh.cfg || exit 2
echo "asked $asked ms, $rate bytes a second"
run=0
while [ "$run" -lt "$runs" ]; do
	run=$((run + 1))
	xc-save --live --max-downtime="$asked" --bandwidth="$rate" --json --then=resume check-pvh /tmp/x.img >/tmp/rows || exit 2
	checker_ask check-pvh || exit 2
	passes=$(grep -c '"event":"pass"' /tmp/rows)
	sed -n 's/.*"event":"result".*"downtime":\([0-9.]*\),"expected_downtime":\([0-9.]*\),.*/\1 \2/p' /tmp/rows |
		awk -v run="$run" -v passes="$passes" '{ printf "%d %d %.0f %.0f\n", run, passes, $2 * 1000, $1 * 1000 }'
done | tee /tmp/runs
awk -v asked="$asked" '{ if ($4 <= asked * 1.5) below++; if ($4 <= asked * 1.5 && $4 >= asked / 1.5) within++ }
	END { printf "%d runs: %d not above 1.5 times what was asked, %d within a factor of 1.5\n", NR, below, within
	      exit !(NR > 0 && within * 10 >= NR * 9) }' /tmp/runs
