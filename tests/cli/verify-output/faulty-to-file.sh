head -c 50000 "$VECTORS/good-libxc-pv64.img" >cut
verify-stream-v2 -q -o copy cut || echo "status $?"
cmp cut copy
