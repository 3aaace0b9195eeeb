#!/bin/busybox sh
# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# xc-restore: images of xl and of xc-save, by file and by pipe, whole, bare, compressed, damaged; PV and PVH.
# shellcheck source=tests/lab/checks.sh
. /mnt/host/checks.sh

# What there is of domains: numbers, nodes and files. A restore that failed must not change it.
rest() {
	xl list | awk 'NR > 1 { print $2 }'
	xenstore-list /local/domain
	xenstore-list /libxl
	xenstore-list /vm
	xenstore-list /local/domain/0/backend/console
	ls /var/lib/xen
}

# restores GUEST WORDS...: xc-restore WORDS makes GUEST, tells its number, and it goes on with its memory.
restores() {
	_guest=$1
	shift
	check "$_guest: xc-restore $*" is 0 "$(status xc-restore "$@")"
	check "$_guest: its number is told" is "$(xl domid "$_guest")" "$(cat /tmp/out)"
	check "$_guest: goes on" goes_on "$_guest"
}

# fails STATUS TEXT WORDS...: it says so, and nothing is left.
fails() {
	_status=$1 _text=$2
	shift 2
	rest >/tmp/rest.before
	check "fails: $_text" is "$_status" "$(status xc-restore "$@")"
	check "says: $_text" says "$_text" /tmp/said
	rest >/tmp/rest.after
	check "leaves nothing: $_text" cmp /tmp/rest.before /tmp/rest.after
}

# xl and xc-save to a file, one after the other.
round_trips() {
	for saver in "xl save" xc-save; do
		remember "$1"
		# shellcheck disable=SC2086 # two words
		check "$1: $saver" is 0 "$(status $saver "$1" /tmp/x.img)"
		restores "$1" /tmp/x.img
		rm -f /tmp/x.img
	done
}

# The original stays paused until the copy runs, as on two hosts.
by_pipe() {
	remember "$1"
	{
		xc-save "$1" 2>/tmp/said
		echo $? >/tmp/status
	} | xc-restore --name=copy --new-uuid >/tmp/out 2>/tmp/said.restore
	check "$1: xc-restore from a pipe" is 0 $?
	check "$1: xc-save to that pipe" is 0 "$(cat /tmp/status)"
	check "$1: the copy goes on" goes_on copy
	check "$1: the original is paused" is p "$(guest_state "$1")"
	guest_destroy "$1"
	check "$1: the copy gets the name" xl rename copy "$1"
}

# Without a configuration, and compressed.
bare() {
	remember "$1"
	check "$1: xc-save -f libxc" is 0 "$(status xc-save -f libxc "$1" /tmp/x.img)"
	gzip /tmp/x.img
	fails 3 "needed: --name" /tmp/x.img.gz
	restores "$1" --name="$1" --type="$2" --vcpus=2 --memory="$3" /tmp/x.img.gz
	rm -f /tmp/x.img.gz
}

# libxl takes the domain for one of its own.
with_xl() {
	check "$1: xl list" xl list "$1"
	check "$1: xl list -l" says '"name": "'"$1"'"' "$(xl list -l "$1" >/tmp/out && echo /tmp/out)"
	check "$1: its console has a terminal" test -c "$(xl console-tty "$1" 2>/dev/null ||
		xenstore-read "/local/domain/$(xl domid "$1")/console/tty")"
	xl pause "$1"
	check "$1: xl pause" is p "$(guest_state "$1")"
	xl unpause "$1"
	remember "$1"
	check "$1: xl save" is 0 "$(status xl save "$1" /tmp/x.img)"
	check "$1: xl restore" is 0 "$(status xl restore /tmp/x.img)"
	check "$1: goes on after xl restore" goes_on "$1"
	remember "$1"
	check "$1: xl save once more" is 0 "$(status xl save "$1" /tmp/x.img)"
	rest >/tmp/rest.before
	restores "$1" /tmp/x.img
	check "$1: xl destroy" guest_destroy "$1"
	rest >/tmp/rest.after
	check "$1: xl destroy leaves nothing" cmp /tmp/rest.before /tmp/rest.after
}

# Images that are damaged, and a restore that is stopped: no domain is left. /tmp/x.img is whole.
damaged() {
	size=$(stat -c %s /tmp/x.img)
	for cut in 20 2000 $((size / 2)) $((size - 4)); do
		head -c "$cut" /tmp/x.img >/tmp/cut.img
		fails 1 "error" /tmp/cut.img
	done
	# Near the end, where the records are many and small.
	cp /tmp/x.img /tmp/bad.img
	dd if=/dev/urandom of=/tmp/bad.img bs=1 count=64 seek=$((size - 20000)) conv=notrunc 2>/dev/null
	fails 1 "error" /tmp/bad.img
	rm -f /tmp/cut.img /tmp/bad.img
	rest >/tmp/rest.before
	(head -c $((size / 2)) /tmp/x.img; sleep 1000) >/tmp/fifo &
	xc-restore -v </tmp/fifo >/tmp/out 2>/tmp/said &
	restorer=$!
	check "a domain is made meanwhile" await 60 grep -q created /tmp/said
	sleep 1
	kill -TERM $restorer
	wait $restorer
	check "status after TERM" is 2 $?
	check "says that the domain was removed" says "stopped by signal 15 .*; the domain was removed" /tmp/said
	rest >/tmp/rest.after
	check "leaves nothing: TERM" cmp /tmp/rest.before /tmp/rest.after
}

refusals() {
	restores "$1" /tmp/x.img
	fails 3 "has the name $1 already" /tmp/x.img
	fails 3 "has the UUID" --name=other /tmp/x.img
	fails 3 "but only" --name=other --new-uuid --memory=100000 /tmp/x.img
	check "$1: is not disturbed" guest_running "$1"
	guest_destroy "$1"
	check "$1: --check" is 0 "$(status xc-restore --check /tmp/x.img)"
	check "$1: --check makes nothing" gone "$1"
	check "$1: --paused" is 0 "$(status xc-restore --paused /tmp/x.img)"
	check "$1: is paused" is p "$(guest_state "$1")"
	guest_destroy "$1"
	fails 2 "the command failed with status 3" --before-unpause "xl list \$XC_RESTORE_DOMID && exit 3" /tmp/x.img
}

mkfifo /tmp/fifo
check "pv2: starts" guest_start /guests/pv2.cfg
round_trips pv2
by_pipe pv2
bare pv2 pv 96
with_xl pv2
damaged
refusals pv2
rm -f /tmp/x.img
check "pvh: starts" guest_start /guests/pvh.cfg
round_trips pvh
by_pipe pvh
bare pvh pvh 128
with_xl pvh
checks_end
