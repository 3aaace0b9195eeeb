cp "$VECTORS/good-xl-pv64.img" image
verify-stream-v2 -o image image
cmp image "$VECTORS/good-xl-pv64.img"
