# Each depth finds what the one before it does: a field by itself, what two records say together.
for depth in frame record stream pages; do
	status=0
	verify-stream-v2 -q --depth=$depth "$VECTORS/bad-tsc-info-mode-4.img" || status=$?
	verify-stream-v2 -q --depth=$depth "$VECTORS/bad-page-data-pfn-beyond-p2m.img" || status=$?$status
	echo $depth $status
done
