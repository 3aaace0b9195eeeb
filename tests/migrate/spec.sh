#!/bin/sh
# SPDX-License-Identifier: MIT
# spec.sh MODEL TEXT [--update]: the tables in the text are those of the program.
set -eu
model=$1 text=$2
wanted=$(mktemp)
trap 'rm -f "$wanted"' EXIT
{
	sed '/^<!-- tables -->$/q' "$text"
	echo
	"$model" --print
	echo
	sed -n '/^<!-- end of tables -->$/,$p' "$text"
} >"$wanted"
if [ "${3:-}" = --update ]; then
	cp "$wanted" "$text"
fi
diff -u "$text" "$wanted"
