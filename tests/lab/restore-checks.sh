# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# What the scripts about xc-restore have in common.
# shellcheck source=tests/lab/checks.sh
. /mnt/host/checks.sh

# shellcheck source=lab/tiny/lib.sh
. /mnt/out/tiny/lib.sh

# tiny KIND: its image, made by xl, in /tmp/KIND.img; the guest is gone.
tiny() {
	sed '/^on_/d; s|/mnt/host|/mnt/out/tiny|' "/mnt/out/tiny/$1.cfg" >"/tmp/$1.cfg"
	check "$1: starts" xl create "/tmp/$1.cfg"
	if [ "$1" = tiny-pv ]; then
		check "$1: is good" tiny_wait "$1" 1
		tiny_answer "$1" &
	fi
	check "$1: xl save" is 0 "$(status xl save "$1" "/tmp/$1.img")"
}

# What there is of domains: numbers, nodes, files, sockets and device models. A restore that failed must not change it.
rest() {
	xl list | awk 'NR > 1 { print $2 }'
	xenstore-list /local/domain
	for _node in /libxl /vm /local/domain/0/backend /local/domain/0/device-model; do
		xenstore-ls "$_node" 2>/dev/null
	done
	# Who had which number lately is only for libxl.
	find /var/lib/xen /var/run/xen ! -name domid-history | sort
	grep -l qemu /proc/[0-9]*/comm 2>/dev/null
}

# nothing_left WHAT: as before, when rest was written to /tmp/rest.before. What is dying may take a moment.
nothing_left() {
	check "leaves nothing: $1" await 20 as_before
}

# shellcheck disable=SC2317 # called by await
as_before() {
	rest >/tmp/rest.after 2>/dev/null
	diff /tmp/rest.before /tmp/rest.after
}

# restores GUEST WORDS...: xc-restore WORDS makes GUEST, tells its number, and it goes on with its memory.
restores() {
	_guest=$1
	shift
	check "$_guest: xc-restore $*" is 0 "$(status xc-restore "$@")"
	check "$_guest: its number is told" is "$(xl domid "$_guest")" "$(cat /tmp/out)"
	check "$_guest: goes on" goes_on "$_guest"
}

# fails STATUS TEXT WORDS...: it says so, and nothing is left.
fails() {
	_status=$1 _text=$2
	shift 2
	rest >/tmp/rest.before 2>/dev/null
	check "fails: $_text" is "$_status" "$(status xc-restore "$@")"
	check "says: $_text" says "$_text" /tmp/said
	nothing_left "$_text"
}

# The console works in both directions: the guest's terminal echoes what is typed.
console_works() {
	_word=word$$x$(date +%s)
	echo "$_word" >"$(xenstore-read "/local/domain/$(xl domid "$1")/console/tty")"
	check "$1: its console takes and gives" await 20 grep -q "$_word" "$(guest_log "$1")"
}

# libxl takes the domain for one of its own.
with_xl() {
	check "$1: xl list" xl list "$1"
	check "$1: xl list -l" says '"name": "'"$1"'"' "$(xl list -l "$1" >/tmp/out && echo /tmp/out)"
	console_works "$1"
	xl pause "$1"
	# Its vCPUs may have been running or waiting.
	check "$1: xl pause" is p "$(guest_state "$1" | tr -cd p)"
	xl unpause "$1"
	remember "$1"
	check "$1: xl save" is 0 "$(status xl save "$1" /tmp/x.img)"
	check "$1: xl restore" is 0 "$(status xl restore /tmp/x.img)"
	check "$1: goes on after xl restore" goes_on "$1"
	remember "$1"
	check "$1: xl save once more" is 0 "$(status xl save "$1" /tmp/x.img)"
	rest >/tmp/rest.before 2>/dev/null
	restores "$1" /tmp/x.img
	check "$1: xl destroy" guest_destroy "$1"
	nothing_left "$1: xl destroy"
}
