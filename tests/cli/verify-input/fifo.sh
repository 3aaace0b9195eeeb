mkfifo fifo
cat "$VECTORS/good-xl-hvm.img" >fifo &
verify-stream-v2 fifo
wait
