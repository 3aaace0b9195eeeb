#!/bin/busybox sh
# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# The checking guest: no page of it may be lost on any way out and back in, and it has to notice one that is. The short form
# of matrix.sh, with guests that are there at once.
#   checker.sh [GUEST...]
# shellcheck source=tests/lab/checks.sh
. /mnt/host/checks.sh

# next GUEST: remembers which verdict comes next.
next() {
	verdict=$(($(checker_count "$1") + 1))
}

# restored GUEST: it was restored, and has every page as it left it.
restored() {
	checker_good "$1" "$verdict" && says "^guest $verdict good .*restored" "$(guest_log "$1")"
}

# through GUEST SAVER RESTORER: out and in again.
through() {
	next "$1"
	# shellcheck disable=SC2086 # words
	check "$1: $2 → $3: out" is 0 "$(status $2 "$1" /tmp/x.img)"
	# shellcheck disable=SC2086
	check "$1: $2 → $3: in" is 0 "$(status $3 /tmp/x.img)"
	rm -f /tmp/x.img
	check "$1: $2 → $3: every page is there" restored "$1"
	check "$1: $2 → $3: and after some more writing" checker_ask "$1"
}

# The original stays paused until the copy runs; the log goes by the name that a domain was made with.
by_pipe() {
	next "$1"
	ln -sf "guest-$1.log" "$(guest_log copy)"
	{
		xc-save "$1" 2>/tmp/said
		echo $? >/tmp/status
	} | xc-restore --name=copy --new-uuid >/tmp/out 2>/tmp/said.restore
	check "$1: by pipe: in" is 0 $?
	check "$1: by pipe: out" is 0 "$(cat /tmp/status)"
	check "$1: by pipe: every page is there" restored copy
	check "$1: by pipe: the original is paused" is p "$(guest_state "$1")"
	guest_destroy "$1"
	xl list -l copy | sed 's/"copy"/"'"$1"'"/' >/tmp/config
	# A bare image has no place for the state of a device model.
	set -- "$1" "-f libxc --compress=zstd" "--config=/tmp/config"
	case $1 in *hvm) set -- "$1" "--compress=zstd" "--name=$1" ;; esac
	next "$1"
	# shellcheck disable=SC2086 # words
	check "$1: $2: out" is 0 "$(status xc-save $2 copy /tmp/x.img)"
	check "$1: $2: in" is 0 "$(status xc-restore "$3" /tmp/x.img)"
	check "$1: $2: every page is there" restored "$1"
	rm -f /tmp/x.img
}

# A page spoiled in the guest, and one spoiled in an image that verifies: both are found. The image's page is one that
# the pattern fills, so one of its words is replaced by another.
finds_a_bad_page() {
	checker_tell "$1" "rate 0"
	checker_tell "$1" "poke 1500"
	check "$1: finds a page that was poked" not checker_ask "$1"
	check "$1: tells which one" says "^guest: bad page pfn=1500 .* altered at word 512" "$(guest_log "$1")"
	checker_tell "$1" "poke 1500"
	check "$1: is good again" checker_ask "$1"
}

not() {
	! "$@"
}

# cancelled GUEST: saved, and the same domain goes on.
cancelled() {
	next "$1"
	check "$1: xl save -c" is 0 "$(status xl save -c "$1" /tmp/x.img)"
	check "$1: resumes with every page" checker_good "$1" "$verdict"
	check "$1: knows that it was not restored" says "^guest $verdict good .*resumed" "$(guest_log "$1")"
}

[ $# -gt 0 ] || set -- check-pv64 check-pvh
for guest in "$@"; do
	check "$guest: starts" checker_start "/guests/$guest.cfg"
	# Without it the rest would only take its time.
	guest_exists "$guest" && [ "$(checker_count "$guest")" -gt 0 ] || continue
	finds_a_bad_page "$guest"
	checker_tell "$guest" "rate 500"
	cancelled "$guest"
	through "$guest" "xl save" "xc-restore"
	through "$guest" "xc-save" "xl restore"
	through "$guest" "xc-save -z" "xc-restore"
	by_pipe "$guest"
	cancelled "$guest"
	guest_destroy "$guest"
done
checks_end
