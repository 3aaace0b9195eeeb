verify-stream-v2 --explain page_data.count
