# Notes are for those who want to know more.
image=$VECTORS/good-libxc-pv64-big-endian.img
verify-stream-v2 "$image"
verify-stream-v2 -v "$image" 2>&1 >/dev/null | grep -c 'note: .*image.big_endian'
