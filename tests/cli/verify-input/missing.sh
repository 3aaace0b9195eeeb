verify-stream-v2 /nonexistent/image
