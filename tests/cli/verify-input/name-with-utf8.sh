# What is UTF-8 and harmless is shown as it is; JSON is ASCII and always valid.
accent=$(printf 'caf\303\251') invalid=$(printf 'a\377b') control=$(printf 'a\302\233b') overlong=$(printf 'a\300\200b')
for name in "$accent" "$invalid" "$control" "$overlong"; do
	verify-stream-v2 "$name" 2>&1 || true
	cp "$VECTORS/good-xl-pv64.img" "$name"
	verify-stream-v2 --json "$name" | tail -n 1 | cut -d, -f1
done
