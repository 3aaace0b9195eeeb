# What is said about an image is held against it, and so is a container.
image=$VECTORS/good-legacy-pv-64bit-64.img
for options in '-w 32' '-g hvm' '-x'; do
	convert-legacy-stream $options "$image" out.img || echo "status $?"
done
convert-legacy-stream -w 64 -g pv -x "$VECTORS/good-legacy-xl-text-pv-64.img" out.img
head -c 27 out.img
echo
# A bare libxc image has no place for what -x keeps.
convert-legacy-stream -x -f libxc "$VECTORS/good-legacy-xl-text-pv-64.img" bare.img
head -c 12 bare.img | tail -c 4
echo
rm bare.img
ls
