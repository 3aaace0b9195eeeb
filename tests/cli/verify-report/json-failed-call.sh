# What says nothing about the stream is not a finding; the verdict is then unknown.
verify-stream-v2 --json -o /dev/full "$VECTORS/good-xl-pv64.img" | tail -n 1 | grep -o '"verdict":"[a-z]*"'
