"$HELPERS/terminal.py" 1 verify-stream-v2 -o /dev/stdout "$VECTORS/good-xl-pv64.img"
