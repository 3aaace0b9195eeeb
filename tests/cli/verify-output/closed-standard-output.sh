# Nothing is to be written: no fault. Something is: a fault. No file gets what was meant for a closed descriptor.
image=$VECTORS/good-xl-pv64.img
verify-stream-v2 "$image" >&-
verify-stream-v2 -o copy "$image" >&- <&- 2>&-
cmp copy "$image"
verify-stream-v2 -v -o copy <"$image" >&- || echo "status $?"
cmp copy "$image"
head -c 50000 "$image" >cut
verify-stream-v2 -o copy <cut 2>&- || echo "status $?"
cmp copy cut
verify-stream-v2 -v "$image" >&-
