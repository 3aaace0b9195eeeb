# How far a cut image can be relied on, and how much memory is in it.
head -c 60000 "$VECTORS/good-libxc-pv64.img" >cut
verify-stream-v2 -v cut || true
head -c 130000 "$VECTORS/good-remus-libxc-pv.img" >replicated
verify-stream-v2 -v replicated || true
verify-stream-v2 --json cut | tail -n 1 |
	grep -oE '"(complete|bytes|intact_[a-z_]*|checkpoint_end|announced_pfns|data_pages)": ?[^,}]*'
