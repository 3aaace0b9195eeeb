#!/bin/busybox sh
# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Saves of guests that run meanwhile, a function each. Most take the checking guest, which writes all the time.
# shellcheck source=tests/lab/checks.sh
. /mnt/host/checks.sh

mkdir -p /tmp/target
sed 's/^memory = .*/memory = 32/; s/rate=100/rate=4000/' /guests/check-pvh.cfg >/tmp/check-pvh.cfg

# next GUEST: remembers which verdict comes next.
next() {
	verdict=$(($(checker_count "$1") + 1))
}

# restored GUEST: it was, from whichever checkpoint, into a log of its own, and has every page.
restored() {
	await 60 grep -q '^guest [0-9]* good .*restored' "$(guest_log "$1")" && checker_ask "$1"
}

# A log of its own for what is restored under the name: the numbers of its verdicts may be those of its past.
end_for_good() {
	guest_destroy "$1"
	mv "$(guest_log "$1")" "$(guest_log "$1").$(date +%s)"
}

# A number from the last row that --json wrote to FILE.
result() {
	sed -n 's/.*"event":"result".*"'"$1"'":\([0-9.]*\).*/\1/p' "$2"
}

live_through_a_file() {
	remember "$1"
	check "$1: live to a file" is 0 "$(status xc-save --live --json "$1" /tmp/target/x.img)"
	check "$1: was live" says '"live":true' /tmp/out
	check "$1: passes are told" says '"event":"pass","number":1,' /tmp/out
	dom0_note "$1: stood still for $(result downtime /tmp/out) s of $(result seconds /tmp/out) s"
	check "$1: destroyed after it" gone "$1"
	check "$1: its image verifies" verify-stream-v2 /tmp/target/x.img
	check "$1: xl restores it" is 0 "$(status xl restore /tmp/target/x.img)"
	check "$1: goes on after a live save" goes_on "$1"
	rm -f /tmp/target/x.img
}

live_through_a_pipe() {
	next "$1"
	{
		xc-save --live -v "$1" 2>/tmp/said
		echo $? >/tmp/status
	} | verify-stream-v2 -o /tmp/x.img >/tmp/out 2>&1
	check "$1: live to a pipe" is 0 "$(cat /tmp/status)"
	check "$1: more than one pass" says "pass 2: " /tmp/said
	check "$1: left paused" is p "$(guest_state "$1")"
	guest_destroy "$1"
	check "$1: xc-restore takes it" is 0 "$(status xc-restore /tmp/x.img)"
	check "$1: has every page after the pipe" checker_good "$1" "$verdict"
	rm -f /tmp/x.img
}

# That the log of dirty pages is off shows by the next live save, which would else be refused.
runs_on_unlogged() {
	check "$1: runs on after: $2" checker_ask "$1"
	check "$1: nothing left after: $2" empty /tmp/target
	check "$1: no lock left after: $2" is "" "$(ls /run/xc-save.* 2>/dev/null)"
	check "$1: can be live again after: $2" is 7 "$(status xc-save --live --max-iterations=1 --dirty-threshold=0 \
		--if-busy=abort "$1" /tmp/target/x.img)"
}

too_busy() {
	check "$1: given up" is 7 "$(status xc-save --live --max-downtime=1 --max-iterations=3 --if-busy=abort \
		"$1" /tmp/target/x.img)"
	check "$1: says why" says "given up after pass 3: the guest is too busy" /tmp/said
	runs_on_unlogged "$1" "given up"
	check "$1: given up in time" is 7 "$(status xc-save --live --bandwidth=4M --max-time=3 --if-busy=abort \
		"$1" /tmp/target/x.img)"
	check "$1: says that time was up" says "given up in pass 1: not done within 3 s" /tmp/said
	check "$1: runs on after its time" checker_ask "$1"
	next "$1"
	check "$1: downtime that is met" is 0 "$(status xc-save --live --max-downtime=5000 --if-busy=abort --json \
		--then=resume "$1" /tmp/x.img)"
	dom0_note "$1: stood still for $(result downtime /tmp/out) s, expected $(result expected_downtime /tmp/out) s"
	check "$1: runs on after its downtime" checker_good "$1" "$verdict"
	rm -f /tmp/x.img
}

# shellcheck disable=SC2317 # called by await
written() {
	# shellcheck disable=SC2012 # sizes are wanted
	[ "$(ls -lA /tmp/target | awk 'NR > 1 { sum += $5 } END { print sum + 0 }')" -ge "$1" ]
}

