verify-stream-v2 --depth=deep
