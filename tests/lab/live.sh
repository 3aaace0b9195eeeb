#!/bin/busybox sh
# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Saves of guests that run meanwhile: PVH guests, one of them busy, to a file and a pipe; what ends them early; and
# checkpoints.
# shellcheck source=tests/lab/live-cases.sh
. /mnt/host/live-cases.sh

check "check-pvh: starts" checker_start /tmp/check-pvh.cfg
live_through_a_pipe check-pvh
too_busy check-pvh
signal_in_a_pass check-pvh TERM
log_in_use check-pvh
checkpoints_counted check-pvh
checkpoints_killed check-pvh
guest_destroy check-pvh
check "pvh: starts" guest_start /guests/pvh.cfg
live_through_a_file pvh
bandwidth pvh
guest_destroy pvh
refused_for_pv
checks_end
