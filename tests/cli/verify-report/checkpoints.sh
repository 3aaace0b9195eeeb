# Each checkpoint by itself: what is behind a good one does not spoil it, what is before a bad one does not save it.
cd "$VECTORS"
for image in good-remus-libxl-hvm.img good-remus-libxc-torn.img bad-checkpoint-end-twice.img \
	bad-checkpoint-with-body.img bad-checkpoint-with-new-headers.img; do
	verify-stream-v2 -v "$image" 2>/dev/null | grep 'checkpoint [0-9]' || true
	verify-stream-v2 --json "$image" | grep '"checkpoint"' || true
done
