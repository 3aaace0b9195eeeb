# Not in dom0, or without the Xen libraries, asking is refused in words; judging by a file needs neither.
if [ -e /proc/xen/privcmd ] || [ -e /dev/xen/privcmd ]; then
	echo "this is a Xen host" >&2
	exit 77
fi
verify-stream-v2 --print-host-policy 2>message && exit 1
[ $? -eq 2 ]
grep -Eq '^verify-stream-v2: this host: cannot (reach the hypervisor|be asked)' message
[ "$(wc -l <message)" = 1 ]
verify-stream-v2 --against-host "$VECTORS/good-libxc-hvm.img" 2>message && exit 1
[ $? -eq 2 ]
grep -Eq '^verify-stream-v2: this host: cannot (reach the hypervisor|be asked)' message
