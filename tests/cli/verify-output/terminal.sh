"$HELPERS/terminal.py" 1 verify-stream-v2 -o - "$VECTORS/good-xl-pv64.img"
