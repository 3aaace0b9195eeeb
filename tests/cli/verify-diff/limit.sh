# All are counted, few are shown.
verify-stream-v2 --diff --max-findings=2 "$VECTORS/good-libxc-pv64.img" "$VECTORS/good-libxc-pv32.img" || echo $?
verify-stream-v2 --diff --max-findings=0 "$VECTORS/good-libxc-pv64.img" "$VECTORS/good-libxc-pv32.img" | wc -l
verify-stream-v2 --diff -q "$VECTORS/good-libxc-pv64.img" "$VECTORS/good-libxc-pv32.img" || echo $?
