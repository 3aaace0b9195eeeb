# A link is followed; the old content is gone; nothing else is left.
echo old >target
ln -s target link
verify-stream-v2 -o link "$VECTORS/good-xl-pv64.img"
cmp target "$VECTORS/good-xl-pv64.img"
ls -A
readlink link
