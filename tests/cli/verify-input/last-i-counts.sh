verify-stream-v2 -i /nonexistent -i "$VECTORS/good-xl-pv64.img"
