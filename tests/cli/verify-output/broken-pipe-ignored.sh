# Where SIGPIPE is ignored it is an error like any other.
"$HELPERS/big_stream.py" 8 >image
(trap '' PIPE; verify-stream-v2 -o - image || echo "status $?" >&2) | head -c 1000 >/dev/null
