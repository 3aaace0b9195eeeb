#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs in dom0 for lab/capture: saves each tiny guest with xl, restores the image to see that it is good, leaves it in
# /mnt/out.
# shellcheck disable=SC1091
. /lab/lib.sh
. /mnt/host/lib.sh

fail() {
	dom0_note "$*"
	exit 1
}

# Guests without the suspend protocol of PV drivers: libxl stops the domain itself.
wait_for_firmware() {
	end=$(($(date +%s) + 90))
	until grep -q "No bootable" /var/log/xen/tiny-hvm-serial.log 2>/dev/null; do
		[ "$(date +%s)" -lt "$end" ] || return 1
		usleep 200000
	done
}

running() {
	case $(guest_state "$1") in *[pscd]*) return 1 ;; esac
	guest_exists "$1"
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

capture_firmware() {
	xl create /mnt/host/tiny-hvm.cfg || fail "no tiny-hvm"
	wait_for_firmware || fail "the firmware did not come up"
	# A live migration to this very machine, with a copy of the stream kept on its way.
	xl migrate -s "/tmp/relay" tiny-hvm localhost || fail "tiny-hvm did not migrate"
	running tiny-hvm || fail "tiny-hvm does not run after its migration"
	mv /tmp/live /mnt/out/tiny-hvm-live.img
	xl save tiny-hvm /tmp/tiny-hvm || fail "tiny-hvm was not saved"
	xl restore /tmp/tiny-hvm || fail "tiny-hvm was not restored"
	running tiny-hvm || fail "tiny-hvm does not run after its restore"
	guest_destroy tiny-hvm
	mv /tmp/tiny-hvm /mnt/out/tiny-hvm.img
}

# What xl runs instead of ssh: its words are the host's name and the receiver's command.
printf '#!/bin/sh\nshift\ntee /tmp/live | "$@"\n' >/tmp/relay
chmod +x /tmp/relay

capture_answering tiny-pv
capture_answering tiny-pvh
capture_firmware
