#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs in dom0 for lab/capture: saves each guest with xl, restores the image to see that it is good, leaves it in
# /mnt/out.
# shellcheck disable=SC1091
. /lab/lib.sh
. /mnt/host/lib.sh

fail() {
	dom0_note "$*"
	exit 1
}

capture_answering() {
	xl create "/mnt/host/$1.cfg" || fail "no $1"
	tiny_wait "$1" 1 || exit 1
	tiny_answer "$1" &
	# Pages cannot be written straight to the shared folder; see README.md.
	xl save "$1" "/tmp/$1" || fail "$1 was not saved"
	xl restore "/tmp/$1" || fail "$1 was not restored"
	tiny_wait "$1" 2 || exit 1
	guest_destroy "$1"
	mv "/tmp/$1" "/mnt/out/$1.img"
}

# capture_live NAME: the checking guest while it rewrites its memory.
capture_live() {
	# It is restored under another name, by which its console's log is called.
	ln -sf "guest-$1.log" "$(guest_log "$1--incoming")"
	_next=$(($(checker_count "$1") + 1))
	xl migrate -s /tmp/relay "$1" localhost || fail "$1 did not migrate"
	checker_good "$1" "$_next" || exit 1
	mv /tmp/live "/mnt/out/$1-live.img"
}

# capture_still NAME
capture_still() {
	_next=$(($(checker_count "$1") + 1))
	xl save "$1" "/tmp/$1" || fail "$1 was not saved"
	xl restore "/tmp/$1" || fail "$1 was not restored"
	checker_good "$1" "$_next" || exit 1
	mv "/tmp/$1" "/mnt/out/$1.img"
}

# capture_checker NAME WAY...
capture_checker() {
	_guest=$1
	shift
	checker_start "/guests/$_guest.cfg" || exit 1
	checker_tell "$_guest" "rate 1000"
	for _way; do
		"capture_$_way" "$_guest"
	done
	guest_destroy "$_guest"
}

# What xl runs instead of ssh: its words are the host's name and the receiver's command.
printf '#!/bin/sh\nshift\ntee /tmp/live | "$@"\n' >/tmp/relay
chmod +x /tmp/relay

capture_answering tiny-pv
capture_answering tiny-pvh
capture_checker check-pvh live still
capture_checker check-hvm live still
# PV guests are saved live, and 32-bit ones run, on the full hypervisor only.
if [ "${1:-}" = full ]; then
	capture_checker check-pv64 live still
	capture_checker check-pv32 live still
else
	capture_checker check-pv64 still
fi
