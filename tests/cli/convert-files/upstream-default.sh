# With all four options that Xen's converter wants the output is a libxc image, as its is.
convert-legacy-stream -i "$VECTORS/good-legacy-pv-64bit-64.img" -o out.img -w 64 -g pv
head -c 12 out.img | tail -c 4
echo
