# Not a descriptor, as none has such a number: a file.
verify-stream-v2 -i 4294967296
