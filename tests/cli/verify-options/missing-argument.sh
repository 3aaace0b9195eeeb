verify-stream-v2 -i
