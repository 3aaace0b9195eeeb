verify-stream-v2 --list "$VECTORS/good-xl-pv64.img" | grep -E 'xl +xl|X86_TSC_INFO'
