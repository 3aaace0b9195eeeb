verify-stream-v2 -o /nonexistent/copy "$VECTORS/good-xl-pv64.img"
