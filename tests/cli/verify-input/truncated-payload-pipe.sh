head -c 50000 "$VECTORS/good-libxc-pv64.img" | verify-stream-v2
