#!/bin/busybox sh
# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# lab-save-dom0.sh TURNS GUEST...: the part of bench/lab-save.sh that runs in dom0.
# shellcheck source=lab/dom0/lib.sh
. /lab/lib.sh

# Hundredths of a second since power-on.
now() {
	tr -d . </proc/uptime | cut -d ' ' -f 1
}

# timed GUEST WHAT PROGRAM COMMAND...
timed() {
	_guest=$1 _what=$2 _program=$3
	shift 3
	_began=$(now)
	if ! "$@" >/tmp/said 2>&1; then
		dom0_note "$* failed"
		cat /tmp/said
		exit 1
	fi
	echo "turn $_guest $_what $_program $(($(now) - _began))" | awk '{ $5 /= 100; print }'
}

# The same by way of a pipe, with cat at its other end.
pipe_out() {
	"$@" | cat >/tmp/image
}

pipe_in() {
	# shellcheck disable=SC2002 # a pipe is what this is about
	cat /tmp/image | "$@"
}

# peaks PID NAME: the most that processes of this name had resident while PID runs. Nobody here waits for PID, so that it
# stays a zombie at the end.
peaks() {
	while grep -q '^State:[^Z]*$' "/proc/$1/status" 2>/dev/null; do
		# shellcheck disable=SC2013 # words are wanted
		for _status in $(grep -l "^Name:.*$2" /proc/[0-9]*/status 2>/dev/null); do
			sed -n 's/^Pid:[^0-9]*/pid /p; s/^VmHWM:[^0-9]*\([0-9]*\).*/peak \1/p' "$_status" 2>/dev/null
		done
		usleep 50000
	done | awk '$1 == "pid" { pid = $2 } $1 == "peak" && $2 > most[pid] { most[pid] = $2 }
		END { for (pid in most) sum += most[pid]; print sum + 0 }'
}

# memory GUEST PROGRAM NAME COMMAND...: the sum over its processes, with what they share counted in each.
memory() {
	_guest=$1 _program=$2 _name=$3
	shift 3
	"$@" >/tmp/said 2>&1 &
	_peak=$(peaks $! "$_name")
	wait $!
	echo "memory $_guest $_program $_peak"
}

# The Linux guest counts, the checking guest looks at its memory.
starts() {
	case $1 in
	check-*) checker_start "/tmp/$1.cfg" 600 ;;
	*) guest_start "/tmp/$1.cfg" 600 ;;
	esac
}

lives() {
	case $1 in
	check-*) checker_ask "$1" 120 ;;
	*) guest_wait_beyond "$1" "$(guest_counter "$1")" 120 ;;
	esac || {
		dom0_note "$1 does not go on"
		exit 1
	}
}

measure() {
	starts "$1" || exit 1
	for _i in $(seq "$2"); do
		timed "$1" save xl xl save "$1" /tmp/image
		timed "$1" restore xl xl restore /tmp/image
		lives "$1"
		# xc-save leaves the old one in place until the new one is whole, for which there is no room here.
		rm -f /tmp/image
		timed "$1" save ours xc-save "$1" /tmp/image
		timed "$1" restore ours xc-restore /tmp/image
		lives "$1"
		timed "$1" pipe-save xl pipe_out xl save "$1" /proc/self/fd/1
		timed "$1" pipe-restore xl pipe_in xl restore /proc/self/fd/0
		lives "$1"
		timed "$1" pipe-save ours pipe_out xc-save --then=destroy "$1" -
		timed "$1" pipe-restore ours pipe_in xc-restore -
		lives "$1"
	done
	memory "$1" xl-save libxl-save-he xl save "$1" /tmp/image
	memory "$1" xl-restore libxl-save-he xl restore /tmp/image
	lives "$1"
	rm -f /tmp/image
	memory "$1" xc-save xc-save xc-save "$1" /tmp/image
	memory "$1" xc-restore xc-restore xc-restore /tmp/image
	lives "$1"
	rm -f /tmp/image
	guest_destroy "$1"
}

turns=$1
shift
for guest in "$@"; do
	sed 's/^memory.*/memory = 512/' "/guests/$guest.cfg" >"/tmp/$guest.cfg"
	measure "$guest" "$turns"
done
