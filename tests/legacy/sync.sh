#!/bin/bash
# SPDX-License-Identifier: MIT
# sync.sh PROGRAM MODULE VECTORS: on a disk whose errors show when files are flushed, a new image gets its name only if
# nobody waited for that.
set -u
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
image=$3/good-legacy-hvm-4-5-64.img
LD_PRELOAD=$2 "$1" "$image" "$folder/new.img" 2>"$folder/text"
[ $? = 2 ] && [ ! -e "$folder/new.img" ] && grep -q 'flushed to disk' "$folder/text" || {
	echo "a failure to flush went unseen"
	exit 1
}
LD_PRELOAD=$2 "$1" --no-sync "$image" "$folder/new.img" && cmp "$folder/new.img" "${image%.img}.v3"
