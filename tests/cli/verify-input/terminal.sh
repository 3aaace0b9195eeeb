"$HELPERS/terminal.py" 0 verify-stream-v2
