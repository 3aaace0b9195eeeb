# Digits are a descriptor for -i, and a file for an operand.
verify-stream-v2 -i 0 <"$VECTORS/good-xl-pv64.img"
verify-stream-v2 -i 7 7<"$VECTORS/good-xl-pv64.img"
verify-stream-v2 -v --in=7 7<"$VECTORS/good-xl-pv64.img" | head -n 1
cp "$VECTORS/good-xl-pv64.img" 7
verify-stream-v2 7
verify-stream-v2 -i ./7
