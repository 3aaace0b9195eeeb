verify-stream-v2 -o out "$VECTORS/good-xl-pv64.img" "$VECTORS/good-xl-pv32.img"
