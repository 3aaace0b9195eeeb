#!/bin/busybox sh
# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# xc-migrate within one host: guests of each kind go over to their copies, and faults leave exactly one.
# shellcheck source=tests/lab/migrate-lib.sh
. /mnt/host/migrate-lib.sh

faults() {
	stays "$1" 2 "has the UUID" by_way_of 'exec sh -c' 'exec xc-migrate --receive' "$1"
	stays "$1" 2 "is lost" by_way_of 'exec sh -c' 'exit 255' "$1"
	stays "$1" 2 "the command failed" by_way_of 'exec sh -c' "exec $receive --before-unpause 'exit 1'" "$1"
	stays "$1" 2 "." by_way_of 'exec wire cut forth 4000000 sh -c' "exec $receive" "$1"
	# What is left of it goes by itself, soon.
	check "$1: receiver killed" is 2 "$(by_way_of 'exec wire kill-receiver forth 4000000 sh -c' "exec $receive" "$1")"
	check "$1: runs on after that" checker_ask "$1"
	check "$1: the copy is removed" await 60 gone "$1--incoming"
}

# Not head(1), which keeps what it reads to itself until it ends.
# shellcheck disable=SC2016 # for another shell
three_lines='{ for i in 1 2 3; do read -r line && echo "$line"; done; }'

# The last answer is lost: paused here, running there.
doubt() {
	next "$1"
	check "$1: in doubt" is 8 "$(by_way_of 'exec sh -c' "$receive | $three_lines" "$1")"
	check "$1: says which command decides" says "xl destroy $1" /tmp/said
	check "$1: is paused" is p "$(guest_state "$1")"
	check "$1: its copy runs" checker_good "$1--incoming" "$verdict"
	check "$1: the original can go" guest_destroy "$1"
	check "$1: the copy gets the name" xl rename "$1--incoming" "$1"
}

begin check-pvh max
moves check-pvh --live --max-iterations=4
moves check-pvh --no-live
faults check-pvh
doubt check-pvh
guest_destroy check-pvh
begin check-pv64 100
moves check-pv64
guest_destroy check-pv64
begin check-hvm 100
moves check-hvm --live --max-iterations=4
moves check-hvm --no-live
checks_end
