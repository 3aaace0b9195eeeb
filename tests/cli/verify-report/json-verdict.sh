verify-stream-v2 --json "$VECTORS/good-xl-pv64.img" | tail -n 1
