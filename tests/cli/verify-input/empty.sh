: >empty
verify-stream-v2 empty
