verify-stream-v2 <&-
