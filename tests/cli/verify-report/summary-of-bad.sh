verify-stream-v2 -v "$VECTORS/bad-gzip-checksum.img.gz"
