# Every byte and no other, from files and pipes to files, pipes and sockets.
for image in "$VECTORS"/good-xl-hvm.img "$VECTORS"/good-libxc-pv64-1024-pages.img; do
	verify-stream-v2 -o copy "$image"
	cmp copy "$image"
	verify-stream-v2 -o - "$image" | cmp - "$image"
	cat "$image" | verify-stream-v2 -o copy2
	cmp copy2 "$image"
	cat "$image" | verify-stream-v2 --out=- | cmp - "$image"
	"$HELPERS/trickle.py" "$image" 1009 | verify-stream-v2 -o - | cmp - "$image"
	"$HELPERS/socket_input.py" "$image" verify-stream-v2 -o - | cmp - "$image"
	verify-stream-v2 -o - --depth=pages "$image" | cmp - "$image"
	verify-stream-v2 -o - "$image" >>appended
	cmp appended "$image"
	rm appended
done
