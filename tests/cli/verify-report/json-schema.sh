# Each row fits specs/json-schema.json; one that lacks a key does not.
"$HELPERS/json_schema.py" "$SOURCE/specs/json-schema.json" "$VECTORS"/bad-*.img \
	"$VECTORS"/good-li*.img "$VECTORS"/good-xl*.img "$VECTORS"/good-remus*.img
sed 's/"errors"/"error_count"/' "$SOURCE/specs/json-schema.json" >other
"$HELPERS/json_schema.py" other "$VECTORS/good-libxc-pv64.img" | grep -c 'no error_count'
