for options in '-w 16' '-g pvh' '-f legacy' '--stream-version=4' '--viridian=x' '--tmem-oid=9' '--dry-run a b' 'a b c' \
	'--json a' '-f libxc --config=x' '--unwrap --list' '--frobnicate'; do
	convert-legacy-stream $options 2>&1 </dev/null | head -n 1
done
convert-legacy-stream --dry-run a b 2>/dev/null || echo "status $?"
