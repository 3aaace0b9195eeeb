#!/bin/bash
# SPDX-License-Identifier: MIT
# Without the Xen libraries everything but xc-save and xc-restore builds, and configuring says so.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$XSR_CMAKE" -S "$XSR_SOURCE" -B "$work/b" -DCMAKE_C_COMPILER="$CC" -DCMAKE_BUILD_TYPE=Debug -DXSR_TESTS=OFF \
	-DCMAKE_DISABLE_FIND_PACKAGE_XenTools=ON >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
grep -q 'xc-save and xc-restore.*not' "$work/log" || { cat "$work/log"; echo "configuring does not say so"; exit 1; }
"$XSR_CMAKE" --build "$work/b" -j2 >"$work/log" 2>&1 || { tail -40 "$work/log"; exit 1; }
"$work/b/cmd/verify-stream-v2/verify-stream-v2" -q "$XSR_VECTORS/good-xl-pv64.img"
for tool in xc-save xc-restore; do
	[ ! -e "$work/b/cmd/$tool/$tool" ] || { echo "$tool was built"; exit 1; }
done
