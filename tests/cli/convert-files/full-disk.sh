# Writing that fails is a matter of the system, not of the image.
convert-legacy-stream "$VECTORS/good-legacy-hvm-4-5-64.img" /dev/full || echo "status $?"
convert-legacy-stream "$VECTORS/good-legacy-hvm-4-5-64.img" no/such/folder/out.img || echo "status $?"
convert-legacy-stream no-such.img out.img || echo "status $?"
