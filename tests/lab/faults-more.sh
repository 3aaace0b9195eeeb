#!/bin/busybox sh
# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Saves that fail: guests too young to answer, what is refused, and PVH guests whose saver dies.
# shellcheck source=tests/lab/fault-cases.sh
. /mnt/host/fault-cases.sh

too_young
engine_dies pvh
saver_killed pvh
refusals
checks_end
