#!/bin/bash
# SPDX-License-Identifier: MIT
# What is installed is enough to build and run a program: by pkg-config (shared and static) and by CMake's package.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
here=$XSR_SOURCE/tests/install
prefix=$work/usr
image=$XSR_VECTORS/good-xl-pv64.img

"$XSR_CMAKE" --install "$XSR_BUILD" --prefix "$prefix" >"$work/log" || { cat "$work/log"; exit 1; }
export PKG_CONFIG_PATH=$prefix/$XSR_LIBDIR/pkgconfig
version=$(pkg-config --modversion libstream)

check() { # what program…
	local what=$1 line
	shift
	line=$("$@" "$image") || { echo "$what: exit status $?"; exit 1; }
	[ "$line" = "$version xl ok" ] || { echo "$what: said '$line'"; exit 1; }
	echo "$what: $line"
}

read -ra flags <<<"$(pkg-config --define-prefix --cflags --libs libstream)"
"$CC" -std=c11 -o "$work/shared" "$here/consumer.c" "${flags[@]}"
readelf -d "$work/shared" | grep -q 'NEEDED.*\[libstream\.so\.[0-9]' || { echo "no soname is needed"; exit 1; }
check "pkg-config, shared" env LD_LIBRARY_PATH="$prefix/$XSR_LIBDIR" "$work/shared"

# pkg-config has no word for "this library static, libc not"; naming the archive is what people do.
read -ra flags <<<"$(pkg-config --define-prefix --static --cflags --libs libstream)"
flags=("${flags[@]/#-lstream/-l:libstream.a}")
"$CC" -std=c11 -o "$work/static" "$here/consumer.c" "${flags[@]}"
check "pkg-config, static" "$work/static"

for kind in libstream static shared; do
	mkdir "$work/$kind.d"
	cat >"$work/$kind.d/CMakeLists.txt" <<-END
		cmake_minimum_required(VERSION 3.25)
		project(consumer LANGUAGES C)
		find_package(libstream $version REQUIRED)
		add_executable(consumer $here/consumer.c)
		target_link_libraries(consumer PRIVATE libstream::$kind)
	END
	{
		"$XSR_CMAKE" -S "$work/$kind.d" -B "$work/$kind.d/b" -DCMAKE_PREFIX_PATH="$prefix" \
			-DCMAKE_C_COMPILER="$CC" &&
		"$XSR_CMAKE" --build "$work/$kind.d/b"
	} >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
	check "CMake, libstream::$kind" "$work/$kind.d/b/consumer"
done

# The tools find their library beside them, or where the loader is told to look; their manual pages come along.
LD_LIBRARY_PATH=$prefix/$XSR_LIBDIR "$prefix/bin/verify-stream-v2" -q "$image"
[ -f "$prefix/share/man/man1/verify-stream-v2.1" ] || { echo "no manual page of verify-stream-v2"; exit 1; }
