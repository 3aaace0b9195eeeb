verify-stream-v2 -o - "$VECTORS/good-xl-pv64-gzip.img.gz" | cmp - "$VECTORS/good-xl-pv64.img"
