verify-stream-v2 -f legacy
