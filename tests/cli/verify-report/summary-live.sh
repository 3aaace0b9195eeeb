verify-stream-v2 -v "$VECTORS/good-libxc-pv64-live.img" "$VECTORS/good-libxl-hvm-gzip-members.img.gz"
