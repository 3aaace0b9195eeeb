# Long options may be cut short, as upstream's could be.
verify-stream-v2 --verb --form xl --in "$VECTORS/good-xl-pv64.img" | head -n 1
