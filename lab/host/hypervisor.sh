# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154
# The full hypervisor: Debian builds Xen without shadow paging, which live saves of PV guests need, and without 32-bit PV
# guests. This makes one with both from Debian's own source package. Sourced by lab/xen after packages.sh.
#
# The system's package sources stay as they are: the lists of sources are kept below the cache.

hypervisor_tools=(make flex bison python3 gcc libc6-dev xz-utils)
hypervisor_options=(CONFIG_EXPERT CONFIG_SHADOW_PAGING CONFIG_PV32)

# hypervisor_full: sets $hypervisor_file, made now if it must be. Some minutes, once.
hypervisor_full() {
	local dir tmp

	dir="$cache/hypervisor/$(sha256sum <"$here/host/hypervisor.sh" | cut -c 1-16)"
	hypervisor_file="$dir/xen"
	[ ! -f "$hypervisor_file" ] || return 0
	packages_install "${hypervisor_tools[@]}"
	mkdir -p "$cache/hypervisor"
	rm -rf "$cache"/hypervisor/.new.*
	tmp=$(mktemp -d "$cache/hypervisor/.new.XXXXXX")
	hypervisor_source "$tmp"
	hypervisor_make "$tmp"
	mkdir "$tmp/done"
	mv "$tmp/xen" "$tmp/done/"
	mv "$tmp/done" "$dir"
	rm -rf "$tmp"
}

# The places of source packages that belong to the places of packages which apt knows.
hypervisor_apt_lines() {
	local key=/usr/share/keyrings/debian-archive-keyring.gpg

	[ -f "$key" ] && key="[signed-by=$key] " || key=""
	# shellcheck disable=SC2016 # apt fills these in
	apt-get indextargets --format "deb-src $key"'$(REPO_URI) $(RELEASE) $(COMPONENT)' \
		'Created-By: Packages' 'Component: main' 'Origin: Debian' | sort -u
}

# hypervisor_source DIR: the unpacked sources as DIR/source, of the newest version that the mirror really has.
hypervisor_source() {
	local dir=$1 version log="$1/../source.log"
	local options=(-o "Dir::Etc::SourceList=$dir/sources.list" -o Dir::Etc::SourceParts=/dev/null
		-o "Dir::State::Lists=$dir/lists" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User=root)

	mkdir -p "$dir/lists/partial" "$dir/source"
	hypervisor_apt_lines >"$dir/sources.list"
	[ -s "$dir/sources.list" ] || die "apt knows no Debian archive, so there are no sources for the full hypervisor"
	say "fetching the sources of Xen $xen_version"
	apt-get "${options[@]}" update >"$log" 2>&1 || die "no lists of Debian's source packages (see $log)"
	for version in $(apt-cache "${options[@]}" showsrc xen 2>>"$log" | sed -n "s/^Version: \($xen_version\..*\)/\1/p" | sort -rVu); do
		# An update's sources may be gone from the mirror while its packages are there.
		(cd "$dir" && apt-get "${options[@]}" source --download-only "xen=$version") >>"$log" 2>&1 || continue
		tar -xf "$dir"/xen_*.orig.tar.* -C "$dir/source" --strip-components=1 || die "the sources of Xen $version cannot be unpacked"
		return
	done
	die "Debian's source package of Xen $xen_version cannot be fetched, so there is no full hypervisor (see $log)"
}

# hypervisor_make DIR: builds DIR/source and leaves DIR/xen.
hypervisor_make() {
	local dir=$1 option log="$1/../make.log"

	say "building the full hypervisor (some minutes)"
	printf '%s=y\n' "${hypervisor_options[@]}" >"$dir/source/xen/.config"
	{
		make -C "$dir/source/xen" olddefconfig </dev/null && nice make -C "$dir/source/xen" -j "$(nproc)" </dev/null
	} >"$log" 2>&1 || {
		tail -n 20 "$log" >&2
		die "the full hypervisor cannot be built (whole log: $log)"
	}
	for option in "${hypervisor_options[@]}"; do
		grep -qx "$option=y" "$dir/source/xen/.config" || die "this Xen cannot be built with $option"
	done
	mv "$dir/source/xen/xen" "$dir/xen"
}
