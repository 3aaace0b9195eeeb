# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Helpers for scripts that run in dom0:  . /lab/lib.sh
#
# The lab's guests print "tick COUNTER MD5 EPOCH" each second; MD5 is of a random blob that the guest made in its own
# memory at boot.  xenconsoled keeps what they print.  All waits have a deadline in seconds and fail when it passes.

guest_log() {
	echo "/var/log/xen/guest-$1.log"
}

# The guest's last complete line; nothing if there is none yet.
guest_last_line() {
	tail -c 4096 "$(guest_log "$1")" 2>/dev/null | tr -d '\r' |
		grep -x 'tick [0-9]* [0-9a-f]\{32\} [0-9]*' | tail -n 1
}

guest_field() {
	guest_last_line "$1" | cut -d ' ' -f "$2"
}

guest_counter() {
	guest_field "$1" 2
}

guest_checksum() {
	guest_field "$1" 3
}

# Seconds since 1970 as the guest sees them.
guest_clock() {
	guest_field "$1" 4
}

# guest_wait_beyond NAME COUNTER [DEADLINE]
guest_wait_beyond() {
	_until=$(($(date +%s) + ${3:-60}))
	until [ "$(guest_counter "$1" | grep . || echo 0)" -gt "$2" ]; do
		if [ "$(date +%s)" -ge "$_until" ]; then
			dom0_note "guest $1 did not go beyond $2 in ${3:-60} s; last line: $(guest_last_line "$1")"
			return 1
		fi
		usleep 200000
	done
}

# guest_start CFG [DEADLINE]: creates a guest and waits for its first line.  The outcome counts, not what xl says:
# under emulation xl was seen to die after the domain was up.
guest_start() {
	_name=$(sed -n 's/^name *= *"\(.*\)".*/\1/p' "$1")
	_log=$(guest_log "$_name")
	if guest_exists "$_name"; then
		dom0_note "guest $_name exists already"
		return 1
	fi
	# Lines of an earlier guest of this name must not be taken for this one's.
	[ ! -e "$_log" ] || mv "$_log" "$_log.$(date +%s)"
	xl create "$1" >"/tmp/create-$_name.log" 2>&1 || {
		dom0_note "xl create $1 ended with status $?:"
		cat "/tmp/create-$_name.log"
		guest_exists "$_name" || return 1
	}
	guest_wait_beyond "$_name" 0 "${2:-240}"
}

guest_exists() {
	xl domid "$1" >/dev/null 2>&1
}

# The letters of xl list without the dashes: r or b or nothing is a guest that runs, p paused, s shut down, c crashed, d dying.
guest_state() {
	xl list "$1" 2>/dev/null | awk 'NR == 2 { gsub("-", "", $5); print $5 }'
}

# A guest runs if it is there and its counter moves on.
guest_running() {
	guest_exists "$1" || return 1
	case $(guest_state "$1") in *[pscd]*) return 1 ;; esac
	guest_wait_beyond "$1" "$(guest_counter "$1" | grep . || echo 0)" "${2:-20}"
}

# guest_goes_on NAME COUNTER CHECKSUM [DEADLINE]: runs on from COUNTER with the memory that CHECKSUM stands for.
guest_goes_on() {
	guest_wait_beyond "$1" "$2" "${4:-60}" || return 1
	[ "$(guest_checksum "$1")" = "$3" ] && return 0
	dom0_note "guest $1 lost memory: checksum $(guest_checksum "$1"), was $3"
	return 1
}

guest_destroy() {
	guest_exists "$1" || return 0
	xl destroy "$1"
	_until=$(($(date +%s) + 30))
	while guest_exists "$1"; do
		[ "$(date +%s)" -lt "$_until" ] || return 1
		usleep 100000
	done
}

# A line for the reader, repeated in the kernel's log so that the logs can be read side by side.
dom0_note() {
	echo "lab: $*"
	echo "lab: $*" >/dev/kmsg
}

# ---- for lab/xen pair: LAB_SIDE is A or B, LAB_ADDRESS and LAB_PEER are the two ends of the cable

