# A file name gives no orders to the terminal.
verify-stream-v2 "$(printf 'a\033[2Jb\nc')"
