#!/bin/busybox sh
# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Second half of tests/lab/legacy, in a boot of its own: the converted images of /mnt/out, restored by xl, or by
# xc-restore.
#   legacy-restore.sh GUEST:IMAGE...
# shellcheck source=tests/lab/checks.sh
. /mnt/host/checks.sh

# The guest as legacy-save.sh saw it last.
recall() {
	read -r _ seen_counter seen_checksum _ <"/mnt/out/$1.line"
	[ -n "$seen_checksum" ]
}

# Packed and through dom0's own memory, as the save. A legacy image is for xc-restore, as it is.
restore() {
	case $1 in
	*.legacy) xc-restore "/mnt/out/$1.gz" ;;
	*) zcat "/mnt/out/$1.gz" >/tmp/image && xl restore /tmp/image && rm /tmp/image ;;
	esac
}

for each in "$@"; do
	guest=${each%%:*}
	image=${each#*:}
	check "$image: is known" recall "$guest"
	check "$image: restored" restore "$image"
	check "$image: goes on with its memory" goes_on "$guest"
	check "$image: runs" guest_running "$guest"
	guest_destroy "$guest"
	rm -f "$(guest_log "$guest")"
done
checks_end
