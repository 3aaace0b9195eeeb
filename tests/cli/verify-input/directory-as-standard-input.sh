verify-stream-v2 </
