# Content, a page more, and a range of them.
verify-stream-v2 --diff "$VECTORS/good-libxc-pv64.img" "$VECTORS/bad-table-entry-to-data.img" || echo $?
"$HELPERS/big_stream.py" 4 >one
"$HELPERS/big_stream.py" 12 >three
verify-stream-v2 --diff one three || echo $?
verify-stream-v2 --diff three one | sed 's/.*: //'
