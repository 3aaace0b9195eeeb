verify-stream-v2 --depth=frame --list "$VECTORS/good-libxc-pvh.img" | cut -c 1-69
