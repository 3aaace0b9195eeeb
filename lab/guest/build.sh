#!/bin/sh
# SPDX-License-Identifier: MIT
# build.sh DIR: compiles the checking guest into DIR/check-pv64, DIR/check-pv32, DIR/check-pvh and DIR/check-hvm. Needs gcc,
# binutils and libxen-dev.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
common="$here/guest.c $here/memory.c $here/console.c $here/xenbus.c"
flags="-std=gnu11 -O2 -Wall -Wextra -Werror -ffreestanding -fno-pic -fno-stack-protector -fno-asynchronous-unwind-tables
	-fno-delete-null-pointer-checks -fcf-protection=none -mgeneral-regs-only -static -nostdlib -no-pie
	-Wl,--build-id=none -Wl,-z,noseparate-code -Wl,-z,max-page-size=4096 -Wl,-z,noexecstack -Wl,--no-warn-rwx-segments"
mkdir -p "$1"
# shellcheck disable=SC2086 # lists of words
gcc -m64 -mcmodel=kernel -mno-red-zone $flags -Wl,-Ttext-segment=0xffffffff80100000 -o "$1/check-pv64" "$here/pv.c" $common
# shellcheck disable=SC2086
gcc -m32 $flags -Wl,-Ttext-segment=0xc0100000 -o "$1/check-pv32" "$here/pv.c" $common
# Firmware lies just above 1 MiB while a PVH kernel is put into memory, and no longer when boot.S is.
# shellcheck disable=SC2086
gcc -m32 $flags -Wl,-Ttext-segment=0x200000 -o "$1/check-pvh" "$here/hvm.c" $common
parts=$(mktemp -d)
trap 'rm -rf "$parts"' EXIT
# shellcheck disable=SC2086
gcc -m32 $flags -Wl,-T,"$here/hvm.lds" -o "$parts/kernel.elf" "$here/hvm.c" $common
objcopy -O binary "$parts/kernel.elf" "$parts/kernel"
gcc -m32 -c -o "$parts/boot.o" "$here/boot.S"
objcopy -O binary -j .text "$parts/boot.o" "$parts/boot"
cat "$parts/boot" "$parts/kernel" >"$1/check-hvm"
