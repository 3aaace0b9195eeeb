# The same as a limit that is enforced: no allocation of any size fails.
for image in "$VECTORS"/bad-hostile-*; do
	status=0
	prlimit --as=67108864 verify-stream-v2 -q "$image" || status=$?
	test $status -le 1 || echo "$image: $status"
done
