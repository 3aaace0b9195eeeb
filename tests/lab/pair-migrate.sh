#!/bin/busybox sh
# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Two hosts: the checking guest goes to and fro between them, live, while it rewrites its memory. Each script of the pair
# is this one; who has the guest sends it. Arguments: guests, ROUNDS:NAME:RATE (pages a second that it rewrites).
# takes up to 1800 s
# shellcheck source=tests/lab/migrate-lib.sh
. /mnt/host/migrate-lib.sh

PORT=7000

# Writes that the guest had made when it was suspended last, as it says on its way out.
left_with() {
	tr -d '\r' <"$(guest_log "$1")" | sed -n 's/^guest: suspending //p' | tail -n 1
}

# arrived NAME N LEFT: its Nth verdict is good and it had written as much as it said when it left.
arrived() {
	_name=$1 _n=$2 _left=$3
	await 120 test -n "$(checker_verdict "$_name" "$_n")" || await 120 verdict_is_there "$_name" "$_n" || return 1
	case $(checker_verdict "$_name" "$_n") in
	"guest $_n good "*" $_left "*restored) return 0 ;;
	esac
	echo "it left with $_left and says: $(checker_verdict "$_name" "$_n")"
	return 1
}

verdict_is_there() {
	[ -n "$(checker_verdict "$1" "$2")" ]
}

# send NAME ROUND
send() {
	check "$1: round $2: it is here" guest_exists "$1"
	check "$1: round $2: sent" is 0 "$(status xc-migrate -v --live --max-iterations=4 --timeout=120 \
		--via "nc $LAB_PEER $PORT" --remote= "$1")"
	grep "stood still" /tmp/said || cat /tmp/said
	check "$1: round $2: gone here" gone "$1"
	pair_tell "$1-$2" "$(left_with "$1")"
}

# receive NAME ROUND
receive() {
	_sent=$(pair_await "$1-$2" 400)
	check "$1: round $2: received, no page lost" arrived "$1" $(($2 + 1)) "$_sent"
	check "$1: round $2: runs" guest_exists "$1"
	check "$1: round $2: nothing else is left" gone "$1--incoming"
}

# rounds ROUNDS NAME: odd ones from A to B, even ones back.
rounds() {
	_round=1
	while [ "$_round" -le "$1" ]; do
		case $LAB_SIDE$((_round % 2)) in
		A1 | B0) send "$2" "$_round" ;;
		*) receive "$2" "$_round" ;;
		esac
		_round=$((_round + 1))
	done
}

[ $# -gt 0 ] || set -- 10:check-pvh:max 10:check-hvm:max
pair_serve "$PORT" xc-migrate --receive --timeout=120
pair_tell serves
pair_await serves >/dev/null
for guest; do
	name=$(echo "$guest" | cut -d : -f 2)
	ln -sf "guest-$name.log" "/var/log/xen/guest-$name--incoming.log"
	if [ "$LAB_SIDE" = A ]; then
		sed "s/rate=100/rate=$(echo "$guest" | cut -d : -f 3)/" "/guests/$name.cfg" >"/tmp/$name.cfg"
		check "$name: starts" checker_start "/tmp/$name.cfg"
	fi
	rounds "$(echo "$guest" | cut -d : -f 1)" "$name"
	guest_destroy "$name"
done
# shellcheck disable=SC2154 # by lib.sh
kill "$pair_server"
checks_end
