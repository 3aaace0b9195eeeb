image=$VECTORS/good-libxc-pv64.img
status=
verify-stream-v2 --map=/nonexistent/map.svg "$image" || status=$?
verify-stream-v2 --map=/dev/full "$image" || status=$status$?
verify-stream-v2 --map=- "$image" || status=$status$?
verify-stream-v2 --map=map.svg "$image" "$image" || status=$status$?
TMPDIR=/nonexistent verify-stream-v2 --map=map.svg "$image" || status=$status$?
echo $status
ls
