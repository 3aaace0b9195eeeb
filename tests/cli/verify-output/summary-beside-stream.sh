# With the stream on standard output the summary goes elsewhere.
verify-stream-v2 -v -o - "$VECTORS/good-xl-pv64.img" 2>summary | cmp - "$VECTORS/good-xl-pv64.img"
head -n 1 summary
