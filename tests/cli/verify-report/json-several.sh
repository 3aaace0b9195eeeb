verify-stream-v2 --json "$VECTORS/good-xl-pv64.img" "$VECTORS/good-xl-pv32.img" | grep -o '"input":"[^"]*","verdict":"[a-z]*"'
