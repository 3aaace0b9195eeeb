# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# For scripts in dom0 that migrate:  . /mnt/host/migrate-lib.sh
# shellcheck source=tests/lab/checks.sh
. /mnt/host/checks.sh

receive="xc-migrate --receive --new-uuid"

# migrate GUEST WORDS...: to this very host; prints the status.
migrate() {
	_guest=$1
	shift
	status xc-migrate -v "$@" --via 'exec sh -c' --remote "exec $receive" "$_guest"
}

# next GUEST: remembers which verdict comes next.
next() {
	verdict=$(($(checker_count "$1") + 1))
}

# one GUEST: exactly one domain of that name, none under way, and it has every page.
one() {
	is 1 "$(xl list | awk -v name="$1" '$1 == name' | wc -l)" && gone "$1--incoming" && checker_ask "$1"
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
	next "$1"
	_domid=$(xl domid "$1")
	shift
	check "$_guest: xc-migrate $*" is 0 "$(migrate "$_guest" "$@")"
	check "$_guest: arrives with every page" checker_good "$_guest" "$verdict"
	check "$_guest: is there once" one "$_guest"
	check "$_guest: it is another domain" test "$_domid" != "$(xl domid "$_guest")"
	check "$_guest: libxl knows its name" says "\"name\": \"$_guest\"" "$(xl list -l "$_guest" >/tmp/out && echo /tmp/out)"
	grep "stood still" /tmp/said
}

# stays GUEST STATUS TEXT COMMAND...: a migration that fails; all is as before.
stays() {
	_guest=$1 _status=$2 _text=$3
	shift 3
	rest >/tmp/rest.before
	check "$_guest: fails: $_text" is "$_status" "$("$@")"
	check "$_guest: says: $_text" says "$_text" /tmp/said
	check "$_guest: runs on: $_text" checker_ask "$_guest"
	check "$_guest: leaves nothing: $_text" await 20 as_before
}

# What is dying may take a moment.
# shellcheck disable=SC2317 # called by await
as_before() {
	rest >/tmp/rest.after
	diff /tmp/rest.before /tmp/rest.after
}

# The same, with other commands in between.
by_way_of() {
	_via=$1 _remote=$2 _guest=$3
	status xc-migrate --max-iterations=4 --via "$_via" --remote "$_remote" "$_guest"
}

# begin GUEST RATE: the checking guest, with so many pages rewritten a second. xenconsoled calls a log by the name that a
# domain has at first; both names are to be one log.
begin() {
	ln -sf "guest-$1.log" "$(guest_log "$1--incoming")"
	sed "s/rate=100/rate=$2/" "/guests/$1.cfg" >"/tmp/$1.cfg"
	check "$1: starts" checker_start "/tmp/$1.cfg"
}
