#!/bin/busybox sh
# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# On a hypervisor with shadow paging and 32-bit PV: live saves of PV guests, and the checking guest with 32 bits.
# shellcheck source=tests/lab/checks.sh
. /mnt/host/checks.sh

# What xl runs instead of ssh: its words are the host's name and the receiver's command.
printf '#!/bin/sh\nshift\nexec "$@"\n' >/tmp/relay
chmod +x /tmp/relay

next() {
	verdict=$(($(checker_count "$1") + 1))
}

# in_full GUEST HOW: every page is there, and stays so.
in_full() {
	check "$1: $2: every page is there" checker_good "$1" "$verdict"
	check "$1: $2: and after some more writing" checker_ask "$1"
}

plain() {
	next "$1"
	check "$1: xc-save" is 0 "$(status xc-save "$1" /tmp/x.img)"
	check "$1: image verifies" verify-stream-v2 /tmp/x.img
	check "$1: xl restore" is 0 "$(status xl restore /tmp/x.img)"
	in_full "$1" "xc-save → xl restore"
	next "$1"
	check "$1: xl save" is 0 "$(status xl save "$1" /tmp/x.img)"
	check "$1: xc-restore" is 0 "$(status xc-restore /tmp/x.img)"
	in_full "$1" "xl save → xc-restore"
	rm -f /tmp/x.img
}

live() {
	next "$1"
	# It is restored under another name, by which its console's log is called.
	ln -sf "guest-$1.log" "$(guest_log "$1--incoming")"
	check "$1: xl migrate" is 0 "$(status xl migrate -s /tmp/relay "$1" localhost)"
	check "$1: xl migrate: every page is there" checker_good "$1" "$verdict"
	next "$1"
	check "$1: xc-save --live" is 0 "$(status xc-save --live --max-iterations=6 "$1" /tmp/x.img)"
	check "$1: live image verifies" verify-stream-v2 /tmp/x.img
	check "$1: xc-restore" is 0 "$(status xc-restore /tmp/x.img)"
	in_full "$1" "xc-save --live → xc-restore"
	rm -f /tmp/x.img
}

for guest in check-pv32 check-pv64; do
	check "$guest: starts" checker_start "/guests/$guest.cfg"
	checker_tell "$guest" "rate 1000"
	plain "$guest"
	live "$guest"
	guest_destroy "$guest"
done
checks_end
