# A record of 16384 faults of one kind gives 16 findings and one that counts the others.
verify-stream-v2 --json --max-findings=0 "$VECTORS/bad-hostile-many-params.img" >rows && exit 1
grep -c '"finding":' rows
grep -o '"found":"[0-9]* more[^"]*"' rows
