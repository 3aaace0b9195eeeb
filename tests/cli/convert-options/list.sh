# What the image is, without converting it.
convert-legacy-stream --list "$VECTORS/good-legacy-pv-live-64.img"
