#!/bin/busybox sh
# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# An HVM guest with Linux and its device model: by xc-save and xl, by xl and xc-restore, by both of ours; and resumed.
# shellcheck source=tests/lab/checks.sh
. /mnt/host/checks.sh

# through SAVER RESTORER: the guest goes on with its memory.
through() {
	remember hvm
	# shellcheck disable=SC2086 # two words
	check "hvm: $1" is 0 "$(status $1 hvm /tmp/x.img)"
	check "hvm: the image of $1 verifies" is 0 "$(status verify-stream-v2 --depth=pages /tmp/x.img)"
	# shellcheck disable=SC2086 # two words
	check "hvm: $2 of it" is 0 "$(status $2 /tmp/x.img)"
	check "hvm: goes on after $1 and $2" goes_on hvm
	rm -f /tmp/x.img
}

check "hvm: starts" guest_start /guests/hvm.cfg 300
through xc-save "xl restore"
through "xl save" xc-restore
through xc-save xc-restore
remember hvm
check "hvm: xc-save --then=resume" is 0 "$(status xc-save --then=resume hvm /tmp/x.img)"
check "hvm: goes on after it" goes_on hvm
checks_end
