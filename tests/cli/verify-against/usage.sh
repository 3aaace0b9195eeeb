# Releases that read no version 2, that do not exist, or are no numbers.
for release in 4.5 4.23 4 4.17. 4.017 4.17.1234 5.0 x ""; do
	verify-stream-v2 --against-xen="$release" "$VECTORS/good-libxc-pv64.img" 2>&1 | head -n 1
done
