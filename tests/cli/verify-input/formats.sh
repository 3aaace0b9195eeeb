# Detected by default; upstream's default would have refused two of these.
for name in libxc-pv64 libxl-pv64 xl-pv64; do
	verify-stream-v2 "$VECTORS/good-$name.img"
	verify-stream-v2 -f ${name%%-*} "$VECTORS/good-$name.img"
done
