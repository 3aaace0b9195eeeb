#!/bin/bash
# SPDX-License-Identifier: MIT
# Each public header compiles alone, as C11 and as C++.
set -eu
include=$XSR_SOURCE/libstream/include
status=0
for header in "$include"/libstream/*.h; do
	name=libstream/$(basename "$header")
	echo "#include <$name>" | "$CC" -x c -std=c11 -Wall -Wextra -Wpedantic -Wstrict-prototypes -Werror \
		-fsyntax-only -I"$include" - || { echo "$name does not stand alone in C"; status=1; }
	[ -n "$CXX" ] || continue
	echo "#include <$name>" | "$CXX" -x c++ -std=c++11 -Wall -Wextra -Wpedantic -Werror \
		-fsyntax-only -I"$include" - || { echo "$name does not stand alone in C++"; status=1; }
done
[ -n "$CXX" ] || echo "not tried in C++: no compiler was found"
exit "$status"
