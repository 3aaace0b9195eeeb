# Also a live image: what was sent early, and how often, is not what the guest has.
image=$VECTORS/good-libxc-pv64.img
verify-stream-v2 --diff "$image" "$image"
verify-stream-v2 --diff "$image" "$VECTORS/good-libxc-pv64-live.img"
verify-stream-v2 --diff -v "$image" "$VECTORS/good-libxc-pv64-live.img"
