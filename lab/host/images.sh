# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154,SC2034
# Assembles the boot images.  Sourced by lab/xen after packages.sh; needs $here, $cache, say and die.
#
# $cache/images/KEY/ holds  xen  vmlinuz-dom0  dom0.img : all that QEMU boots.  The guests' kernel, initramfs and
# configurations are inside dom0.img, below /guests.  KEY is a digest over every input, so a changed file of the lab
# or an upgraded package makes a new folder, and an unchanged lab costs nothing.

# Modules that dom0 loads, in this order; what they depend on comes along.
dom0_modules=(virtio_pci virtio_console virtio_net 9pnet_virtio 9p xen-privcmd xen-evtchn xen-gntdev xen-gntalloc xenfs loop ext4)
# Programs of Debian that dom0 has beside busybox and Xen's own.
dom0_programs=(/bin/bash /usr/bin/xenstore-{chmod,exists,list,ls,read,rm,watch,write})
xen_qemu=/usr/libexec/xen-qemu-system-i386
images_kept=4

images_key() {
	{
		cd "$here" || exit
		find host/images.sh dom0 linux guest -type f | LC_ALL=C sort | xargs sha256sum
		echo "$dom0_kernel_dir $guest_kernel_dir $hypervisor_dir"
		# Everything copied from the host comes out of these or of a library they depend on.
		dpkg-query -W -f '${Package} ${Version}\n' libc6 bash 'libxen*' "${packages_installed[@]}" | LC_ALL=C sort
	} | sha256sum | cut -c 1-16
}

# Sets $images to a complete folder, made now if it must be.
images_build() {
	local tmp

	images="$cache/images/$(images_key)"
	mkdir -p "$cache/images"
	if [ ! -d "$images" ]; then
		say "assembling the images"
		rm -rf "$cache"/images/.new.*
		tmp=$(mktemp -d "$cache/images/.new.XXXXXX")
		hypervisor_image "$tmp/xen"
		cp "$(kernel_of "$dom0_kernel_dir")" "$tmp/vmlinuz-dom0"
		guest_image "$tmp/guest"
		dom0_image "$tmp/dom0" "$tmp/guest/guest.img"
		mv "$tmp/dom0/dom0.img" "$tmp/"
		rm -rf "$tmp/guest" "$tmp/dom0"
		chmod 755 "$tmp"
		mv "$tmp" "$images"
	fi
	touch "$images"
	images_prune
}

# Several work trees with different labs can share one cache, and a run may wait for hours between here and its boot: only
# what nobody asked for in the last day goes, and of that not the newest.
images_prune() {
	local dir

	find "$cache/images" -mindepth 1 -maxdepth 1 -type d -name '[0-9a-f]*' -printf '%T@ %p\n' | sort -rn |
		tail -n +$((images_kept + 1)) | cut -d ' ' -f 2- | while read -r dir; do
		[ -z "$(find "$dir" -maxdepth 0 -mmin +1440)" ] || rm -rf "$dir"
	done
}

hypervisor_image() {
	local packed=("$hypervisor_dir"/boot/xen-"$xen_version"-amd64.gz)

	[ -f "${packed[0]}" ] || die "no hypervisor in $hypervisor_dir"
	gunzip -c "${packed[0]}" >"$1"
}

kernel_of() {
	local found=("$1"/boot/vmlinuz-*)

	[ -f "${found[0]}" ] || die "no kernel in $1"
	echo "${found[0]}"
}

# pack TREE FILE: a cpio archive as the kernel wants it.  It stays uncompressed: unpacking is slow in the emulation.
pack() {
	(cd "$1" && find . -print0 | LC_ALL=C sort -z | cpio --null --quiet -o -H newc -R 0:0) >"$2"
}

# busybox_into TREE: busybox with a link for each of its applets, without hiding a real program.
busybox_into() {
	local applet

	cp /bin/busybox "$1/usr/bin/busybox"
	for applet in $("$1/usr/bin/busybox" --list); do
		[ -e "$1/usr/bin/$applet" ] || ln -s busybox "$1/usr/bin/$applet"
	done
}

# skeleton TREE: the folders every image has.
skeleton() {
	mkdir -p "$1"/{dev,proc,sys,run,tmp,root,mnt,etc,usr/bin,usr/lib}
	ln -s usr/bin "$1/bin"
	ln -s usr/bin "$1/sbin"
	ln -s usr/lib "$1/lib"
	chmod 1777 "$1/tmp"
}

guest_image() {
	local tree="$1/root"

	mkdir -p "$1"
	skeleton "$tree"
	busybox_into "$tree"
	install -m 755 "$here/linux/init" "$tree/init"
	pack "$tree" "$1/guest.img"
}

