verify-stream-v2 -q "$VECTORS/bad-gzip-checksum.img.gz" /nonexistent
