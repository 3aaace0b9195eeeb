# Frames one behind the other, from files and from a pipe that trickles; at depth pages; cut and damaged.
command -v zstd >/dev/null || { echo "no zstd here" >&2; exit 77; }
image=$VECTORS/good-xl-pv64.img
zstd -qc "$image" >whole.zst
{ head -c 50000 "$image" | zstd -qc; tail -c +50001 "$image" | zstd -qc; } >frames.zst
verify-stream-v2 --depth=pages whole.zst frames.zst
"$HELPERS/trickle.py" frames.zst 11 | verify-stream-v2 -v | sed -n 2p
head -c 1000 frames.zst | verify-stream-v2 2>&1 | grep -c 'inside the compressed data.*stream.compression'
{ cat whole.zst; echo more; } | verify-stream-v2 2>&1 | grep -c 'other bytes behind the compressed data.*stream.compression'
# More memory than is given is asked for.
head -c 20000000 /dev/zero | zstd -q --ultra -22 -c | "$HELPERS/peak.py" 16 verify-stream-v2 2>&1 | grep -c 'allowed a window of at most 8 MiB'
