# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# For scripts that run in dom0: what they check, one line each, in the form that tests/lab/run counts.
#   . /mnt/host/checks.sh
# A script ends with checks_end; without its closing line the run counts as failed, however it ended.

# shellcheck source=lab/dom0/lib.sh
. /lab/lib.sh

checks_made=0
checks_failed=0

# check NAME COMMAND...: "ok" if COMMAND succeeds. What it prints is shown only if it does not.
check() {
	_check=$1
	shift
	checks_made=$((checks_made + 1))
	if "$@" >/tmp/check.log 2>&1; then
		echo "ok $_check"
	else
		checks_failed=$((checks_failed + 1))
		echo "not ok $_check: $*"
		sed 's/^/    /' /tmp/check.log
		# What the program said that was run last, as most checks are about one.
		[ ! -s /tmp/said ] || tail -n 5 /tmp/said | sed 's/^/    said: /'
	fi
}

checks_end() {
	echo "checks: $checks_made made, $checks_failed failed"
	[ "$checks_failed" -eq 0 ]
	exit
}

# is WANTED FOUND
is() {
	[ "$1" = "$2" ] && return
	echo "wanted '$1', found '$2'"
	return 1
}

# says TEXT FILE: FILE has TEXT somewhere.
says() {
	grep -q -- "$1" "$2" && return
	echo "'$1' is not said, but:"
	cat "$2"
	return 1
}

# status COMMAND...: runs it, what it says into /tmp/said; prints its exit status.
status() {
	"$@" >/tmp/out 2>/tmp/said
	echo $?
}

# remember GUEST: its counter and checksum now, for goes_on.
remember() {
	seen_counter=$(guest_counter "$1")
	seen_checksum=$(guest_checksum "$1")
	[ -n "$seen_checksum" ]
}

# goes_on GUEST: it counts on from what was remembered, with the same memory.
goes_on() {
	guest_goes_on "$1" "$seen_counter" "$seen_checksum"
}

# runs_on GUEST: the same, and it is the domain itself that runs, now.
runs_on() {
	goes_on "$1" && guest_running "$1" && is "$seen_checksum" "$(guest_checksum "$1")"
}

# gone GUEST: neither the hypervisor nor xenstore knows it.
gone() {
	if guest_exists "$1"; then
		echo "$1 is still there"
		return 1
	fi
	xenstore-list /local/domain >/tmp/domains
	while read -r _domain; do
		[ "$(xenstore-read "/local/domain/$_domain/name" 2>/dev/null)" != "$1" ] || return 1
	done </tmp/domains
}

# empty DIR: no file and no temporary file in it.
empty() {
	[ -z "$(ls -A "$1")" ] && return
	ls -lA "$1"
	return 1
}

# await SECONDS COMMAND...
await() {
	_until=$(($(date +%s) + $1))
	shift
	until "$@"; do
		[ "$(date +%s)" -lt "$_until" ] || return 1
		usleep 50000
	done
}
