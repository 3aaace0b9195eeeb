#!/bin/busybox sh
# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# xc-save of HVM guests with their device model, and the faults that only they, or only live saves, can have. With the
# checking guest: no page may be lost, stale or written to after the guest stood still.
#   hvm.sh [KIND...]     hvm, pvh, pv64; all without one
# shellcheck source=tests/lab/checks.sh
. /mnt/host/checks.sh

mkdir -p /tmp/target

# next GUEST: remembers which verdict comes next.
next() {
	verdict=$(($(checker_count "$1") + 1))
}

# same GUEST: it goes on where it was, with every page; so does its device model.
same() {
	checker_good "$1" "$verdict" && says "^guest $verdict good .*resumed" "$(guest_log "$1")" && model_runs "$1"
}

# came_back GUEST: the same after a restore.
came_back() {
	checker_good "$1" "$verdict" && says "^guest $verdict good .*restored" "$(guest_log "$1")" && model_runs "$1"
}

# untouched GUEST: it never noticed.
untouched() {
	[ "$(checker_count "$1")" -eq $((verdict - 1)) ] && checker_ask "$1"
}

model_pid() {
	xenstore-read "/local/domain/$(xl domid "$1")/image/device-model-pid"
}

# model_runs GUEST: its device model says so; guests without one are fine.
model_runs() {
	case $1 in *hvm*) ;; *) return 0 ;; esac
	xl qemu-monitor-command "$1" "info status" >/tmp/model 2>&1
	says "VM status: running" /tmp/model
}

# written BYTES: so many are in the target's folder.
# shellcheck disable=SC2317 # called by await
written() {
	# shellcheck disable=SC2012 # sizes are wanted
	[ "$(ls -lA /tmp/target | awk 'NR > 1 { sum += $5 } END { print sum + 0 }')" -ge "$1" ]
}

good_saves() {
	next "$1"
	check "$1: --then=resume" is 0 "$(status xc-save --then=resume "$1" /tmp/x.img)"
	check "$1: goes on" same "$1"
	check "$1: image verifies" verify-stream-v2 /tmp/x.img
	verify-stream-v2 --list /tmp/x.img >/tmp/list
	check "$1: image has the device model's state" says EMULATOR_CONTEXT /tmp/list
	next "$1"
	check "$1: --then=pause" is 0 "$(status xc-save --then=pause "$1" /tmp/x.img)"
	check "$1: is paused" is p "$(guest_state "$1" | tr -d b)"
	check "$1: xl unpause" xl unpause "$1"
	check "$1: goes on after xl unpause" same "$1"
	next "$1"
	check "$1: --then=pause again" is 0 "$(status xc-save --then=pause "$1" /tmp/x.img)"
	check "$1: --resume" is 0 "$(status xc-save --resume "$1")"
	check "$1: goes on after --resume" same "$1"
	for restorer in "xl restore" xc-restore; do
		next "$1"
		check "$1: xc-save" is 0 "$(status xc-save "$1" /tmp/x.img)"
		check "$1: no device model is left" is "" "$(pidof qemu-system-i386 xen-qemu-system-i386)"
		# shellcheck disable=SC2086 # two words
		check "$1: $restorer" is 0 "$(status $restorer /tmp/x.img)"
		check "$1: comes back by $restorer" came_back "$1"
	done
	# The log is called by the name that a domain was made with.
	ln -sf "guest-$1.log" "$(guest_log copy)"
	next "$1"
	xc-save "$1" 2>/tmp/said | xc-restore --name=copy --new-uuid >/tmp/out 2>/tmp/said.restore
	check "$1: by a pipe" is 0 $?
	guest_destroy "$1"
	check "$1: xl rename" xl rename copy "$1"
	check "$1: comes through the pipe" came_back "$1"
	rm -f /tmp/x.img
}

