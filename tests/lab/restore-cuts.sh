#!/bin/busybox sh
# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# xc-restore of images that are not whole, or not right: nothing is left of what it began.
#   restore-cuts.sh GUEST...     tiny-pv, tiny-hvm
# takes up to 1800 s
# shellcheck source=tests/lab/restore-checks.sh
. /mnt/host/restore-checks.sh

# Offsets where headers and records begin, but for the first. In a row of equal ones the first two and the last stand for
# all: an HVM image has a thousand batches of pfns without a page, and each restore takes seconds.
record_ends() {
	verify-stream-v2 --list "$1" | awk '$1 ~ /^0x/ {
		kind = substr($0, 33, 37)
		if (kind != last && run > 2) print offset
		run = kind == last ? run + 1 : 1
		last = kind
		offset = $1
		if (run <= 2 && $1 != "0x0") print offset
	}'
}

# Cut where records begin, that is at the end of the one before: each is explained, and nothing is left.
cut_everywhere() {
	rest >/tmp/rest.before 2>/dev/null
	for offset in $(record_ends "$1"); do
		head -c $((offset)) "$1" >/tmp/cut.img
		check "$1: cut at $offset" is 1 "$(status xc-restore /tmp/cut.img)"
		check "$1: cut at $offset: is explained" says "cut.img: .*\(end\|complete\|trunc\)" /tmp/said
		check "$1: cut at $offset: leaves nothing" says "; \(no domain was made\|the domain was removed\)" /tmp/said
	done
	rm -f /tmp/cut.img
	nothing_left "$1: cut everywhere"
}

# Nonsense in places near the end, where the records are many and small.
corrupted() {
	size=$(stat -c %s "$1")
	rest >/tmp/rest.before 2>/dev/null
	for back in 300 1000 2000 4000 6000; do
		cp "$1" /tmp/bad.img
		head -c 64 /dev/zero | tr '\0' '\377' | dd of=/tmp/bad.img bs=1 seek=$((size - back)) conv=notrunc 2>/dev/null
		_got=$(status xc-restore --timeout=20 /tmp/bad.img)
		# The verifier or libxenguest: somebody sees it, or it is in a place that means nothing.
		case $_got in
		0) xl destroy "$2" ;;
		*) check "$1: corrupted $back from its end" says "; the domain was removed\|; no domain was made" /tmp/said ;;
		esac
	done
	rm -f /tmp/bad.img
	nothing_left "$1: corrupted"
}

for guest in "$@"; do
	tiny "$guest"
	cut_everywhere "/tmp/$guest.img"
	corrupted "/tmp/$guest.img" "$guest"
done
checks_end
