#!/bin/busybox sh
# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Saves that fail, a function each: all must leave the guest running with its memory, and neither image nor temporary file.
# shellcheck source=tests/lab/checks.sh
. /mnt/host/checks.sh

mkdir -p /tmp/target /tmp/small
mount -t tmpfs -o size=20m small /tmp/small

# survives GUEST WHAT: after a failure.
survives() {
	check "$1: runs on after: $2" runs_on "$1"
	check "$1: nothing left after: $2" empty /tmp/target
}

# The reader of the pipe takes BYTES and leaves.
reader_leaves() {
	remember "$1"
	{
		xc-save "$1" 2>/tmp/said
		echo $? >/tmp/status
	} | head -c "$2" >/dev/null
	check "$1: status after a reader that left at $2" is 2 "$(cat /tmp/status)"
	check "$1: message after a reader that left at $2" says "reader of the output is gone; the guest" /tmp/said
	survives "$1" "reader left at $2"
}

disk_full() {
	remember "$1"
	check "$1: status on a full disk" is 2 "$(status xc-save "$1" /tmp/small/x.img)"
	check "$1: message on a full disk" says "No space left on device; the guest runs on" /tmp/said
	check "$1: full disk is empty again" empty /tmp/small
	survives "$1" "disk full"
	check "$1: status of /dev/full" is 2 "$(status xc-save "$1" /dev/full)"
	survives "$1" "/dev/full"
}

bad_target() {
	remember "$1"
	check "$1: status without the directory" is 2 "$(status xc-save "$1" /tmp/no/such/x.img)"
	check "$1: not touched without the directory" says "the guest was not touched" /tmp/said
	survives "$1" "no directory"
	check "$1: status if it is a directory" is 2 "$(status xc-save "$1" /tmp/target)"
	survives "$1" "is a directory"
	echo old >/tmp/old.img
	check "$1: an older image outlives a failure" is 2 "$(status xc-save "$1" /tmp/small/../old.img/x)"
	check "$1: and is as it was" is old "$(cat /tmp/old.img)"
}

# shellcheck disable=SC2317 # called by await
written() {
	# shellcheck disable=SC2012 # sizes are wanted
	[ "$(ls -lA /tmp/target | awk 'NR > 1 { sum += $5 } END { print sum + 0 }')" -ge "$1" ]
}

# A signal once BYTES are written.
signal_comes() {
	remember "$1"
	xc-save "$1" /tmp/target/x.img 2>/tmp/said &
	saver=$!
	await 60 written "$3"
	kill -"$2" $saver
	wait $saver
	check "$1: status after $2 at $3" is 2 $?
	check "$1: message after $2 at $3" says "stopped by signal" /tmp/said
	survives "$1" "$2 at $3"
}

# A reader that does not read: the save stands still with the guest suspended, and must still obey.
stuck_reader() {
	remember "$1"
	mkfifo /tmp/fifo
	# shellcheck disable=SC2217 # that it does not read is the point
	sleep 1000 </tmp/fifo &
	reader=$!
	xc-save -v "$1" >/tmp/fifo 2>/tmp/said &
	saver=$!
	await 60 grep -q suspended /tmp/said
	sleep 1
	kill -TERM $saver
	wait $saver
	check "$1: status after TERM with a stuck reader" is 2 $?
	kill $reader
	rm -f /tmp/fifo
	survives "$1" "TERM with a stuck reader"
}

# The engine's process dies without a word.
engine_dies() {
	remember "$1"
	xc-save "$1" /tmp/target/x.img 2>/tmp/said &
	saver=$!
	await 60 written 10000000
	kill -KILL "$(cat /proc/[0-9]*/stat 2>/dev/null | awk -v saver=$saver '$4 == saver { print $1 }')"
	wait $saver
	check "$1: status after the engine died" is 2 $?
	check "$1: message after the engine died" says "ended by signal 9 .*; the guest runs on" /tmp/said
	survives "$1" "engine died"
}

# Nobody can clean up after KILL, but nothing is lost either.
saver_killed() {
	remember "$1"
	xc-save "$1" /tmp/target/x.img 2>/tmp/said &
	saver=$!
	await 60 written 10000000
	kill -KILL $saver
	wait $saver
	sleep 1
	# "ss": shut down, and the reason is a suspension.
	# A PV guest is paused, too.
	check "$1: suspended after KILL" is ss "$(guest_state "$1" | tr -d p)"
	check "$1: refused while it is left suspended" is 3 "$(status xc-save "$1" /tmp/y.img)"
	check "$1: --resume after KILL" is 0 "$(status xc-save --resume "$1")"
	rm -f /tmp/target/.stream-*
	survives "$1" "KILL and --resume"
}

two_at_once() {
	remember "$1"
	xc-save --then=resume "$1" /tmp/target/x.img 2>/tmp/first &
	saver=$!
	await 60 written 1000000
	check "$1: a second save at once is refused" is 2 "$(status xc-save "$1" /tmp/y.img)"
	check "$1: and says why" says "another xc-save is at work" /tmp/said
	wait $saver
	check "$1: the first one is not disturbed" is 0 $?
	rm -f /tmp/target/x.img
	survives "$1" "two at once"
}

# Lines of an earlier guest of this name must not be taken for the new one's.
create_quietly() {
	rm -f "$(guest_log "$1")"
	xl create "/guests/$1.cfg" >/dev/null 2>&1
}

# A guest that is too young to answer: the request is taken back. Younger than that, a PV guest cannot be looked at.
too_young() {
	create_quietly pvh
	check "pvh: status without an answer" is 3 "$(status xc-save --timeout=1 pvh /tmp/target/x.img)"
	check "pvh: message without an answer" says "did not answer the request to suspend within 1 s; the guest was not touched" /tmp/said
	check "pvh: the request was taken back" is "" "$(xenstore-read "/local/domain/$(xl domid pvh)/control/shutdown")"
	check "pvh: boots on" guest_wait_beyond pvh 1 240
	remember pvh
	survives pvh "no answer"
	create_quietly pv2
	check "pv2: status without a p2m" is 2 "$(status xc-save --timeout=1 pv2 /tmp/target/x.img)"
	check "pv2: boots on" guest_wait_beyond pv2 1 240
	remember pv2
	survives pv2 "no p2m"
	guest_destroy pv2
}

refusals() {
	check "no such domain" is 2 "$(status xc-save nobody /tmp/target/x.img)"
	check "no such domain: message" says "nobody: no such domain" /tmp/said
	check "domain 0" is 2 "$(status xc-save 0 /tmp/target/x.img)"
	check "usage" is 2 "$(status xc-save)"
}
