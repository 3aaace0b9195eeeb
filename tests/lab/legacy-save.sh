#!/bin/busybox sh
# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# First half of tests/lab/legacy: guests saved by xl, their images and what they were left with in /mnt/out.
#   legacy-save.sh GUEST...
# shellcheck source=tests/lab/checks.sh
. /mnt/host/checks.sh

# Through dom0's own memory, since xl cannot save to the shared folder; and packed, since that folder is slow.
save() {
	xl save "$1" "/tmp/$1.img" && gzip -1 <"/tmp/$1.img" >"/mnt/out/$1.v3.gz" && rm "/tmp/$1.img"
}

for guest in "$@"; do
	# A busy machine takes minutes for what is done in one otherwise.
	check "$guest: starts" guest_start "/guests/$guest.cfg" 900
	check "$guest: can be seen" remember "$guest"
	check "$guest: xl save" save "$guest"
	# What it printed up to the save: nothing of it may be printed again.
	guest_last_line "$guest" >"/mnt/out/$guest.line"
	guest_destroy "$guest"
done
checks_end
