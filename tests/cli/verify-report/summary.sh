verify-stream-v2 -v "$VECTORS/good-xl-pv64.img"
