verify-stream-v2 --frobnicate
