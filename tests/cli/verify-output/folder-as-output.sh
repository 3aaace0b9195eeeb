mkdir folder
verify-stream-v2 -o folder "$VECTORS/good-xl-pv64.img"
