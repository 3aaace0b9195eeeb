# Both images are taken apart by a process that has given its rights up: seen while it waits for the first one.
mkfifo pipe
verify-stream-v2 --diff pipe "$VECTORS/good-libxc-pv64.img" &
tool=$!
exec 3>pipe
child=
for _ in $(seq 600); do
	child=$(cat "/proc/$tool/task/$tool/children")
	[ -z "$child" ] || ! grep -q '^NoNewPrivs:.*1' "/proc/${child% }/status" || break
	sleep 0.1
done
grep '^NoNewPrivs:' "/proc/${child% }/status"
cat "$VECTORS/good-libxc-pv64.img" >&3
exec 3>&-
wait "$tool"
