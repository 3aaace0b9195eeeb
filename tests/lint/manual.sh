#!/bin/bash
# SPDX-License-Identifier: MIT
# mandoc's opinion of all manual pages.
set -eu
cd "$XSR_SOURCE"
command -v mandoc >/dev/null || { echo "skipped: mandoc is not there (Debian: mandoc)"; exit 77; }
mapfile -t pages < <(find . \( -name build -o -name .git \) -prune -o -type f -regex '.*/[a-z0-9_-]+\.[1-8]' -print | sort)
[ "${#pages[@]}" -gt 0 ] || { echo "no manual pages found"; exit 1; }
mandoc -Tlint -W warning "${pages[@]}"
echo "${#pages[@]} pages"
