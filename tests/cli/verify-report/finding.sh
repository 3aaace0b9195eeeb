head -c 60 "$VECTORS/good-libxc-pv64.img" >cut
verify-stream-v2 --depth=frame cut
