# A guest of 64 GiB without content, in bounded memory, fits the picture.
prlimit --as=67108864 verify-stream-v2 --version >/dev/null 2>&1 ||
	{ echo "this build needs more address space than the limit gives" >&2; exit 77; }
python3 -c '
import struct, sys
image = open(sys.argv[1], "rb").read()[:40]
out = sys.stdout.buffer
out.write(image + struct.pack("<II", 16, 0))
for first in range(0, 1 << 24, 1 << 20):
    count = 1 << 20
    out.write(struct.pack("<IIII", 1, 8 + 8 * count, count, 0))
    out.write(struct.pack("<%dQ" % count, *(14 << 60 | pfn for pfn in range(first, first + count))))
out.write(struct.pack("<II", 0, 0))' "$VECTORS/good-libxc-hvm.img" >image
prlimit --as=67108864 verify-stream-v2 -q --map=map.svg image || echo $?
grep -o 'x86[^<]*' map.svg