# pair_tell WORD [TEXT]: the other side can wait for it, and read TEXT.
pair_tell() {
	echo "${2:-}" >"/mnt/pair/.$LAB_SIDE.$1"
	mv "/mnt/pair/.$LAB_SIDE.$1" "/mnt/pair/$LAB_SIDE.$1"
}

# pair_await WORD [DEADLINE]: until the other side has told WORD; prints its text.
pair_await() {
	_peer=A
	[ "$LAB_SIDE" = B ] || _peer=B
	_until=$(($(date +%s) + ${2:-120}))
	until [ -e "/mnt/pair/$_peer.$1" ]; do
		if [ "$(date +%s)" -ge "$_until" ]; then
			dom0_note "side $_peer did not tell '$1' in ${2:-120} s" >&2
			return 1
		fi
		usleep 100000
	done
	cat "/mnt/pair/$_peer.$1"
}

# pair_serve PORT COMMAND...: runs COMMAND for each connection to PORT, the connection being its stdin and stdout, as ssh
# would; its stderr is ours. Stays in the background. The other side connects with "nc $LAB_PEER PORT".
pair_serve() {
	_port=$1
	shift
	nc -ll -p "$_port" -e "$@" &
	# shellcheck disable=SC2034 # for the script
	pair_server=$!
	_until=$(($(date +%s) + 30))
	until netstat -ltn | grep -q ":$_port "; do
		[ "$(date +%s)" -lt "$_until" ] || return 1
		usleep 100000
	done
}

# ---- the checking guest (/guests/check-*.cfg): its verdicts are "guest N good|bad pages=P writes=W bad=B OCCASION"

# checker_tell NAME WORDS: as if typed on its console.
checker_tell() {
	_name=$1
	shift
	echo "$*" >"$(xenstore-read "/local/domain/$(xl domid "$_name")/console/tty")"
}

# checker_count NAME: how many verdicts it has given, where it was before included: they are numbered.
checker_count() {
	_count=$(tr -d '\r' <"$(guest_log "$1")" 2>/dev/null |
		sed -n 's/^guest \([0-9]*\) \(good\|bad\) .*[a-z]$/\1/p' | tail -n 1)
	echo "${_count:-0}"
}

# checker_verdict NAME N: the Nth one.
checker_verdict() {
	tr -d '\r' <"$(guest_log "$1")" 2>/dev/null | grep "^guest $2 .*[a-z]\$" | tail -n 1
}

# checker_good NAME N [DEADLINE]: waits for the Nth verdict; every page has to be what the guest left there. After a
# resume that also holds for how much it had written when it was suspended.
checker_good() {
	_until=$(($(date +%s) + ${3:-60}))
	until [ -n "$(checker_verdict "$1" "$2")" ]; do
		if [ "$(date +%s)" -ge "$_until" ]; then
			dom0_note "$1 gave no verdict $2 in ${3:-60} s"
			tail -n 5 "$(guest_log "$1")"
			return 1
		fi
		usleep 100000
	done
	case $(checker_verdict "$1" "$2") in
	"guest $2 good "*"re"[a-z]*)
		_left=$(tr -d '\r' <"$(guest_log "$1")" | sed -n 's/^guest: suspending //p' | tail -n 1)
		case $(checker_verdict "$1" "$2") in *" $_left "*) return 0 ;; esac
		dom0_note "$1 was suspended at $_left: $(checker_verdict "$1" "$2")"
		;;
	"guest $2 good "*) return 0 ;;
	*) tail -n 10 "$(guest_log "$1")" ;;
	esac
	return 1
}

# checker_ask NAME [DEADLINE]: makes it check now.
checker_ask() {
	_next=$(($(checker_count "$1") + 1))
	checker_tell "$1" check
	checker_good "$1" "$_next" "${2:-60}"
}

# checker_start CFG [DEADLINE]: creates one and waits for its first verdict.
checker_start() {
	_name=$(sed -n 's/^name *= *"\(.*\)".*/\1/p' "$1")
	_log=$(guest_log "$_name")
	[ ! -e "$_log" ] || mv "$_log" "$_log.$(date +%s)"
	xl create "$1" >"/tmp/create-$_name.log" 2>&1 || {
		cat "/tmp/create-$_name.log"
		guest_exists "$_name" || return 1
	}
	checker_good "$_name" 1 "${2:-120}"
}
