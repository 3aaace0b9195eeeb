#!/bin/busybox sh
# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Faults of a live migration within one host, under a load that dirties memory: each leaves the stated outcome.
# shellcheck source=tests/lab/migrate-lib.sh
. /mnt/host/migrate-lib.sh

# cut GUEST PLACE WHAT: the connection is cut at a place of wire's; the guest runs on, nothing is left.
cut() {
	dom0_note "$3"
	stays "$1" 2 "." status xc-migrate --live --max-iterations=4 --via "exec wire cut $2 sh -c" --remote "exec $receive" "$1"
}

# At the ends of WELCOME, READY and HELD, and in the middle of them; in the first, second and last pass.
cuts() {
	for back in 0 15 30 44 58 70; do
		cut "$1" "back $back" "cut in the hand-shake, $back bytes back"
	done
	for mib in 1 9 17; do
		cut "$1" "forth $((mib * 1024 * 1024))" "cut behind $mib MiB"
	done
	cut "$1" "forth 20" "cut in HELLO"
}

# LETGO or RUNS is lost: paused here, and there removed or running. What was said is done.
behind_letgo() {
	for back in 85 86 111; do
		next "$1"
		_status=$(status xc-migrate --live --max-iterations=4 --via "exec wire cut back $back sh -c" --remote "exec $receive" "$1")
		_copy=$(guest_state "$1--incoming")
		if [ "$_status" = 2 ]; then
			check "$1: runs on, cut $back bytes back" checker_ask "$1"
			check "$1: no copy, cut $back bytes back" gone "$1--incoming"
		elif guest_exists "$1--incoming"; then
			check "$1: in doubt, cut $back bytes back" is 8 "$_status"
			check "$1: paused beside a copy ($_copy)" is p "$(guest_state "$1")"
			check "$1: the copy has every page" checker_good "$1--incoming" "$verdict"
			guest_destroy "$1"
			xl rename "$1--incoming" "$1"
		else
			check "$1: in doubt, cut $back bytes back" is 8 "$_status"
			check "$1: xc-save --resume decides" is 0 "$(status xc-save --resume "$1")"
			check "$1: runs on" checker_ask "$1"
		fi
	done
}

killed() {
	for mib in 1 9; do
		check "$1: receiver killed behind $mib MiB" is 2 "$(status xc-migrate --live --max-iterations=4 \
			--via "exec wire kill-receiver forth $((mib * 1024 * 1024)) sh -c" --remote "exec $receive" "$1")"
		check "$1: runs on" checker_ask "$1"
		check "$1: the copy is removed" await 60 gone "$1--incoming"
	done
	xc-migrate --live --max-iterations=4 --via "exec wire kill-source forth 6000000 sh -c" --remote "exec $receive" \
		"$1" >/tmp/said 2>&1
	check "$1: the copy goes when the source was killed" await 60 gone "$1--incoming"
	[ "$(guest_state "$1")" != s ] || xc-save --resume "$1"
	check "$1: runs on" checker_ask "$1"
	stays "$1" 2 "." status xc-migrate --live --max-iterations=4 --via "exec wire term-receiver forth 6000000 sh -c" \
		--remote "exec $receive" "$1"
	stays "$1" 2 "stopped by signal 15" status xc-migrate --live --max-iterations=4 \
		--via "exec wire term-source forth 6000000 sh -c" --remote "exec $receive" "$1"
}

# No room for the copy: domains take what is left, each most of it, as their own tables need room too.
memory() {
	_n=0
	while _free=$(xl info free_memory) && [ "$_free" -ge 10 ] && [ "$_n" -lt 8 ]; do
		_n=$((_n + 1))
		sed "s/name = .*/name = \"big$_n\"/; s/memory = .*/memory = $(((_free - 5) * 15 / 16))/" \
			/guests/check-pvh.cfg >/tmp/big.cfg
		xl create -p /tmp/big.cfg >/tmp/out 2>&1 || cat /tmp/out
	done
	check "domains take the memory" test "$(xl info free_memory)" -lt 10
	stays "$1" 2 "but only .* are free" status xc-migrate --live --max-iterations=4 --via 'exec sh -c' --remote "exec $receive" "$1"
	while [ "$_n" -gt 0 ]; do
		guest_destroy "big$_n"
		_n=$((_n - 1))
	done
}

# It dirties faster than the wire takes it.
busy() {
	stays "$1" 7 "given up after pass 3" status xc-migrate --live --max-iterations=3 --if-busy=abort \
		--bandwidth=8M --via 'exec sh -c' --remote "exec $receive" "$1"
	moves "$1" --live --max-iterations=3 --if-busy=stop-and-copy
}

crash() {
	(sleep 3; xl destroy "$1") &
	_status=$(status xc-migrate --live --bandwidth=1M --via 'exec sh -c' --remote "exec $receive" "$1")
	check "$1: destroyed meanwhile" test "$_status" != 0
	check "$1: no copy is left" gone "$1--incoming"
}

begin check-pvh max
cuts check-pvh
behind_letgo check-pvh
killed check-pvh
memory check-pvh
busy check-pvh
crash check-pvh
checks_end
