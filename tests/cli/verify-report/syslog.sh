# Instead of, not as well as. The messages are caught by a log of our own, where there is room for one.
"$HELPERS/syslog_catcher.py" verify-stream-v2 --syslog -v -i "$VECTORS/bad-gzip-checksum.img.gz"
