# A warning changes the verdict only if asked to.
image=$VECTORS/good-xl-text-config.img
verify-stream-v2 -q "$image"
verify-stream-v2 -q --strict "$image" || echo "status $?"
verify-stream-v2 --strict "$image"
