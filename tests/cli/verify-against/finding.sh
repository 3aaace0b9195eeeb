verify-stream-v2 --against-xen=4.13 "$VECTORS/good-libxc-hvm-xen414.img"
