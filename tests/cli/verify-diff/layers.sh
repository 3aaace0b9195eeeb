# What only one of them has.
status=0
verify-stream-v2 --diff "$VECTORS/good-xl-pv64.img" "$VECTORS/good-libxc-pv64.img" || status=$?
verify-stream-v2 --diff - "$VECTORS/good-xl-pv64.img" <"$VECTORS/good-libxc-pv64.img" || status=$status$?
echo $status
