verify-stream-v2 "$VECTORS/good-xl-pv64.img"
