verify-stream-v2 "$VECTORS/unsupported-legacy-pv-64.img"
