# Progress is drawn where there is a terminal, and an image is not written to one.
"$HELPERS/terminal.py" 1 convert-legacy-stream "$VECTORS/good-legacy-pv-64bit-64.img" || echo "status $?"
PYTHONDONTWRITEBYTECODE=1 python3 "$SOURCE/bench/make_legacy.py" --mib 16 image
slowly() {
	head -c 2000000 image
	sleep 0.8
	tail -c +2000001 image
}
slowly | "$HELPERS/terminal.py" 2 convert-legacy-stream - out.img |
	sed -E 's/[0-9.]+ (B|KiB|MiB|GiB)/N/g; s/(\\x0dN, N\/s\\x1b\[K)+/(drawn)/'
slowly | "$HELPERS/terminal.py" 2 convert-legacy-stream --no-progress - out.img