# A device model that does not answer, before and during the save.
mute_model() {
	model=$(model_pid "$1")
	next "$1"
	kill -STOP "$model"
	check "$1: status with a mute device model" is 2 "$(status xc-save --timeout=5 "$1" /tmp/target/x.img)"
	check "$1: message with a mute device model" says "does not answer.*; the guest was not touched" /tmp/said
	kill -CONT "$model"
	check "$1: not touched with a mute device model" untouched "$1"
	next "$1"
	xc-save --live --bandwidth=2M --timeout=5 "$1" /tmp/target/x.img 2>/tmp/said &
	saver=$!
	check "$1: live save begins" await 60 written 1000000
	kill -STOP "$model"
	wait $saver
	check "$1: status when the device model falls mute" is 4 $?
	check "$1: message when it falls mute" says "THE GUEST RUNS, BUT ITS DEVICE MODEL MAY NOT" /tmp/said
	kill -CONT "$model"
	check "$1: --resume when it answers again" is 0 "$(status xc-save --resume "$1")"
	check "$1: goes on after --resume" same "$1"
	check "$1: nothing is left" empty /tmp/target
}

# Last, since the device model is gone then.
dead_model() {
	model=$(model_pid "$1")
	next "$1"
	xc-save --live --bandwidth=2M --timeout=5 "$1" /tmp/target/x.img 2>/tmp/said &
	saver=$!
	check "$1: live save begins" await 60 written 1000000
	kill -KILL "$model"
	wait $saver
	check "$1: status when the device model dies" is 4 $?
	check "$1: message when it dies" says "THE GUEST RUNS, BUT ITS DEVICE MODEL MAY NOT" /tmp/said
	check "$1: runs on without" checker_good "$1" "$verdict"
	check "$1: status without a device model" is 2 "$(status xc-save --timeout=5 "$1" /tmp/target/x.img)"
	check "$1: message without a device model" says "cannot be reached" /tmp/said
	check "$1: runs on" checker_ask "$1"
	check "$1: nothing is left" empty /tmp/target
}

reader_leaves() {
	next "$1"
	{
		xc-save "$1" 2>/tmp/said
		echo $? >/tmp/status
	} | head -c "$2" >/dev/null
	check "$1: status after a reader that left at $2" is 2 "$(cat /tmp/status)"
	check "$1: goes on after a reader that left at $2" same "$1"
}

# signal_comes GUEST SIGNAL: while the rest of the memory is written and the guest stands still.
signal_comes() {
	next "$1"
	xc-save --bandwidth=4M "$1" /tmp/target/x.img 2>/tmp/said &
	saver=$!
	await 60 written 2000000
	kill -"$2" $saver
	wait $saver
	check "$1: status after $2" is 2 $?
	check "$1: goes on after $2" same "$1"
	check "$1: nothing is left after $2" empty /tmp/target
}

# KILL while it stands still, and while it runs.
killed() {
	next "$1"
	xc-save --bandwidth=4M "$1" /tmp/target/x.img 2>/tmp/said &
	saver=$!
	await 60 written 2000000
	kill -KILL $saver
	wait $saver
	sleep 1
	check "$1: suspended after KILL" is ss "$(guest_state "$1")"
	check "$1: --resume after KILL" is 0 "$(status xc-save --resume "$1")"
	check "$1: goes on after KILL" same "$1"
	rm -f /tmp/target/.stream-*
	next "$1"
	xc-save --live --bandwidth=2M "$1" /tmp/target/x.img 2>/tmp/said &
	saver=$!
	await 60 written 1000000
	kill -KILL $saver
	wait $saver
	sleep 1
	rm -f /tmp/target/.stream-*
	check "$1: not touched by KILL in a live pass" untouched "$1"
	next "$1"
	check "$1: saves live after that" is 0 "$(status xc-save --live --then=resume "$1" /tmp/target/x.img)"
	check "$1: goes on after that" same "$1"
	rm -f /tmp/target/x.img
}

