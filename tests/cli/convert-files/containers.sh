# An xl header is kept with its configuration; another container's configuration is not, but one can be given.
for name in xl-json-pv-64 xl-text-hvm-64 xend-hvm-64 xapi-hvm-64 xenopsd-pv-64 libvirt-pv-64; do
	convert-legacy-stream "$VECTORS/good-legacy-$name.img" out.img
	verify-stream-v2 -v out.img 2>/dev/null | grep layers
done
printf 'name = "guest"\n' >guest.cfg
convert-legacy-stream --config=guest.cfg "$VECTORS/good-legacy-xend-hvm-64.img" out.img
tail -c +53 out.img | head -n 1
printf '{"c_info": {"type": "pv", "name": "g"}, "b_info": {"max_vcpus": 2}}' >guest.json
convert-legacy-stream --config guest.json "$VECTORS/good-legacy-pv-64bit-64.img" out.img
verify-stream-v2 -v out.img 2>/dev/null | grep layers
