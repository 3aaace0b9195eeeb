#!/bin/busybox sh
# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Interchange: each kind of guest out by xl or xc-save and in by xl or xc-restore, by every way an image can take.
#   matrix.sh [GUEST...]     pv, pv2, pvh, hvm; pv2 without one
# After each way in the guest counts on with its memory, its clock is not lost, xenstore and its console work; that it
# can be suspended again is shown by the next way.
# shellcheck source=tests/lab/checks.sh
. /mnt/host/checks.sh

# sane GUEST: its clock is that of dom0, give or take what a busy machine needs.
sane() {
	_off=$(($(guest_clock "$1") - $(date +%s)))
	[ "$_off" -gt -120 ] && [ "$_off" -lt 120 ] && return
	echo "the clock is off by $_off s"
	return 1
}

# alive GUEST WAY
alive() {
	check "$1: $2: goes on with its memory" runs_on "$1"
	check "$1: $2: its clock is sane" sane "$1"
	_dom=/local/domain/$(xl domid "$1")
	check "$1: $2: it has xenstore" is "$1" "$(xenstore-read "$_dom/name")"
	check "$1: $2: it has a console" test -c "$(xenstore-read "$_dom/console/tty")"
	# No request of the last suspend is left over.
	check "$1: $2: no request is left" is "" "$(xenstore-read "$_dom/control/shutdown")"
}

# by_file GUEST SAVER RESTORER
by_file() {
	remember "$1"
	# shellcheck disable=SC2086 # words
	check "$1: $2 → $3: out" is 0 "$(status $2 "$1" /tmp/x.img)"
	# shellcheck disable=SC2086
	check "$1: $2 → $3: in" is 0 "$(status $3 /tmp/x.img)"
	rm -f /tmp/x.img
	alive "$1" "$2 → $3"
}

# The original stays paused until the copy runs, and has its name; so the copy takes the name after it.
by_pipe() {
	remember "$1"
	{
		xc-save "$1" 2>/tmp/said
		echo $? >/tmp/status
	} | xc-restore --name="$1-copy" --new-uuid >/tmp/out 2>/tmp/said.restore
	check "$1: by pipe: in" is 0 $?
	check "$1: by pipe: out" is 0 "$(cat /tmp/status)"
	guest_destroy "$1"
	check "$1: by pipe: gets its name" xl rename "$1-copy" "$1"
	# What it prints comes out under the name that it was made with.
	check "$1: by pipe: goes on with its memory" goes_on "$1-copy"
}

# Without a configuration, which the restorer is then told; and, of an HVM guest, without its device model's state, so
# that this is no way for it.
by_libxc() {
	xl list -l "$1" >/tmp/config
	remember "$1"
	check "$1: libxc format: out" is 0 "$(status xc-save -f libxc "$1" /tmp/x.img)"
	check "$1: libxc format: in" is 0 "$(status xc-restore --config=/tmp/config /tmp/x.img)"
	rm -f /tmp/x.img
	alive "$1" "libxc format"
}

by_gzip() {
	remember "$1"
	check "$1: gzip: out" is 0 "$(status xc-save -z "$1" /tmp/x.img)"
	check "$1: gzip: in" is 0 "$(status xc-restore /tmp/x.img)"
	rm -f /tmp/x.img
	alive "$1" "gzip"
}

three_round_trips() {
	remember "$1"
	for trip in 1 2 3; do
		check "$1: round trip $trip: out" is 0 "$(status xc-save "$1" /tmp/x.img)"
		check "$1: round trip $trip: in" is 0 "$(status xc-restore /tmp/x.img)"
	done
	rm -f /tmp/x.img
	alive "$1" "three round trips"
}

[ $# -gt 0 ] || set -- pv2
for guest in "$@"; do
	check "$guest: starts" guest_start "/guests/$guest.cfg" 400
	by_file "$guest" "xl save" "xc-restore"
	by_file "$guest" "xc-save" "xl restore"
	[ "$guest" = hvm ] || by_libxc "$guest"
	by_gzip "$guest"
	three_round_trips "$guest"
	by_pipe "$guest"
	guest_destroy "$guest"
	rm -f "$(guest_log "$guest")"*
done
checks_end
