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

# turn LOAD TOOL GUEST: one migration, seen from the hypervisor.
turn() {
	_counter=$(guest_counter "$3") _sum=$(guest_checksum "$3")
	downtime "$(xl domid "$3")" >/tmp/downtime &
	_watcher=$!
	usleep 300000
	case $2 in xl) _by=by_xl ;; *) _by=by_ours ;; esac
	if ! "$_by" "$3" >/tmp/said 2>&1; then
		dom0_note "$2 failed"
		cat /tmp/said
	fi
	wait $_watcher && guest_goes_on "$3" "$_counter" "$_sum" && echo "turn $1 $2 $(cat /tmp/downtime)"
}

# measure LOAD GUEST TURNS
measure() {
	# xenconsoled calls a log by the name that a domain has at first; both names are to be one log.
	ln -sf "guest-$2.log" "/var/log/xen/guest-$2--incoming.log"
	guest_start "/tmp/$2.cfg" || exit 1
	for _i in $(seq "$3"); do
		turn "$1" xl "$2"
		turn "$1" xc-migrate "$2"
	done
	guest_destroy "$2"
}

cp /guests/pvh.cfg /tmp/pvh.cfg
measure idle pvh "$1"
sed 's/quiet/quiet dirty=16384/' /guests/pvh.cfg >/tmp/pvh.cfg
measure dirtying pvh "$1"
