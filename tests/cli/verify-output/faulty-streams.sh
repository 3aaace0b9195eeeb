# What a pipeline delivers does not depend on the verdict.
for image in "$VECTORS"/bad-*.img "$VECTORS"/unsupported-*.img; do
	verify-stream-v2 -q -o - "$image" >copy || test $? = 1
	cmp copy "$image"
	cat "$image" | { verify-stream-v2 -q -o - || test $? = 1; } | cmp - "$image"
done
