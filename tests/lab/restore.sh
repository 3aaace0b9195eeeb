#!/bin/busybox sh
# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# xc-restore: images of xl and of xc-save, by file and by pipe, bare and compressed; PV, PVH and HVM.
# shellcheck source=tests/lab/restore-checks.sh
. /mnt/host/restore-checks.sh

# From xl's image, and on as xl's own.
as_xl() {
	remember "$1"
	check "$1: xl save" is 0 "$(status xl save "$1" /tmp/x.img)"
	restores "$1" /tmp/x.img
	with_xl "$1"
}

# The original stays paused until the copy runs, as on two hosts.
by_pipe() {
	restores "$1" /tmp/x.img
	remember "$1"
	{
		xc-save "$1" 2>/tmp/said
		echo $? >/tmp/status
	} | xc-restore --name=copy --new-uuid >/tmp/out 2>/tmp/said.restore
	check "$1: xc-restore from a pipe" is 0 $?
	check "$1: xc-save to that pipe" is 0 "$(cat /tmp/status)"
	check "$1: the copy goes on" goes_on copy
	check "$1: the original is paused" is p "$(guest_state "$1")"
	guest_destroy "$1"
	check "$1: the copy gets the name" xl rename copy "$1"
}

# Without a configuration, and compressed.
bare() {
	remember "$1"
	check "$1: xc-save -f libxc" is 0 "$(status xc-save -f libxc "$1" /tmp/x.img)"
	gzip -1 /tmp/x.img
	fails 3 "needed: --name" /tmp/x.img.gz
	restores "$1" --name="$1" --type="$2" --vcpus=2 --memory="$3" /tmp/x.img.gz
	rm -f /tmp/x.img.gz
}

# It takes long to start, so it does while another is tried, but for what takes all of the machine.
xl create /guests/hvm.cfg >/tmp/create.log 2>&1
check "pv2: starts" guest_start /guests/pv2.cfg
check "hvm: started" guest_wait_beyond hvm 0 400
as_xl hvm
as_xl pv2
head -c $(($(stat -c %s /tmp/x.img) / 2)) /tmp/x.img >/tmp/cut.img
fails 1 "error" /tmp/cut.img
rm -f /tmp/cut.img
by_pipe pv2
bare pv2 pv 96
guest_destroy pv2
check "pvh: starts" guest_start /guests/pvh.cfg
as_xl pvh
checks_end