# with_libraries TREE FILE...: copies programs to the same place below TREE, and every library they load.
with_libraries() {
	local tree=$1 file library

	shift
	for file; do
		[ -e "$file" ] || die "$file is missing"
		mkdir -p "$tree$(dirname "$file")"
		cp -L "$file" "$tree$file"
	done
	for library in $(ldd "$@" 2>/dev/null | grep -o '/[^ ]*' | grep '\.so' | grep -v ':$' | sort -u); do
		mkdir -p "$tree$(dirname "$library")"
		[ -e "$tree$library" ] || cp -L "$library" "$tree$library"
	done
}

# modules_into TREE: the modules asked for and what they need, with the index that modprobe reads.
modules_into() {
	local tree=$1 release all name file

	release=$(basename "$dom0_kernel_dir"/lib/modules/*)
	all="$1/../modules"
	mkdir -p "$all/lib/modules" "$tree/lib/modules/$release"
	cp -r "$dom0_kernel_dir/lib/modules/$release" "$all/lib/modules/"
	busybox depmod -b "$all" "$release"
	for name in "${dom0_modules[@]}"; do
		grep "/${name//[-_]/[-_]}\.ko:" "$all/lib/modules/$release/modules.dep" || say "no module $name in $release"
	done | tr -d : | tr ' ' '\n' | sed '/^$/d' | sort -u >"$all/wanted"
	while read -r file; do
		mkdir -p "$tree/lib/modules/$release/$(dirname "$file")"
		cp "$all/lib/modules/$release/$file" "$tree/lib/modules/$release/$file"
	done <"$all/wanted"
	busybox depmod -b "$tree" "$release"
	echo "${dom0_modules[@]}" >"$tree/etc/lab-modules"
	rm -rf "$all"
}

# What a device model for HVM guests opens at run time.
device_model_into() {
	local tree=$1

	with_libraries "$tree" "$xen_qemu"
	cp "/usr/lib/xen-$xen_version/boot/hvmloader" "$tree/usr/lib/xen-$xen_version/boot/"
	mkdir -p "$tree/usr/share/qemu" "$tree/usr/share/seabios"
	cp -r /usr/share/qemu/{kvmvapic.bin,linuxboot.bin,linuxboot_dma.bin,multiboot.bin,multiboot_dma.bin,keymaps} "$tree/usr/share/qemu/"
	cp /usr/share/seabios/{bios-256k.bin,vgabios-stdvga.bin,vgabios-cirrus.bin} "$tree/usr/share/seabios/"
}

# dom0_image DIR GUEST-INITRAMFS: makes DIR/dom0.img.
dom0_image() {
	local tree="$1/root" xen_bin="/usr/lib/xen-$xen_version/bin" programs=() p

	mkdir -p "$1"
	skeleton "$tree"
	mkdir -p "$tree"/{guests,lab,mnt/lab,mnt/host,mnt/out,mnt/pair,etc/xen,usr/lib64,usr/local/bin,run/xen,run/lock,run/xenstored} \
		"$tree"/var/lib/{xen,xenstored} "$tree/usr/lib/xen-$xen_version/boot"
	ln -s usr/lib64 "$tree/lib64"
	ln -s /run "$tree/var/run"
	ln -s /run/lock "$tree/var/lock"
	ln -s /proc/mounts "$tree/etc/mtab"
	: >"$tree/etc/xen/xl.conf"
	echo 'root:x:0:0:root:/root:/bin/sh' >"$tree/etc/passwd"

	# Only programs that are ELF: the Python and shell tools of the package have no interpreter here.
	for p in "$xen_bin"/*; do
		case $(head -c 4 "$p" | tr -d '\0') in $'\177ELF') programs+=("$p") ;; esac
	done
	# libgcc_s is loaded by pthread_cancel at run time, so ldd does not know of it.
	with_libraries "$tree" "${programs[@]}" "${dom0_programs[@]}" /lib/x86_64-linux-gnu/libgcc_s.so.1
	device_model_into "$tree"
	busybox_into "$tree"
	modules_into "$tree"

	cp "$here"/linux/*.cfg "$tree/guests/"
	"$here/guest/build.sh" "$tree/guests" || die "the checking guest could not be built"
	cp "$here"/guest/*.cfg "$tree/guests/"
	cp "$(kernel_of "$guest_kernel_dir")" "$tree/guests/vmlinuz"
	cp "$2" "$tree/guests/guest.img"
	cp "$here/dom0/lib.sh" "$here/dom0/bashrc" "$tree/lab/"
	echo "$xen_version" >"$tree/etc/lab-xen-version"
	install -m 755 "$here/dom0/init" "$tree/init"
	pack "$tree" "$1/dom0.img"
}
