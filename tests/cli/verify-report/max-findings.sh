# All are counted, few are shown.
image=$VECTORS/bad-hostile-many-optional-records.img
verify-stream-v2 -v --max-findings=2 "$image" 2>&1 >/dev/null | sed 's/: [^:]*: offset.*/: .../' | tail -n 4
verify-stream-v2 -v --max-findings=0 "$image" 2>&1 >/dev/null | grep -c offset >all
verify-stream-v2 -v "$image" 2>&1 >/dev/null | grep -c offset
test "$(cat all)" -gt 1000
