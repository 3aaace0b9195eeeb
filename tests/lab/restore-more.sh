#!/bin/busybox sh
# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# xc-restore when something goes wrong: nothing is left. And what it is asked for less often.
# takes up to 1800 s
# shellcheck source=tests/lab/restore-checks.sh
. /mnt/host/restore-checks.sh

# stopped SIGNAL PHASE WORDS...: a signal when the phase is told of, by xc-restore -v or in /tmp/phase.
stopped() {
	_signal=$1 _phase=$2
	shift 2
	rest >/tmp/rest.before 2>/dev/null
	xc-restore -v "$@" >/tmp/out 2>/tmp/said &
	restorer=$!
	check "$_phase is reached" await 60 grep -qs "$_phase" /tmp/phase /tmp/said
	usleep 300000
	kill "-$_signal" $restorer
	wait $restorer
	_got=$?
	case $_signal in
	KILL) check "status after KILL in: $_phase" is 137 $_got ;;
	*) check "status after $_signal in: $_phase" is 2 $_got ;;
	esac
	nothing_left "$_signal in: $_phase"
	rm -f /tmp/phase
}

# In each phase: the head, filling, the device model's start, the last command.
stopped_everywhere() {
	image=/tmp/tiny-hvm.img
	size=$(stat -c %s $image)
	for signal in TERM INT KILL; do
		(head -c 100 $image; echo head >/tmp/phase; exec sleep 20) >/tmp/fifo &
		feeder=$!
		stopped $signal head /tmp/fifo
		kill $feeder 2>/dev/null
		(head -c $((size / 2)) $image; exec sleep 20) >/tmp/fifo &
		feeder=$!
		stopped $signal created /tmp/fifo
		kill $feeder 2>/dev/null
		stopped $signal model --device-model='echo model >/tmp/phase; sleep 1000' $image
		stopped $signal command --before-unpause='echo command >/tmp/phase; sleep 1000' $image
	done
	check "no helper is left" none sleep
}

# none NAME: no such process.
# shellcheck disable=SC2317 # called by check
none() {
	! pidof "$1" | grep .
}

model_faults() {
	fails 2 "device model ended with status 1.*invalid option" --device-model='exec "$@" -no-such-option' /tmp/tiny-hvm.img
	fails 2 "device model was ended by signal 9" --device-model='kill -KILL $$' /tmp/tiny-hvm.img
	fails 2 "not ready within 2 s" --timeout=2 --device-model='sleep 1000' /tmp/tiny-hvm.img
	# Its state is not there: it ends, or waits for ever.
	fails 2 "device model \(ended with status\|was not ready\)" --timeout=15 --device-model='exec 3<&-; exec "$@"' /tmp/tiny-hvm.img
}

# Nobody is there to take the number: the guest runs all the same.
number_unwanted() {
	xc-restore /tmp/tiny-pv.img 2>/tmp/said >/dev/full
	check "status if the number cannot be told" is 6 $?
	check "tiny-pv: runs all the same" xl domid tiny-pv
	xl destroy tiny-pv
	{ xc-restore /tmp/tiny-pv.img 2>/tmp/said; echo $? >/tmp/status; } | true
	check "status if the reader has gone" is 6 "$(cat /tmp/status)"
	check "tiny-pv: runs all the same" xl domid tiny-pv
	xl destroy tiny-pv
}

refusals() {
	check "pv: saved" is 0 "$(status xl save pv /tmp/x.img)"
	restores pv /tmp/x.img
	fails 3 "has the name pv already" /tmp/x.img
	fails 3 "has the UUID" --name=other /tmp/x.img
	fails 3 "but only" --name=other --new-uuid --memory=100000 /tmp/x.img
	fails 3 "the image is of a PV guest\|not the image's" --name=other --new-uuid --type=pvh /tmp/x.img
	check "pv: is not disturbed" guest_running pv
	guest_destroy pv
	check "--check" is 0 "$(status xc-restore --check /tmp/x.img)"
	check "--check makes nothing" gone pv
	check "--paused" is 0 "$(status xc-restore --paused /tmp/x.img)"
	check "is paused" is p "$(guest_state pv)"
	guest_destroy pv
	check "--name, --new-uuid" is 0 "$(status xc-restore --paused --name=new --new-uuid /tmp/x.img)"
	check "it has that name" xl domid new
	xl destroy new
	fails 2 "the command failed with status 3" --before-unpause "xl list \$XC_RESTORE_DOMID && exit 3" /tmp/x.img
}

