#!/bin/busybox sh
# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# xc-migrate within one host: PV and PVH guests go over to their copies, and faults leave exactly one.
# shellcheck source=tests/lab/checks.sh
. /mnt/host/checks.sh

receive="xc-migrate --receive --new-uuid"

# migrate GUEST WORDS...: to this very host; prints the status.
migrate() {
	_guest=$1
	shift
	status xc-migrate -v "$@" --via 'exec sh -c' --remote "exec $receive" "$_guest"
}

# one GUEST: exactly one domain of that name, none under way, and it goes on with its memory.
one() {
	is 1 "$(xl list | awk -v name="$1" '$1 == name' | wc -l)" && gone "$1--incoming" && goes_on "$1"
}

# What there is of domains: numbers, nodes and files. A migration that failed must not change it.
rest() {
	xl list | awk 'NR > 1 { print $1, $2 }'
	xenstore-list /local/domain
	xenstore-list /libxl
	xenstore-list /vm
	xenstore-list /local/domain/0/backend/console
	ls /var/lib/xen
}

# moves GUEST WORDS...
moves() {
	_guest=$1
	remember "$1"
	_domid=$(xl domid "$1")
	shift
	check "$_guest: xc-migrate $*" is 0 "$(migrate "$_guest" "$@")"
	check "$_guest: goes on" one "$_guest"
	check "$_guest: it is another domain" test "$_domid" != "$(xl domid "$_guest")"
	check "$_guest: libxl knows its name" says "\"name\": \"$_guest\"" "$(xl list -l "$_guest" >/tmp/out && echo /tmp/out)"
	grep "stood still" /tmp/said
}

# stays GUEST STATUS TEXT COMMAND...: a migration that fails; all is as before.
stays() {
	_guest=$1 _status=$2 _text=$3
	shift 3
	remember "$_guest"
	rest >/tmp/rest.before
	check "$_guest: fails: $_text" is "$_status" "$("$@")"
	check "$_guest: says: $_text" says "$_text" /tmp/said
	check "$_guest: runs on: $_text" runs_on "$_guest"
	rest >/tmp/rest.after
	check "$_guest: leaves nothing: $_text" cmp /tmp/rest.before /tmp/rest.after
}

# The same, with other commands in between.
by_way_of() {
	_via=$1 _remote=$2 _guest=$3
	status xc-migrate --via "$_via" --remote "$_remote" "$_guest"
}

faults() {
	stays "$1" 2 "has the UUID" by_way_of 'exec sh -c' 'exec xc-migrate --receive' "$1"
	stays "$1" 2 "is lost" by_way_of 'exec sh -c' 'exit 255' "$1"
	stays "$1" 2 "the command failed" by_way_of 'exec sh -c' "exec $receive --before-unpause 'exit 1'" "$1"
	# Cut in the middle of the stream.
	stays "$1" 2 "the other side failed: error: offset" by_way_of 'head -c 50000000 | sh -c' "exec $receive" "$1"
	# The receiver is killed while it fills the copy; what it leaves is paused.
	remember "$1"
	check "$1: receiver killed" is 2 "$(by_way_of 'exec sh -c' \
		"(sleep 2; kill -KILL \$\$) & exec $receive --before-unpause 'sleep 100'" "$1")"
	check "$1: runs on after that" runs_on "$1"
	check "$1: the copy is paused" is p "$(guest_state "$1--incoming")"
	guest_destroy "$1--incoming"
}

# The last answer is lost: paused here, running there.
doubt() {
	remember "$1"
	check "$1: in doubt" is 8 "$(by_way_of 'exec sh -c' "$receive | head -n 3" "$1")"
	check "$1: says which command decides" says "xl destroy $1" /tmp/said
	check "$1: is paused" is p "$(guest_state "$1")"
	check "$1: its copy runs" goes_on "$1--incoming"
	check "$1: the original can go" guest_destroy "$1"
	check "$1: the copy gets the name" xl rename "$1--incoming" "$1"
}

# begin GUEST: xenconsoled calls a log by the name that a domain has at first; both names are to be one log.
begin() {
	ln -sf "guest-$1.log" "/var/log/xen/guest-$1--incoming.log"
	check "$1: starts" guest_start "/guests/$1.cfg"
}

begin pvh
moves pvh --live
moves pvh --no-live
faults pvh
doubt pvh
guest_destroy pvh
begin pv2
moves pv2
faults pv2
moves pv2
checks_end
