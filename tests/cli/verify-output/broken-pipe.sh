# The reader goes: dead by SIGPIPE, without a word.
status=0
"$HELPERS/big_stream.py" 8 >image
(verify-stream-v2 -o - image || echo "status $?" >&2) | head -c 1000 >/dev/null
