# All but writing: nothing appears.
convert-legacy-stream --dry-run "$VECTORS/good-legacy-hvm-4-4-64.img"
convert-legacy-stream --dry-run "$VECTORS/bad-legacy-cr3-beyond.img" >/dev/null || echo "status $?"
ls -A