engine_aborts() {
	next "$1"
	xc-save --bandwidth=4M "$1" /tmp/target/x.img 2>/tmp/said &
	saver=$!
	await 60 written 2000000
	kill -ABRT "$(cat /proc/[0-9]*/stat 2>/dev/null | awk -v saver=$saver '$4 == saver { print $1 }')"
	wait $saver
	check "$1: status after the engine aborted" is 2 $?
	check "$1: message after the engine aborted" says "ended by signal 6 .*; the guest runs on" /tmp/said
	check "$1: goes on after the engine aborted" same "$1"
	check "$1: nothing is left after the engine aborted" empty /tmp/target
}

disk_full() {
	mkdir -p /tmp/small
	mount -t tmpfs -o size=4m small /tmp/small
	next "$1"
	check "$1: status on a full disk" is 2 "$(status xc-save "$1" /tmp/small/x.img)"
	check "$1: goes on after a full disk" same "$1"
	check "$1: full disk is empty again" empty /tmp/small
	umount /tmp/small
}

folder_vanishes() {
	mkdir -p /tmp/vanishing
	next "$1"
	xc-save --bandwidth=4M "$1" /tmp/vanishing/x.img 2>/tmp/said &
	saver=$!
	await 60 sh -c 'ls /tmp/vanishing/.stream-*'
	rm -rf /tmp/vanishing
	wait $saver
	check "$1: status when the folder vanishes" is 2 $?
	check "$1: message when the folder vanishes" says "cannot be given its name" /tmp/said
	check "$1: goes on when the folder vanishes" same "$1"
}

# xenstored stands still for some seconds, before the guest is asked and after.
slow_xenstore() {
	xenstored=$(cat /run/xenstored.pid)
	next "$1"
	kill -STOP "$xenstored"
	xc-save --then=resume "$1" /tmp/target/x.img 2>/tmp/said &
	saver=$!
	sleep 5
	kill -CONT "$xenstored"
	wait $saver
	check "$1: saved when xenstored was slow" is 0 $?
	check "$1: goes on after a slow xenstored" same "$1"
	next "$1"
	xc-save --bandwidth=4M --then=resume "$1" /tmp/target/x.img 2>/tmp/said &
	saver=$!
	await 60 written 2000000
	kill -STOP "$xenstored"
	sleep 5
	kill -CONT "$xenstored"
	wait $saver
	check "$1: saved when xenstored fell slow" is 0 $?
	check "$1: goes on when xenstored fell slow" same "$1"
	rm -f /tmp/target/x.img
}

sync_fails() {
	next "$1"
	LD_PRELOAD=/usr/local/bin/fsync-fails.so xc-save "$1" /tmp/target/x.img 2>/tmp/said
	check "$1: status when fsync fails" is 2 $?
	check "$1: message when fsync fails" says "Input/output error; the guest runs on" /tmp/said
	check "$1: goes on when fsync fails" same "$1"
	check "$1: nothing is left when fsync fails" empty /tmp/target
}

# refused GUEST TEXT: before it is touched.
refused() {
	check "$1: refused: $2" is 3 "$(status xc-save "$1" /tmp/target/x.img)"
	check "$1: says: $2" says "$2.*; the guest was not touched" /tmp/said
}

# What xenstore says of a guest that should not be saved.
obstacles() {
	home=/local/domain/$(xl domid "$1")
	backend=/local/domain/0/backend/pci/$(xl domid "$1")
	next "$1"
	xenstore-rm "$home/control/feature-suspend"
	xenstore-write "$home/control/feature-poweroff" 1
	refused "$1" "to suspend is none of them"
	xenstore-write "$home/control/feature-suspend" 1
	check "$1: saves once it says so" is 0 "$(status xc-save --then=resume "$1" /tmp/x.img)"
	check "$1: goes on" same "$1"
	xenstore-write "$home/control/feature-poweroff" ""
	next "$1"
	xenstore-write "$backend/0/num_devs" 1
	refused "$1" "1 PCI device of the host"
	xenstore-rm "$backend"
	target=$(xenstore-read "$home/memory/target")
	xenstore-write "$home/memory/target" 1048576
	check "$1: saves while ballooning" is 0 "$(status xc-save --then=resume "$1" /tmp/x.img)"
	check "$1: warns of ballooning" says "its balloon driver is at work.*its target is 1024 MiB" /tmp/said
	xenstore-write "$home/memory/target" "$target"
	check "$1: goes on after the warning" same "$1"
	rm -f /tmp/x.img
}

