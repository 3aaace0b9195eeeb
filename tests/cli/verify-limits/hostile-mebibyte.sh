# The worst that is known of a mebibyte: tiny records, tiny values, and what unpacks to far more; in 16 MiB each way.
python3 - "$VECTORS/good-libxc-hvm.img" <<'END'
import gzip
import struct
import sys

head = open(sys.argv[1], "rb").read(40)


def write(name, start, record):
    with open(name, "wb") as out:
        out.write(start + record * ((1 << 20) // len(record)))


write("unknown", head, struct.pack("<II", 0x80000001, 0))
write("bad", head, struct.pack("<II", 0x7FFFFFFF, 0))
write("no-pages", head, struct.pack("<IIII", 1, 8, 0, 0))
write("checkpoints", head, struct.pack("<IIIIQII", 1, 16, 1, 0, 15 << 60, 14, 0))
libxl = struct.pack(">QII", 0x4C6962786C466D74, 2, 0)
write("keys", libxl + struct.pack("<IIII", 2, 1 << 20, 2, 0), b"\1\0")
entries = [15 << 60 | i << 14 for i in range(1 << 17)]
with open("scattered", "wb") as out:
    out.write(head + struct.pack("<IIII", 1, 8 + (8 << 17), 1 << 17, 0) + struct.pack("<%dQ" % len(entries), *entries))
with gzip.open("bomb", "wb") as out:
    out.write(head + struct.pack("<IIIIQ", 1, 16 + 4096, 1, 0, 0))
    for _ in range(64):
        out.write(bytes(1 << 20))
END
for image in unknown bad no-pages checkpoints keys scattered bomb; do
	for how in -q --list "--json --max-findings=0" "--depth=pages --json"; do
		# shellcheck disable=SC2086
		"$HELPERS/peak.py" 16 verify-stream-v2 $how "$image" >out 2>err || test $? = 1 || cat err
		grep 'of memory, more than' err || true
	done
done
# A row of more values than anybody can use says that it was cut.
verify-stream-v2 --json keys | grep -c '"cut":true'
