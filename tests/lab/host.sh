#!/bin/busybox sh
# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Will an image restore on this host? A policy is printed, images made here restore here, and not on hosts with less.
# shellcheck source=tests/lab/checks.sh
. /mnt/host/checks.sh

policy=/tmp/host.json

# shellcheck disable=SC2317 # check calls it
# judged STATUS ID IMAGE POLICY: with this status, and that finding ("": none at all).
judged() {
	is "$1" "$(status verify-stream-v2 --against="$4" "$3")" || {
		cat /tmp/said
		return 1
	}
	[ -z "$2" ] || says "\[host\.$2\]" /tmp/said
}

check "--print-host-policy" is 0 "$(status verify-stream-v2 --print-host-policy)"
cp /tmp/out "$policy"
check "it is of this Xen" says "\"xen\": \"$(xl info xen_major).$(xl info xen_minor)" "$policy"
check "it has a policy for PV" says '"pv_max": {' "$policy"
check "it has a policy for HVM" says '"hvm_max": {' "$policy"
sed 's/"free_kib": [0-9]*/"free_kib": 1024/' "$policy" >/tmp/small.json
sed 's/\("leaf": "0x1", .*"edx": "\)0x[0-9a-f]*/\10x1/' "$policy" >/tmp/old.json
# "Cent…", as neither of the common two begins.
sed 's/\("leaf": "0x0", .*"ebx": "\)0x[0-9a-f]*/\10x746e6543/' "$policy" >/tmp/other.json

for guest in pv pvh; do
	check "$guest: starts" guest_start "/guests/$guest.cfg"
	check "$guest: xl save" is 0 "$(status xl save "$guest" "/tmp/$guest.img")"
	check "$guest: --against-host" is 0 "$(status verify-stream-v2 --against-host "/tmp/$guest.img")"
	check "$guest: without a finding" is "" "$(cat /tmp/said)"
	check "$guest: --against its policy" judged 0 "" "/tmp/$guest.img" "$policy"
	check "$guest: a host without free memory" judged 1 memory "/tmp/$guest.img" /tmp/small.json
	check "$guest: a host with fewer features" judged 1 features "/tmp/$guest.img" /tmp/old.json
	check "$guest: a host of another vendor" judged 1 vendor "/tmp/$guest.img" /tmp/other.json
	check "$guest: xl restore, as was foretold" is 0 "$(status xl restore "/tmp/$guest.img")"
	guest_destroy "$guest"
	rm -f "/tmp/$guest.img"
done
checks_end
