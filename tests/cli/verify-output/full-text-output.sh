# Also text that was asked for has to be written.
for option in -v --list --json; do
	status=0
	verify-stream-v2 $option "$VECTORS/good-xl-pv64.img" >/dev/full || status=$?
	echo $status
done
