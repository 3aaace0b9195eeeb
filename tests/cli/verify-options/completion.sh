# Every long option of the help text is offered, and no other; arguments with fixed values are.
. "$SOURCE/packaging/completions/verify-stream-v2"
offer() {
	COMP_WORDS=(verify-stream-v2 "$@")
	COMP_CWORD=$#
	_verify_stream_v2 || true
	printf '%s\n' "${COMPREPLY[@]}"
}
verify-stream-v2 --help | grep -oE -- '^ .* --[a-z-]+=?' | grep -oE -- '--[a-z-]+=?' | sort >options
offer -- | sort | diff - options
offer --depth = s
offer --depth=p
offer -f libx
offer --explain = io.w
touch image.img
offer ima
