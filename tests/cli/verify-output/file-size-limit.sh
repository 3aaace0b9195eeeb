# The limit is an error that is told of, not the death of the process, and leaves nothing.
echo old >copy
(ulimit -f 16 && verify-stream-v2 -o copy "$VECTORS/good-xl-pv64.img") || echo "status $?"
ls -A
cat copy
