#!/bin/busybox sh
# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Saves of guests that run meanwhile: a quiet PVH guest and a busy one, to a file and a pipe; what ends them early; and
# checkpoints.
# shellcheck source=tests/lab/live-cases.sh
. /mnt/host/live-cases.sh

check "pvh: starts" guest_start /guests/pvh.cfg
check "busy: starts" guest_start /tmp/busy.cfg
live_through_a_file pvh
live_through_a_pipe busy
too_busy busy
signal_in_a_pass busy TERM
log_in_use busy
bandwidth pvh
checkpoints_counted pvh
checkpoints_killed busy
refused_for_pv
checks_end
