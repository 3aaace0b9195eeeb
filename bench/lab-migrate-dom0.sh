#!/bin/busybox sh
# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# lab-migrate-dom0.sh TURNS: the part of bench/lab-migrate.sh that runs in dom0.
# shellcheck source=lab/dom0/lib.sh
. /lab/lib.sh

by_xl() {
	xl migrate -s '' "$1" 'exec xl migrate-receive'
}

by_ours() {
	xc-migrate --via 'exec sh -c' --remote 'exec xc-migrate --receive --new-uuid' "$1"
}

# turn LOAD TOOL GUEST: one migration, seen from the hypervisor. It counts if no page was lost.
turn() {
	_verdict=$(($(checker_count "$3") + 1))
	downtime "$(xl domid "$3")" >/tmp/downtime &
	_watcher=$!
	# Time to begin to watch; it is no part of the migration.
	usleep 300000
	case $2 in xl) _by=by_xl ;; *) _by=by_ours ;; esac
	if ! "$_by" "$3" >/tmp/said 2>&1; then
		dom0_note "$2 failed"
		cat /tmp/said
	fi
	wait $_watcher && checker_good "$3" "$_verdict" && awk -v as="$1 $2" '{ print "turn", as, $1, $2 - 300 }' /tmp/downtime
}

# measure LOAD RATE TURNS: with so many pages rewritten a second, of 64 MiB.
measure() {
	sed "s/^memory = .*/memory = 64/; s/rate=100/rate=$2/" /guests/check-pvh.cfg >/tmp/check-pvh.cfg
	# xenconsoled calls a log by the name that a domain has at first; both names are to be one log.
	ln -sf guest-check-pvh.log /var/log/xen/guest-check-pvh--incoming.log
	checker_start /tmp/check-pvh.cfg || exit 1
	for _i in $(seq "$3"); do
		turn "$1" xl check-pvh
		turn "$1" xc-migrate check-pvh
	done
	guest_destroy check-pvh
}

measure idle 0 "$1"
measure dirtying 4000 "$1"
