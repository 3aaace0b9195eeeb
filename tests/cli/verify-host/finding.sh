"$HELPERS/host.py" good-libxc-hvm.img no-avx >host.json
verify-stream-v2 --against=host.json "$VECTORS/good-libxc-hvm.img" 2>&1 || echo "status $?"
"$HELPERS/host.py" good-libxc-hvm.img no-leaf-7 | verify-stream-v2 --against=- "$VECTORS/good-libxc-hvm.img" 2>&1 || echo "status $?"
"$HELPERS/host.py" good-libxc-hvm.img little-memory >host.json
verify-stream-v2 --against=host.json "$VECTORS/good-libxc-hvm.img" 2>&1 || echo "status $?"
# A release that is given is the one that judges.
"$HELPERS/host.py" good-libxc-hvm.img xen-4.13 >host.json
verify-stream-v2 --against=host.json --against-xen=4.17 "$VECTORS/good-libxc-hvm.img"
