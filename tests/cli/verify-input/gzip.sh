verify-stream-v2 "$VECTORS/good-xl-pv64-gzip.img.gz" "$VECTORS/good-libxl-hvm-gzip-members.img.gz"
verify-stream-v2 <"$VECTORS/good-xl-pv64-gzip.img.gz"
gzip -1 <"$VECTORS/good-xl-pv64.img" | "$HELPERS/trickle.py" /dev/stdin 11 | verify-stream-v2 -v | sed -n 2p
