# Nothing that an input says makes the tool hold more than 16 MiB.
for image in "$VECTORS"/bad-hostile-* "$VECTORS"/good-libxc-hvm-holes.img.gz; do
	"$HELPERS/peak.py" 16 verify-stream-v2 -q "$image" || test $? = 1
	cat "$image" | "$HELPERS/peak.py" 16 verify-stream-v2 -q --json >/dev/null || test $? = 1
done
