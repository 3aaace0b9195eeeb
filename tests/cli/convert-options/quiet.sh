# Silence, and the status; notes only when asked for.
convert-legacy-stream -q "$VECTORS/good-legacy-remus-torn.img" out.img
convert-legacy-stream -q "$VECTORS/bad-legacy-cr3-beyond.img" out.img || echo "status $?"
convert-legacy-stream -v "$VECTORS/good-legacy-xend-hvm-64.img" out.img