signal_in_a_pass() {
	xc-save --live --bandwidth=4M "$1" /tmp/target/x.img 2>/tmp/said &
	saver=$!
	await 60 written 4000000
	kill -"$2" $saver
	wait $saver
	check "$1: status after $2 in a pass" is 2 $?
	check "$1: not touched by $2 in a pass" says "stopped by signal .*; the guest was not touched" /tmp/said
	runs_on_unlogged "$1" "$2 in a pass"
}

# Another program logs the guest's dirty pages; the lock of ours must not hide that.
log_in_use() {
	xc-save --live --bandwidth=4M "$1" /tmp/target/x.img 2>/tmp/first &
	saver=$!
	await 60 written 4000000
	rm -f "/run/xc-save.$(xl domid "$1").lock"
	check "$1: a log in use is refused" is 3 "$(status xc-save --live "$1" /tmp/y.img)"
	check "$1: a log in use is named" says "being logged already" /tmp/said
	kill -TERM $saver
	wait $saver
	check "$1: the first one was not disturbed" is 2 $?
	check "$1: log in use: nothing left" empty /tmp/target
}

# A rate in the middle of what the machine can do, give or take a pipe full.
bandwidth() {
	check "$1: --bandwidth" is 0 "$(status xc-save --bandwidth=16M --json --then=resume "$1" /tmp/x.img)"
	check "$1: no faster than that" awk -v bytes="$(result bytes /tmp/out)" -v seconds="$(result seconds /tmp/out)" \
		'BEGIN { exit !(bytes / seconds < 16 * 1048576 * 1.05) }'
	dom0_note "$1: $(result bytes /tmp/out) bytes in $(result seconds /tmp/out) s at 16 MiB/s"
	rm -f /tmp/x.img
}

checkpoints_counted() {
	next "$1"
	check "$1: three checkpoints" is 0 "$(status xc-save --checkpoint=500,3 -v "$1" /tmp/target/x.img)"
	grep checkpoint /tmp/said
	check "$1: runs on after each" checker_good "$1" $((verdict + 2))
	check "$1: runs on after them" checker_ask "$1"
	check "$1: three are in the image" is 3 "$(verify-stream-v2 -v /tmp/target/x.img | awk '/^ *checkpoints / { print $2 }')"
	end_for_good "$1"
	check "$1: the last one restores" is 0 "$(status xc-restore /tmp/target/x.img)"
	check "$1: goes on after it" restored "$1"
	rm -f /tmp/target/x.img
}

# The host of the guest dies: as good as that, the saver and the guest are killed in the middle of a checkpoint.
checkpoints_killed() {
	xc-save --checkpoint=200 --bandwidth=20M -v "$1" /tmp/target/x.img 2>/tmp/said &
	saver=$!
	check "$1: checkpoints are made" await 120 grep -q "checkpoint 3:" /tmp/said
	usleep 700000
	kill -KILL $saver
	wait $saver
	end_for_good "$1"
	check "$1: what is there verifies" verify-stream-v2 /tmp/target/x.img
	check "$1: it restores" is 0 "$(status xc-restore -v /tmp/target/x.img)"
	check "$1: goes on after the kill" restored "$1"
	size=$(stat -c %s /tmp/target/x.img)
	end_for_good "$1"
	head -c $((size - 100000)) /tmp/target/x.img >/tmp/torn.img
	rm -f /tmp/target/x.img
	check "$1: a torn one restores" is 0 "$(status xc-restore -v /tmp/torn.img)"
	check "$1: says that it is torn" says "behind the last complete checkpoint" /tmp/said
	check "$1: goes on after being torn" restored "$1"
	rm -f /tmp/torn.img
}

refused_for_pv() {
	check "pv: starts" guest_start /guests/pv.cfg
	remember pv
	check "pv: cannot be live" is 3 "$(status xc-save --live pv /tmp/target/x.img)"
	check "pv: says so before it is touched" says "cannot be saved live.*; the guest was not touched" /tmp/said
	check "pv: nothing is left" empty /tmp/target
	check "pv: if possible" is 0 "$(status xc-save --live=if-possible --then=resume pv /tmp/x.img)"
	check "pv: says that it stood still" says "saved standing still" /tmp/said
	check "pv: runs on" runs_on pv
	rm -f /tmp/x.img
}
