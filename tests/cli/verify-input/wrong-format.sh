verify-stream-v2 -f libxc "$VECTORS/good-xl-pv64.img"
