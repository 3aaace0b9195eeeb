# Everything is found out: one name for the old image, one for the new.
convert-legacy-stream "$VECTORS/good-legacy-pv-live-64.img" new.img
verify-stream-v2 new.img
cmp new.img "$VECTORS/good-legacy-pv-live-64.v3"
stat -c %a new.img
