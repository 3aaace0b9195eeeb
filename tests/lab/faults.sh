#!/bin/busybox sh
# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Saves that fail: every fault with a PV guest, the main ones with PVH.
# shellcheck source=tests/lab/fault-cases.sh
. /mnt/host/fault-cases.sh

check "pv: starts" guest_start /guests/pv.cfg
reader_leaves pv 1000000
reader_leaves pv 50000000
# With less than a pipe full left to write it would not be noticed: then the guest is paused, not lost.
reader_leaves pv 97000000
disk_full pv
bad_target pv
signal_comes pv TERM 1
signal_comes pv INT 30000000
stuck_reader pv
engine_dies pv
saver_killed pv
two_at_once pv
remember pv
check "pv: saves after all that" is 0 "$(status xc-save pv /tmp/target/x.img)"
check "pv: restores after all that" is 0 "$(status xl restore /tmp/target/x.img)"
check "pv: goes on after all that" goes_on pv
rm -f /tmp/target/x.img
guest_destroy pv
check "pvh: starts" guest_start /guests/pvh.cfg
reader_leaves pvh 70000000
disk_full pvh
signal_comes pvh TERM 30000000
checks_end
