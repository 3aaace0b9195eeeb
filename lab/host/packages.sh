# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154,SC2034
# The Debian packages the lab is made of.  Sourced by lab/xen; needs $cache, say and die.
#
# Programs that run on the host or are copied into dom0 are installed.  Kernels and the hypervisor are only
# unpacked below the cache: installed, they would run boot loader hooks on a machine that has no business with them.

xen_version=4.17
packages_installed=(
	qemu-system-x86 qemu-system-xen qemu-system-data seabios
	"xen-utils-$xen_version" xenstore-utils libxen-dev
	busybox-static cpio python3 xz-utils gcc libc6-dev
)

apt_quiet() {
	local log="$cache/apt.log"

	DEBIAN_FRONTEND=noninteractive apt-get -o APT::Sandbox::User=root -o Dpkg::Use-Pty=0 "$@" >"$log" 2>&1 </dev/null && return
	tail -n 20 "$log" >&2
	die "apt-get $1 failed (whole log: $log)"
}

# A machine that never saw "apt-get update" knows no packages; one that saw it long ago points at files that are gone.
packages_refresh() {
	[ -z "${packages_fresh:-}" ] || return 0
	say "apt-get update"
	apt_quiet update
	packages_fresh=1
}

packages_missing() {
	local p

	for p; do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || echo "$p"
	done
}

# packages_install NAME...
packages_install() {
	local missing

	mapfile -t missing < <(packages_missing "$@")
	[ ${#missing[@]} -gt 0 ] || return 0
	[ "$(id -u)" -eq 0 ] || die "these packages are missing and only root can install them: ${missing[*]}"
	packages_refresh
	say "installing ${missing[*]}"
	apt_quiet install -y --no-install-recommends "${missing[@]}"
	hash -r
}

# The package a metapackage stands for today: linux-image-amd64 -> linux-image-6.1.0-NN-amd64.
package_behind() {
	apt-cache depends --important "$1" 2>/dev/null | sed -n 's/^ *Depends: \(linux-image-.*\)$/\1/p' | head -n 1
}

package_candidate() {
	apt-cache policy "$1" 2>/dev/null | sed -n 's/^ *Candidate: //p' | grep -v '(none)'
}

# Unpacks one package, once a version, and prints the folder.
package_unpack() {
	local name=$1 version dir tmp

	version=$(package_candidate "$name") || die "apt knows no package $name"
	dir="$cache/packages/${name}_${version//:/%}"
	if [ ! -d "$dir" ]; then
		say "fetching $name $version"
		tmp=$(mktemp -d "$cache/packages/.new.XXXXXX")
		# Old lists may name a version that the mirror has no more.
		if ! (cd "$tmp" && apt_quiet download "$name=$version" 2>/dev/null); then
			[ -z "${packages_fresh:-}" ] || die "cannot download $name $version (see $cache/apt.log)"
			packages_refresh
			version=$(package_candidate "$name") || die "apt knows no package $name"
			dir="$cache/packages/${name}_${version//:/%}"
			(cd "$tmp" && apt_quiet download "$name=$version")
		fi
		dpkg-deb -x "$tmp"/*.deb "$tmp/root"
		mv "$tmp/root" "$dir"
		rm -r "$tmp"
	fi
	echo "$dir"
}

packages_known() {
	package_candidate "$(package_behind linux-image-amd64)" && package_candidate "$(package_behind linux-image-cloud-amd64)" &&
		package_candidate "xen-hypervisor-$xen_version-amd64"
} >/dev/null

# What apt would answer depends on its lists only: while they stay, so do the answers, and asking takes seconds.
packages_stamp() {
	stat -c '%n %Y' /var/lib/apt/lists /var/lib/dpkg/status 2>/dev/null
	echo "$xen_version"
}

# Sets $dom0_kernel_dir, $guest_kernel_dir and $hypervisor_dir.
packages_unpack() {
	local answers="$cache/packages/answers" dirs=()

	mkdir -p "$cache/packages"
	# Left by a build that was killed; no other build runs, the caller holds the lock.
	rm -rf "$cache"/packages/.new.*
	if [ -f "$answers" ] && [ "$(tail -n +4 "$answers")" = "$(packages_stamp)" ]; then
		mapfile -t -n 3 dirs <"$answers"
	fi
	if [ ${#dirs[@]} -ne 3 ] || [ ! -d "${dirs[0]}" ] || [ ! -d "${dirs[1]}" ] || [ ! -d "${dirs[2]}" ]; then
		packages_known || packages_refresh
		# The generic kernel can be dom0; the cloud kernel lacks XEN_DOM0 but is the smaller guest.
		dirs[0]=$(package_unpack "$(package_behind linux-image-amd64)")
		dirs[1]=$(package_unpack "$(package_behind linux-image-cloud-amd64)")
		dirs[2]=$(package_unpack "xen-hypervisor-$xen_version-amd64")
		{ printf '%s\n' "${dirs[@]}"; packages_stamp; } >"$answers"
	fi
	dom0_kernel_dir=${dirs[0]} guest_kernel_dir=${dirs[1]} hypervisor_dir=${dirs[2]}
}
