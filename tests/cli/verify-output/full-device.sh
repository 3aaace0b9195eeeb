verify-stream-v2 -o /dev/full "$VECTORS/good-xl-pv64.img"
