# Drawn in place and taken away; nothing in the first half second.
"$HELPERS/big_stream.py" 16 >image
(head -c 2000000 image; sleep 0.8; tail -c +2000001 image) |
	"$HELPERS/terminal.py" 2 verify-stream-v2 |
	sed -E 's/[0-9.]+ (B|KiB|MiB|GiB)/N/g; s/(\\x0dN, N\/s\\x1b\[K)+/(drawn)/'
