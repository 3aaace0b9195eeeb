# Layers off, and on again.
convert-legacy-stream --unwrap "$VECTORS/good-xl-pv64.img" bare.img
convert-legacy-stream --unwrap -f libxl "$VECTORS/good-xl-pv64.img" libxl.img
convert-legacy-stream --wrap bare.img again.img
cmp libxl.img again.img
convert-legacy-stream --wrap -f xl bare.img xl.img
verify-stream-v2 -v xl.img 2>/dev/null | grep layers
convert-legacy-stream --unwrap "$VECTORS/good-legacy-pv-64bit-64.img" out.img || echo "status $?"
# Nothing is written where nothing shall be.
convert-legacy-stream --unwrap --dry-run "$VECTORS/good-xl-pv64.img"
ls
