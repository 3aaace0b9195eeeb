#!/bin/bash
# SPDX-License-Identifier: MIT
# All shell scripts by shellcheck, but for the cases of tests/cli, which are fragments.
set -eu
cd "$XSR_SOURCE"
command -v shellcheck >/dev/null || { echo "skipped: shellcheck is not there (Debian: shellcheck)"; exit 77; }
mapfile -t scripts < <(find . \( -name build -o -name .git -o -path ./tests/cli \) -prune -o -type f -exec \
	grep -lE -m1 '^#!/bin/(ba|da|)sh|^#!/bin/busybox sh|^# shellcheck shell=' {} + | sort)
[ "${#scripts[@]}" -gt 0 ] || { echo "no scripts found"; exit 1; }
shellcheck -S warning "${scripts[@]}"
echo "${#scripts[@]} scripts"
