# An image that needs no conversion is refused, or copied when asked for.
convert-legacy-stream "$VECTORS/good-xl-pv64.img" out.img || echo "status $?"
convert-legacy-stream --pass-through "$VECTORS/good-xl-pv64.img" out.img
cmp out.img "$VECTORS/good-xl-pv64.img"
cat "$VECTORS/good-xl-pv64.img" | convert-legacy-stream --pass-through | cmp - "$VECTORS/good-xl-pv64.img"
convert-legacy-stream --pass-through "$VECTORS/good-legacy-pv-64bit-64.img" out.img
cmp out.img "$VECTORS/good-legacy-pv-64bit-64.v3"
