verify-stream-v2 -i 9
