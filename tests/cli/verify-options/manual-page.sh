command -v mandoc >/dev/null || { echo "mandoc is not installed" >&2; exit 77; }
# Pages of other packages may not be installed here.
mandoc -Tlint "$SOURCE/cmd/verify-stream-v2/verify-stream-v2.1" 2>/dev/null |
	grep -v 'referenced manual not found' || true
