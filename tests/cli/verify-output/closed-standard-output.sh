# Nothing is to be written: no fault. Something is: a fault. No file gets what was meant for it.
verify-stream-v2 "$VECTORS/good-xl-pv64.img" >&-
verify-stream-v2 -o copy "$VECTORS/good-xl-pv64.img" >&- <&- 2>&-
cmp copy "$VECTORS/good-xl-pv64.img"
verify-stream-v2 -v "$VECTORS/good-xl-pv64.img" >&-
