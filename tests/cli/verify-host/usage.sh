for options in "--against=p --against-host f" "--print-host-policy f" "--against=-" "--diff --against=p f g" \
	"--diff --against-host f g"; do
	# shellcheck disable=SC2086 # words
	verify-stream-v2 $options 2>&1 </dev/null | head -n 1
done
