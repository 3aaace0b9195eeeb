# Standard input and output by default, by - and by number.
old="$VECTORS/good-legacy-hvm-4-5-64.img" new="$VECTORS/good-legacy-hvm-4-5-64.v3"
cat "$old" | convert-legacy-stream | cmp - "$new"
convert-legacy-stream - - <"$old" | cmp - "$new"
convert-legacy-stream -i 5 -o 6 -w 64 -g hvm -f libxl 5<"$old" 6>out.img
cmp out.img "$new"
gzip -c "$old" | convert-legacy-stream -i 0 -o 1 -f libxl | cmp - "$new"
