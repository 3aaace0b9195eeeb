# Each line is an object; the kinds and their keys are those of the manual page.
"$HELPERS/json_keys.py" "$SOURCE/cmd/verify-stream-v2/verify-stream-v2.1" "$VECTORS"/*.img "$VECTORS"/*.gz
