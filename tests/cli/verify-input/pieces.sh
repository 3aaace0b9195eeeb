# Short reads are normal, down to a byte at a time; so are pieces that end inside of anything.
for size in 1 7 4097 65537; do
	"$HELPERS/trickle.py" "$VECTORS/good-xl-hvm.img" $size | verify-stream-v2 -v | md5sum
done | uniq | wc -l
