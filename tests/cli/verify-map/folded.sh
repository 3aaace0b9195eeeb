# Stretches without memory are folded, and only they.
verify-stream-v2 --map=holes.svg "$VECTORS/good-libxc-hvm-holes.img.gz"
grep -o '>[^<]*</text>' holes.svg
"$HELPERS/big_stream.py" 64 | verify-stream-v2 --map=big.svg
grep -c 'without memory' big.svg || true
grep -o 'a cell is[^;]*' big.svg
