# Zeros behind the compressed data come from tapes and block devices; anything else does not belong there.
cat "$VECTORS/good-xl-pv64-gzip.img.gz" >padded
head -c 10240 /dev/zero >>padded
verify-stream-v2 padded
echo >>padded
verify-stream-v2 padded
