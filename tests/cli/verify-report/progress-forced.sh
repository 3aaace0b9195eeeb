# Elsewhere than on a terminal it is a line now and then.
"$HELPERS/big_stream.py" 16 >image
(head -c 2000000 image; sleep 0.8; tail -c +2000001 image) | verify-stream-v2 --progress 2>&1 |
	sed -E 's/[0-9.]+ (B|KiB|MiB|GiB)/N/g' | uniq
