# A live image ends with the memory that a plain one has: their digests are the same.
for name in pv64 pv64-live; do
	verify-stream-v2 -v --depth=pages "$VECTORS/good-libxc-$name.img" | grep -A 2 contents
done
verify-stream-v2 --json --depth=pages "$VECTORS/good-libxc-pv64-live.img" | tail -n 1 | grep -o '"bytes_by_type.*'
TMPDIR=/nonexistent verify-stream-v2 -v --depth=pages "$VECTORS/good-libxc-pv64-live.img" | grep -c digest || true
TMPDIR=/nonexistent verify-stream-v2 -v --depth=pages "$VECTORS/good-libxc-pv64.img" | grep -c digest
