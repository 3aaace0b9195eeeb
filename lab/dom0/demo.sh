#!/bin/busybox sh
# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# What lab/demo shows, in dom0.
# shellcheck source=lab/dom0/lib.sh
. /lab/lib.sh

# Says a command as one would type it, and runs it.
show() {
	echo
	echo "dom0# $*"
	eval "$*"
}

console() {
	tr -d '\r' <"$(guest_log "$1")" | grep '^tick' | tail -n "$2" | sed 's/^/    /'
}

fail() {
	echo "demo: $*"
	exit 1
}

show "xl info | grep -E '^(xen_version|virt_caps|total_memory)'"
show "xl create -q /guests/pv.cfg"
guest_wait_beyond pv 3 120 || fail "the guest does not start"
echo
echo "The guest prints a counter each second, and the checksum of a random blob in its memory:"
console pv 3

echo
echo "-- Save it into a pipe. It is left paused, since only the reader knows whether all is well."
show "xc-save pv | verify-stream-v2 -v" || fail "the stream does not verify"
show "xl list"
show "xc-save --resume pv" || fail "the guest cannot be resumed"
guest_running pv || fail "the guest does not run on"
console pv 2

echo
echo "-- Save it to a file. Once that is safe on the disk the guest is destroyed."
show "xc-save -v pv /tmp/pv.img" || fail "the guest is not saved"
counter=$(guest_counter pv)
checksum=$(guest_checksum pv)
show "ls -l /tmp/pv.img; verify-stream-v2 /tmp/pv.img" || fail "the image does not verify"
show "xl list"

echo
echo "-- Restore it with Xen's own tool. It goes on from where it was, with the same memory:"
show "xl restore /tmp/pv.img"
guest_goes_on pv "$counter" "$checksum" || fail "the guest does not go on"
sleep 1
console pv 3

echo
echo "-- A save that fails leaves the guest running. Here the reader goes away in the middle:"
show "xc-save pv | head -c 50000000 >/dev/null"
counter=$(guest_counter pv)
guest_goes_on pv "$counter" "$checksum" || fail "the guest was lost"
console pv 2
show "xl list"
echo
echo "demo: saved, verified, restored; the guest went on with the same memory each time"
