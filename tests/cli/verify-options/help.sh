# Every option that is parsed is in the help text and in the manual page.
verify-stream-v2 --help >help
cmp <(verify-stream-v2 -h) help
cmp <(verify-stream-v2 '-?') help
grep -oE -- '--[a-z-]+' help | sort -u >options
while read -r option; do
	grep -qF -- "Fl ${option#-}" "$SOURCE/cmd/verify-stream-v2/verify-stream-v2.1" ||
		case $option in
		--usage) ;;
		*) echo "$option is not in the manual page" ;;
		esac
done <options
wc -l <options
