#!/bin/busybox sh
# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# The part of tests/lab/legacy-check that runs in dom0.
#   legacy-check.sh GUEST...
# shellcheck source=tests/lab/checks.sh
. /mnt/host/checks.sh

# Its first verdict here is the one after the restore.
whole() {
	await 120 grep -q "^guest [0-9]* \(good\|bad\) .*restored" "$(guest_log "$1")"
	says "^guest [0-9]* good .*restored" "$(guest_log "$1")" && checker_ask "$1"
}

# comes_back NAME IMAGE RESTORER
comes_back() {
	rm -f "$(guest_log "$1")"
	# Through dom0's own memory, as xl cannot read from the shared folder.
	cp "/mnt/out/$2" /tmp/image
	# shellcheck disable=SC2086 # words
	check "$2: $3" is 0 "$(status $3 /tmp/image)"
	check "$2: $3: every page is there" whole "$1"
	guest_destroy "$1"
}

for guest in "$@"; do
	name=${guest%-live}
	comes_back "$name" "$guest.legacy" xc-restore
	comes_back "$name" "$guest.xl" "xl restore"
	comes_back "$name" "$guest.bare" "xl restore"
done
checks_end
