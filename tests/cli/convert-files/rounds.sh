# Remus: folded, or kept; the torn round is told of.
convert-legacy-stream "$VECTORS/good-legacy-remus-torn.img" out.img
convert-legacy-stream --keep-checkpoints "$VECTORS/good-legacy-remus-2-64.img" kept.img
verify-stream-v2 -v kept.img 2>/dev/null | grep checkpoints
TMPDIR=/nonexistent convert-legacy-stream "$VECTORS/good-legacy-compressed-64.img" out.img || echo "status $?"
cat "$VECTORS/good-legacy-compressed-64.img" | convert-legacy-stream - out.img
cmp out.img "$VECTORS/good-legacy-compressed-64.v3"
# Between pipes the guest's memory is kept while it passes, in whatever pieces; unless no round can be expected.
for each in compressed-64 compressed-32 compressed-split remus-hvm-64; do
	cat "$VECTORS/good-legacy-$each.img" | convert-legacy-stream 2>/dev/null | cmp - "$VECTORS/good-legacy-$each.v3"
done
"$HELPERS/trickle.py" "$VECTORS/good-legacy-compressed-64.img" 2999 | convert-legacy-stream |
	cmp - "$VECTORS/good-legacy-compressed-64.v3"
gzip -c "$VECTORS/good-legacy-compressed-64.img" | convert-legacy-stream | cmp - "$VECTORS/good-legacy-compressed-64.v3"
cat "$VECTORS/good-legacy-compressed-64.img" | convert-legacy-stream --dry-run
cat "$VECTORS/good-legacy-compressed-64.img" | TMPDIR=/nonexistent convert-legacy-stream | cat >out.img
cat "$VECTORS/good-legacy-remus-2-64.img" | TMPDIR=/nonexistent convert-legacy-stream | cmp - "$VECTORS/good-legacy-remus-2-64.v3"
cat "$VECTORS/good-legacy-compressed-time-first.img" | convert-legacy-stream | cat >out.img
# Where there is no room for that memory, it is missed only by a compressed round.
ulimit -f 8
cat "$VECTORS/good-legacy-remus-2-64.img" | convert-legacy-stream | cmp - "$VECTORS/good-legacy-remus-2-64.v3"
cat "$VECTORS/good-legacy-compressed-64.img" | convert-legacy-stream | wc -l >/dev/null
