# Where the size is known so is what is left. The reader is slow, else nothing would be seen.
"$HELPERS/big_stream.py" 16 >image
mkfifo fifo
{ head -c 4000000 >/dev/null; sleep 0.8; cat >/dev/null; } <fifo &
verify-stream-v2 --progress -o fifo image 2>&1 |
	sed -E 's/[0-9.]+ (B|KiB|MiB|GiB)/N/g; s/[0-9]+ %/P/; s/[0-9]+:[0-9]+/T/' | uniq
wait
