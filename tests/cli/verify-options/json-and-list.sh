verify-stream-v2 --json --list "$VECTORS/good-xl-pv64.img"
