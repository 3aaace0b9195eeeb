verify-stream-v2 --explain io.rad
