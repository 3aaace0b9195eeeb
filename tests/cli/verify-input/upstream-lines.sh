# Command lines of upstream's tool.
image=$VECTORS/good-libxc-pv64.img
verify-stream-v2 <"$image"
verify-stream-v2 -i "$image"
verify-stream-v2 --in "$image" --format libxc
verify-stream-v2 --in="$image" --format=libxc --quiet
verify-stream-v2 -v -q -i 3 3<"$image"
verify-stream-v2 -qv -fxl -i"$VECTORS/good-xl-pv64.img"
verify-stream-v2 --verbose -f libxl -i "$VECTORS/good-libxl-pv64.img" >verbose
test -s verbose
