# A field, a field of another number of its kind, a byte that no field shows.
verify-stream-v2 --diff "$VECTORS/good-libxc-pv64.img" "$VECTORS/bad-tsc-info-mode-4.img" || echo $?
verify-stream-v2 --diff "$VECTORS/good-libxc-pv64.img" "$VECTORS/bad-vcpu-xsave-xstate-bv.img" || echo $?
cp "$VECTORS/good-libxl-hvm.img" changed
at=$(verify-stream-v2 --json changed | sed -n '/"name":"EMULATOR_CONTEXT"/s/.*"offset":\([0-9]*\).*/\1/p')
printf '\377' | dd of=changed bs=1 seek=$((at + 8 + 8 + 200)) conv=notrunc status=none
verify-stream-v2 --diff "$VECTORS/good-libxl-hvm.img" changed || echo $?
