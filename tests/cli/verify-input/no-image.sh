# The first bytes are shown, those that are there.
printf hello >short
printf 'hello, this is a text' >long
verify-stream-v2 short long
