# A gibibyte through a pipe, and on.
"$HELPERS/big_stream.py" 1024 | "$HELPERS/peak.py" 16 verify-stream-v2 -v | sed -n '1p;/memory/p'
"$HELPERS/big_stream.py" 1024 | verify-stream-v2 -o - | wc -c
