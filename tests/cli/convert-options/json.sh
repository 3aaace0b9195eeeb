convert-legacy-stream --list --json "$VECTORS/good-legacy-xl-json-hvm-32.img" >rows
python3 -c 'import json, sys; print(sum(1 for line in sys.stdin if json.loads(line)))' <rows
tail -n 1 rows
