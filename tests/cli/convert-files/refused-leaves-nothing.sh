# Nothing is written over what was there, and nothing is left beside it.
echo precious >out.img
convert-legacy-stream "$VECTORS/bad-legacy-p2m-frame-beyond.img" out.img || echo "status $?"
convert-legacy-stream "$VECTORS/bad-legacy-cr3-beyond.img" out.img || echo "status $?"
convert-legacy-stream -w 32 "$VECTORS/good-legacy-pv-64bit-64.img" out.img || echo "status $?"
convert-legacy-stream -x "$VECTORS/good-legacy-pv-64bit-64.img" out.img || echo "status $?"
convert-legacy-stream "$VECTORS/bad-legacy-tmem-64.img" out.img || echo "status $?"
# A cut file, and a chunk that nobody knows: how much is missing, and its id as people know ids.
convert-legacy-stream "$VECTORS/bad-legacy-cut-in-pages.img" out.img || echo "status $?"
convert-legacy-stream "$VECTORS/bad-legacy-chunk-minus-22.img" out.img || echo "status $?"
ls -A
cat out.img
