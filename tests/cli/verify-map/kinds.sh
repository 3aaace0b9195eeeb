# What the texts say, and how many rectangles there are of each colour.
verify-stream-v2 --map=live.svg "$VECTORS/good-libxc-pv64-live.img"
grep -o '>[^<]*</text>' live.svg
grep -o 'fill="#[0-9a-f]*"/>' live.svg | sort | uniq -c
stat -c %a live.svg
