"$HELPERS/big_stream.py" 16 >image
(head -c 2000000 image; sleep 0.8; tail -c +2000001 image) | verify-stream-v2
(head -c 2000000 image; sleep 0.8; tail -c +2000001 image) | "$HELPERS/terminal.py" 2 verify-stream-v2 --no-progress
