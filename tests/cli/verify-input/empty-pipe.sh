: | verify-stream-v2
