verify-stream-v2 "$VECTORS/bad-gzip-checksum.img.gz"
