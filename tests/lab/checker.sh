#!/bin/busybox sh
# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# The checking guest: no page of it may be lost on any way out and back in, and it has to notice one that is.
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

# through GUEST NAME SAVER RESTORER: out and in again.
through() {
	next "$1"
	# shellcheck disable=SC2086 # words
	check "$1: $2" is 0 "$(status $2 "$1" /tmp/x.img)"
	# shellcheck disable=SC2086
	check "$1: $3 after $2" is 0 "$(status $3 /tmp/x.img)"
	check "$1: every page is there" restored "$1"
	check "$1: and after some more writing" checker_ask "$1"
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
	through "$guest" "xl save" "xl restore"
	through "$guest" "xc-save" "xc-restore"
	cancelled "$guest"
	guest_destroy "$guest"
done
checks_end
