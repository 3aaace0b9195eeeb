verify-stream-v2 <"$VECTORS/good-xl-pv64.img"
verify-stream-v2 - <"$VECTORS/good-xl-pv64.img"
verify-stream-v2 -i - <"$VECTORS/good-xl-pv64.img"
