#!/bin/sh
# SPDX-License-Identifier: MIT
# build.sh DIR: compiles the tiny guests into DIR/tiny-pv and DIR/tiny-pvh.  Needs gcc and libxen-dev.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
flags="-std=gnu11 -O2 -Wall -Wextra -ffreestanding -fno-pic -fno-stack-protector -fno-asynchronous-unwind-tables
	-fcf-protection=none -mgeneral-regs-only -static -nostdlib -no-pie -Wl,--build-id=none -Wl,-z,noseparate-code -Wl,-z,max-page-size=4096"
mkdir -p "$1"
# shellcheck disable=SC2086 # a list of words
gcc -m64 -mcmodel=kernel -mno-red-zone $flags -Wl,-Ttext-segment=0xffffffff80100000 -o "$1/tiny-pv" "$here/pv.c" "$here/tiny.c"
# Qemu puts a multiboot kernel into memory before the firmware runs, which lies just above 1 MiB.
# shellcheck disable=SC2086
gcc -m32 $flags -Wl,-Ttext-segment=0x200000 -o "$1/tiny-pvh" "$here/pvh.c" "$here/tiny.c"
