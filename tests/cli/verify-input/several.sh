# Each is verified; the worst decides.
status=0
verify-stream-v2 "$VECTORS/good-xl-pv64.img" "$VECTORS/good-xl-pv32.img" || status=$?
echo $status
verify-stream-v2 -q "$VECTORS/good-xl-pv64.img" "$VECTORS/bad-gzip-checksum.img.gz" "$VECTORS/good-xl-pv32.img" || status=$?
echo $status
verify-stream-v2 -q /nonexistent "$VECTORS/bad-gzip-checksum.img.gz" || status=$?
echo $status
