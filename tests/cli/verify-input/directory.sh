verify-stream-v2 /
