# A count has digits only, and fits.
for n in -1 1x '' 99999999999999999999; do
	verify-stream-v2 --max-findings="$n" 2>&1 | head -n 1
done
