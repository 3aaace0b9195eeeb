for other in good-xl-pv64 bad-table-entry-to-data bad-tsc-info-mode-4; do
	verify-stream-v2 --json --diff "$VECTORS/good-libxc-pv64.img" "$VECTORS/$other.img" || echo $?
done
