verify-stream-v2 --list "$VECTORS/good-xl-pv64.img" "$VECTORS/good-xl-pv32.img" | grep -A 1 :$
