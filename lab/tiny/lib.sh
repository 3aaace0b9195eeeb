# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Helpers for the tiny guests, for scripts in dom0 that have sourced /lab/lib.sh.  A tiny guest prints "tiny N good" once
# at its start and once after each resume; "s" on its console makes it suspend, "c" makes it check and print again.

# tiny_wait NAME N [DEADLINE]: until the guest found its memory good in its Nth generation.
tiny_wait() {
	_until=$(($(date +%s) + ${3:-30}))
	until grep -q "^tiny $2 good" "$(guest_log "$1")" 2>/dev/null; do
		if grep -q "^tiny $2 bad" "$(guest_log "$1")" 2>/dev/null || [ "$(date +%s)" -ge "$_until" ]; then
			dom0_note "$1 is not good in generation $2"
			return 1
		fi
		usleep 100000
	done
}

# tiny_tell NAME LETTER
tiny_tell() {
	echo "$2" >"$(xenstore-read "/local/domain/$(xl domid "$1")/console/tty")"
}

# tiny_answer NAME [DEADLINE]: the guest's half of one suspend request.  Run it beside the program that saves.
tiny_answer() {
	_dom=/local/domain/$(xl domid "$1")
	_until=$(($(date +%s) + ${2:-30}))
	until [ "$(xenstore-read "$_dom/control/shutdown" 2>/dev/null)" = suspend ]; do
		[ "$(date +%s)" -lt "$_until" ] || return 1
		usleep 50000
	done
	xenstore-write "$_dom/control/shutdown" ""
	tiny_tell "$1" s
}
