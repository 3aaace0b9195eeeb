# What cannot be compared is neither the same nor different.
image=$VECTORS/good-libxc-pv64.img
head -c 60000 "$image" >cut
status=
verify-stream-v2 --diff "$image" cut || status=$?
verify-stream-v2 --diff missing "$image" || status=$status$?
verify-stream-v2 --diff "$image" || status=$status$?
verify-stream-v2 --diff --list "$image" "$image" || status=$status$?
TMPDIR=/nonexistent verify-stream-v2 --diff "$image" "$image" || status=$status$?
echo $status
