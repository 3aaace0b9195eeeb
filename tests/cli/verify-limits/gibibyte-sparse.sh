# The page data of a file is passed over: holes stay holes, and hardly anything is read.
"$HELPERS/big_stream.py" 1024 | cp --sparse=always /dev/stdin image
"$HELPERS/peak.py" 16 verify-stream-v2 image
"$HELPERS/bytes_read.py" image verify-stream-v2 image
