# One line for each finding: ID, severity, depth, meaning.
verify-stream-v2 --explain list >list
grep -vE '^[a-z0-9_]+\.[a-z0-9_]+ +(error|warning|note) +(frame|record|stream|pages|io) +[^ ].*$' list
test "$(cut -d' ' -f1 list | sort | uniq -d | wc -l)" = 0 || echo doubled
while read -r id _; do
	verify-stream-v2 --explain "$id" >one
	head -n 1 one | grep -qF "$id: " || echo "$id is not explained"
done <list
