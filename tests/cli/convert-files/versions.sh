# Version 2 for receivers before 4.14; without a device model where it is not wanted; a mask for viridian.
convert-legacy-stream --stream-version=2 "$VECTORS/good-legacy-hvm-4-5-64.img" out.img
verify-stream-v2 -v out.img 2>/dev/null | grep -E 'layers|libxc  '
convert-legacy-stream --skip-qemu --viridian=3 "$VECTORS/good-legacy-hvm-3-1-64.img" out.img
verify-stream-v2 --json out.img >rows
grep -oE 'VIRIDIAN[^}]*' rows
grep -cE "name\":\"EMULATOR" rows || true
convert-legacy-stream --viridian=3 --json --dry-run "$VECTORS/good-legacy-hvm-3-1-64.img" | tail -n 1
