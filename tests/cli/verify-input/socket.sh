"$HELPERS/socket_input.py" "$VECTORS/good-xl-hvm.img" verify-stream-v2
