verify-stream-v2 --json -o - "$VECTORS/good-xl-pv64.img"
