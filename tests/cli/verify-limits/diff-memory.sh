# Memory does not grow with the guest.
prlimit --as=67108864 verify-stream-v2 --version >/dev/null 2>&1 ||
	{ echo "this build needs more address space than the limit gives" >&2; exit 77; }
"$HELPERS/big_stream.py" 256 >image
prlimit --as=67108864 verify-stream-v2 --diff image image
prlimit --as=67108864 verify-stream-v2 --depth=pages image
