verify-stream-v2 --explain "$(printf 'x\033[31m')"
