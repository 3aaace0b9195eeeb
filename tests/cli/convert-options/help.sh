# Every option that is parsed is in the help text and in the manual page.
convert-legacy-stream --help >help
cmp <(convert-legacy-stream -h) help
grep -oE -- '--[a-z-]+' help | sort -u >options
while read -r option; do
	grep -qF -- "Fl ${option#-}" "$SOURCE/cmd/convert-legacy-stream/convert-legacy-stream.1" ||
		case $option in
		--usage) ;;
		*) echo "$option is not in the manual page" ;;
		esac
done <options
wc -l <options
