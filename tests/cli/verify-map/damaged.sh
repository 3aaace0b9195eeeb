# What there is of an image is drawn, and what is wrong with it is said.
head -c 60000 "$VECTORS/good-libxc-pv64.img" >cut
verify-stream-v2 -q --map=map.svg cut || echo $?
grep -o 'x86 PV[^;]*' map.svg
: >empty
verify-stream-v2 -q --map=map.svg empty || echo $?
grep -c '</svg>' map.svg
