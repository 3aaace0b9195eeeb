cat "$VECTORS/good-xl-hvm.img" | verify-stream-v2
