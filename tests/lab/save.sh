#!/bin/busybox sh
# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Saves that succeed: PV and PVH, to a file and to a pipe, and back with xl restore.
# shellcheck source=tests/lab/checks.sh
. /mnt/host/checks.sh

# A file: verified by verify-stream-v2 and restored by xl; the guest goes on with its memory.
through_a_file() {
	image=/tmp/$1.img
	check "$1: starts" guest_start "/guests/$1.cfg"
	check "$1: can be seen" remember "$1"
	check "$1: xc-save to a file" is 0 "$(status xc-save "$1" "$image")"
	check "$1: destroyed after a save to a file" gone "$1"
	check "$1: image is private" is 600 "$(stat -c %a "$image")"
	check "$1: image verifies" verify-stream-v2 "$image"
	check "$1: xl restore" is 0 "$(status xl restore "$image")"
	check "$1: goes on after xl restore" goes_on "$1"
	rm -f "$image"
}

# A pipe: the guest is left paused, and its image restored while the original is gone.
through_a_pipe() {
	remember "$1"
	{
		xc-save "$1" 2>/tmp/said
		echo $? >/tmp/status
	} | verify-stream-v2 -o "/tmp/$1.img" >/tmp/out 2>&1
	check "$1: verify-stream-v2 takes the pipe" is 0 "$?"
	check "$1: xc-save to a pipe" is 0 "$(cat /tmp/status)"
	check "$1: paused after a save to a pipe" is p "$(guest_state "$1")"
	guest_destroy "$1"
	check "$1: image from a pipe restores" is 0 "$(status xl restore "/tmp/$1.img")"
	check "$1: goes on after the pipe" goes_on "$1"
	rm -f "/tmp/$1.img"
}

# What may become of the guest.
afterwards() {
	remember "$1"
	check "$1: --then=resume" is 0 "$(status xc-save --then=resume "$1" /tmp/x.img)"
	check "$1: goes on at once" runs_on "$1"
	check "$1: --then=pause" is 0 "$(status xc-save --then=pause "$1" /tmp/x.img)"
	check "$1: is paused" is p "$(guest_state "$1")"
	check "$1: a paused guest is refused" is 3 "$(status xc-save "$1" /tmp/y.img)"
	check "$1: --resume" is 0 "$(status xc-save --resume "$1")"
	check "$1: goes on after --resume" runs_on "$1"
	check "$1: --then=destroy to a pipe" is 0 "$(status xc-save --then=destroy "$1")"
	check "$1: is destroyed" gone "$1"
	rm -f /tmp/x.img /tmp/out
}

# The bare layers, and the configuration made from facts alone.
formats() {
	guest_exists "$1" || guest_start "/guests/$1.cfg"
	remember "$1"
	for format in libxc libxl; do
		check "$1: -f $format" is 0 "$(status xc-save -f $format --then=resume "$1" /tmp/x.img)"
		check "$1: -f $format verifies" verify-stream-v2 -f $format /tmp/x.img
	done
	check "$1: xl save" is 0 "$(status xl save -c "$1" /tmp/x.img)"
	check "$1: xl's image verifies" verify-stream-v2 -f xl /tmp/x.img
	rm -f /var/lib/xen/userdata-d."$(xl domid "$1")".*.libxl-json
	check "$1: saves without a stored configuration" is 0 "$(status xc-save "$1" /tmp/x.img)"
	check "$1: restores with the configuration made" is 0 "$(status xl restore /tmp/x.img)"
	check "$1: goes on with the configuration made" goes_on "$1"
	rm -f /tmp/x.img
}

# Names and news.
talk() {
	check "pv: renamed" xl rename pv other
	check "pv: --json" is 0 "$(status xc-save --json --then=resume other /tmp/x.img)"
	check "pv: --json says what happened" says '"event":"result","saved":true,"guest":"running","status":0' /tmp/out
	check "pv: the image has the new name" says '"name": "other"' /tmp/x.img
	check "pv: by number" is 0 "$(status xc-save --then=resume "$(xl domid other)" /tmp/x.img)"
	check "pv: named again" xl rename other pv
	rm -f /tmp/x.img
}

through_a_file pv2
through_a_pipe pv2
guest_destroy pv2
through_a_file pvh
through_a_pipe pvh
afterwards pvh
formats pvh
guest_destroy pvh
through_a_file pv
talk
formats pv
afterwards pv
checks_end
