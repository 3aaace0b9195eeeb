# What is made for the tests fits specs/host-policy-schema.json, and a file that is refused does not.
"$HELPERS/host.py" good-libxc-hvm.img no-pv >host.json
"$HELPERS/json_schema.py" "$SOURCE/specs/host-policy-schema.json" --file host.json
sed 's/"0x/"0X/' host.json >other.json
"$HELPERS/json_schema.py" "$SOURCE/specs/host-policy-schema.json" --file other.json | grep -c . | sed 's/^[1-9].*/refused/'
