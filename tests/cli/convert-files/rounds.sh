# Remus: folded, or kept; the torn round is told of.
convert-legacy-stream "$VECTORS/good-legacy-remus-torn.img" out.img
convert-legacy-stream --keep-checkpoints "$VECTORS/good-legacy-remus-2-64.img" kept.img
verify-stream-v2 -v kept.img 2>/dev/null | grep checkpoints
TMPDIR=/nonexistent convert-legacy-stream "$VECTORS/good-legacy-compressed-64.img" out.img || echo "status $?"
cat "$VECTORS/good-legacy-compressed-64.img" | convert-legacy-stream - out.img
cmp out.img "$VECTORS/good-legacy-compressed-64.v3"
cat "$VECTORS/good-legacy-compressed-64.img" | convert-legacy-stream | cat >out.img
