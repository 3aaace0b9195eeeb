verify-stream-v2 --version
verify-stream-v2 -V
