# In a file page data is seeked over; that it is not all there must be noticed all the same.
head -c 50000 "$VECTORS/good-libxc-pv64.img" >cut
verify-stream-v2 cut | cat
verify-stream-v2 cut
