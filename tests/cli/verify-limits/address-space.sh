# The same as a limit that is enforced: no allocation of any size fails.
prlimit --as=67108864 verify-stream-v2 --version >/dev/null 2>&1 ||
	{ echo "this build needs more address space than the limit gives" >&2; exit 77; }
for image in "$VECTORS"/bad-hostile-*; do
	status=0
	prlimit --as=67108864 verify-stream-v2 -q "$image" || status=$?
	test $status -le 1 || echo "$image: $status"
done