# The hypervisor's answers: more memory promised than given, and a topology. Guests need not even boot far.
less_memory() {
	sed 's/^memory.*/memory = 128\nmaxmem = 256/' /guests/pvh.cfg >/tmp/pod.cfg
	check "pvh: starts with less than promised" xl create /tmp/pod.cfg
	refused pvh "populated on demand"
	guest_destroy pvh
}

# xl 4.17 makes one for HVM guests only, whatever its manual says.
topology() {
	sed 's/^memory.*/memory = 96/; s/^vcpus.*/vcpus = 2/' "/guests/$1.cfg" >/tmp/vnuma.cfg
	cat >>/tmp/vnuma.cfg <<-END
	vnuma = [["pnode=0","size=48","vcpus=0","vdistances=10,20"],
	         ["pnode=0","size=48","vcpus=1","vdistances=20,10"]]
	END
	check "$1: starts with a topology" xl create /tmp/vnuma.cfg
	refused "$1" "virtual NUMA topology"
	guest_destroy "$1"
}

# A page table names a frame that is not the guest's: it must not be left out of the image.
bad_table() {
	checker_tell "$1" keep
	check "$1: keeps a frame" await 20 grep -q "guest: keep" "$(guest_log "$1")"
	next "$1"
	check "$1: status with a table that cannot be translated" is 2 "$(status xc-save "$1" /tmp/target/x.img)"
	check "$1: message with such a table" says "the engine failed: .*; the guest runs on" /tmp/said
	cat /tmp/said
	check "$1: goes on with such a table" checker_good "$1" "$verdict"
	check "$1: nothing is left" empty /tmp/target
	checker_tell "$1" keep
	next "$1"
	check "$1: saves without such a table" is 0 "$(status xc-save "$1" /tmp/x.img)"
	check "$1: restores" is 0 "$(status xl restore /tmp/x.img)"
	check "$1: comes back" came_back "$1"
	rm -f /tmp/x.img
}

# Last: it cannot be brought back.
crashes() {
	xc-save --live --bandwidth=2M --timeout=20 "$1" /tmp/target/x.img 2>/tmp/said &
	saver=$!
	await 60 written 1000000
	checker_tell "$1" crash
	wait $saver
	check "$1: status when it crashes" is 5 $?
	check "$1: message when it crashes" says "the guest has ended" /tmp/said
	check "$1: nothing is left when it crashes" empty /tmp/target
	check "$1: a crashed guest is refused" is 3 "$(status xc-save "$1" /tmp/target/x.img)"
	guest_destroy "$1"
}

hvm() {
	good_saves "$1"
	reader_leaves "$1" 100000
	reader_leaves "$1" 8000000
	disk_full "$1"
	signal_comes "$1" TERM
	signal_comes "$1" INT
	engine_aborts "$1"
	killed "$1"
	folder_vanishes "$1"
	sync_fails "$1"
	slow_xenstore "$1"
	mute_model "$1"
	dead_model "$1"
	guest_destroy "$1"
	topology "$1"
}

pvh() {
	obstacles "$1"
	slow_xenstore "$1"
	sync_fails "$1"
	killed "$1"
	crashes "$1"
	less_memory
}

pv64() {
	bad_table "$1"
	guest_destroy "$1"
}

[ $# -gt 0 ] || set -- hvm pvh pv64
for kind; do
	check "check-$kind: starts" checker_start "/guests/check-$kind.cfg" 240
	"$kind" "check-$kind"
done
checks_end
