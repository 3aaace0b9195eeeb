# Memory does not grow with the guest.
"$HELPERS/big_stream.py" 256 >image
prlimit --as=67108864 verify-stream-v2 --diff image image
prlimit --as=67108864 verify-stream-v2 --depth=pages image
