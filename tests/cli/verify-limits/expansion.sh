# What takes work is bounded by the size of a compressed input; what is legal is read to its end.
python3 - "$VECTORS/good-libxc-hvm.img" <<'END_OF_PYTHON'
import gzip
import struct
import sys

head = open(sys.argv[1], "rb").read(40)


def write(name, parts):
    with gzip.open(name, "wb", 6) as out:
        out.write(head)
        for part in parts:
            out.write(part)


write("records", (struct.pack("<II", 0x80000001, 0) * (1 << 17) for _ in range(2)))
write("body", [struct.pack("<II", 0x80000001, 16 << 20), bytes(16 << 20)])
write("pfns", (struct.pack("<IIII", 1, 8 + (8 << 20), 1 << 20, 0) + struct.pack("<Q", 15 << 60) * (1 << 20) for _ in range(12)))
# 640 MiB of zero pages, as of a guest that was just started: 700 times what is stored.
write("zeros", (struct.pack("<IIII", 1, 8 + 1024 * 4104, 1024, 0) +
                struct.pack("<1024Q", *range(first, first + 1024)) + bytes(4 << 20)
                for first in range(0, 160 << 10, 1024)))
END_OF_PYTHON
for image in records body pfns zeros; do
	for most in 2048 0; do
		verify-stream-v2 --json --max-findings=0 --max-expansion=$most "$image" >rows && echo "good?"
		grep -q '"finding":"stream.compression".*"class":"limit"' rows && verdict=refused || verdict="read to its end"
		echo "$image, --max-expansion=$most: $verdict"
	done
done
# Of its 262,144 records as many are looked at as 10 MiB allow.
verify-stream-v2 --json records >rows || true
test "$(grep -c '"record":' rows)" -lt 180000 || echo "too many records"
# By zstd a 32 thousandth suffices.
zstd -V >/dev/null 2>&1 || { echo "no zstd here" >&2; exit 77; }
{ cat "$VECTORS/good-libxc-hvm.img" && head -c 1100M /dev/zero; } | zstd -q >trailer.zst
verify-stream-v2 trailer.zst || echo $?
verify-stream-v2 --max-expansion=0 trailer.zst || echo $?
