# Readable by the owner only, whatever the umask; an old file's rights are not taken over.
for mask in 0 022 0777; do
	(umask $mask && verify-stream-v2 -o copy "$VECTORS/good-xl-pv64.img")
	stat -c %a copy
	chmod 666 copy
done