# A policy that no host can give: more leaves than there are.
wrong_host() {
	at=$(verify-stream-v2 --list /tmp/x.img | awk '/X86_CPUID_POLICY/ { print $1 }')
	cp /tmp/x.img /tmp/bad.img
	# The record's head, the first leaf's two numbers, then its highest one.
	printf '\377\377\0\0' | dd of=/tmp/bad.img bs=1 seek=$((at + 16)) conv=notrunc 2>/dev/null
	fails 3 "this host cannot give the guest the CPU it had" /tmp/bad.img
	rm -f /tmp/bad.img
}

# Enough memory when it was looked at, and then somebody else takes it.
memory_goes() {
	rest >/tmp/rest.before 2>/dev/null
	(head -c 8000000 /tmp/x.img; await 60 test -e /tmp/taken; tail -c +8000001 /tmp/x.img) >/tmp/fifo &
	xc-restore -v /tmp/fifo >/tmp/out 2>/tmp/said &
	restorer=$!
	check "a domain is made" await 60 grep -q created /tmp/said
	free=$(xl info | awk '/^free_memory/ { print $3 }')
	# shellcheck disable=SC2046 # words are wanted
	set -- $(into make pv 1 $(((free - 30) * 1024)))
	check "somebody takes the memory" into take "$1" $(((free - 30) * 256)) 0
	touch /tmp/taken
	wait $restorer
	check "status if memory runs out" is 2 $?
	check "says so" says "the engine failed.*the domain was removed" /tmp/said
	xl destroy "$1"
	nothing_left "memory ran out"
	rm -f /tmp/taken
}

# A domain made by somebody else.
into_domain() {
	check "$1: starts" guest_start "/guests/$1.cfg"
	remember "$1"
	check "$1: xl save" is 0 "$(status xl save "$1" /tmp/x.img)"
	# shellcheck disable=SC2046 # words are wanted
	set -- "$1" "$2" $(into make "$2" 2 "$3")
	domid=$3 store=$4 console=$5
	fails 3 "not the image's\|the image is of" --into="$domid" "/tmp/tiny-$([ "$2" = pv ] && echo hvm || echo pv).img"
	check "$1: --into" is 0 "$(status xc-restore --into="$domid" --store-port="$store" --console-port="$console" /tmp/x.img)"
	check "$1: tells the rings" says "^store-mfn [0-9]" /tmp/out
	check "$1: is still paused" is p "$(xl list "$domid" | awk 'NR == 2 { gsub("-", "", $5); print $5 }')"
	mfn=$(awk '/^console-mfn/ { print $2 }' /tmp/out)
	at=/local/domain/$domid
	xenstore-write "$at/name" "$1" "$at/domid" "$domid" "$at/device" "" "$at/control/shutdown" "" \
		"$at/console/port" "$console" "$at/console/ring-ref" "$mfn" "$at/console/limit" 1048576 \
		"$at/console/type" xenconsoled "$at/console/output" pty "$at/console/tty" ""
	xenstore-chmod -r "$at" n0 "r$domid"
	check "$1: its owner starts it" into start "$domid" "$(awk '/^store-mfn/ { print $2 }' /tmp/out)" "$store"
	check "$1: goes on in that domain" goes_on "$1"
	xl destroy "$domid"
	# shellcheck disable=SC2046
	set -- "$1" "$2" $(into make "$2" 2 98304)
	head -c 20000000 /tmp/x.img >/tmp/cut.img
	check "--into that fails" is 1 "$(status xc-restore --into="$3" /tmp/cut.img)"
	check "says whose it is" says "domain $3 is left to its owner" /tmp/said
	xl destroy "$3"
	rm -f /tmp/cut.img
}

mkfifo /tmp/fifo
tiny tiny-pv
tiny tiny-hvm
stopped_everywhere
model_faults
number_unwanted
check "pv: starts" guest_start /guests/pv.cfg
remember pv
refusals
wrong_host
memory_goes
into_domain pv2 pv 98304
into_domain pvh pvh 131072
checks_end
