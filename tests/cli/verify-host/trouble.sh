# Files that are no policy of a host: nothing is guessed, and no stream is judged.
"$HELPERS/host.py" good-libxc-hvm.img same >good.json
attempt() { # what, python expression over the policy p
	python3 -c "import json,sys; p = json.load(open('good.json')); $2; json.dump(p, open('p.json', 'w'))"
	echo "$1"
	verify-stream-v2 --against=p.json "$VECTORS/good-libxc-hvm.img" 2>&1 && echo "no fault" || echo "status $?"
}
attempt "as it is" pass
attempt "another key" "p['more'] = 1"
attempt "another key below" "p['memory']['more'] = 1"
attempt "a key is missing" "del p['guests']['hap']"
attempt "another version" "p['host_policy'] = 2"
attempt "a number for a truth" "p['guests']['hap'] = 1"
attempt "no release" "p['xen'] = '4.17-rc1'"
attempt "no release" "p['xen'] = '4..17'"
attempt "no release" "p['xen'] = '4'"
attempt "more free than there is" "p['memory']['free_kib'] = p['memory']['total_kib'] + 1"
attempt "negative memory" "p['memory']['total_kib'] = -1"
attempt "a decimal register" "p['hvm_max']['cpuid'][0]['eax'] = '13'"
attempt "a number register" "p['hvm_max']['cpuid'][0]['eax'] = 13"
attempt "a wide register" "p['hvm_max']['cpuid'][0]['eax'] = '0x123456789'"
attempt "upper case" "p['hvm_max']['cpuid'][0]['eax'] = '0xD'"
attempt "a register is missing" "del p['hvm_max']['cpuid'][3]['ecx']"
attempt "a leaf too much in a leaf" "p['hvm_max']['cpuid'][3]['more'] = '0x0'"
attempt "no leaves" "p['hvm_max']['cpuid'] = []"
attempt "1025 leaves" "p['hvm_max']['cpuid'] *= 60; del p['hvm_max']['cpuid'][1025:]"
attempt "MSRs that are no list" "p['pv_max']['msrs'] = {}"
attempt "flags of an MSR" "p['pv_max']['msrs'][0]['flags'] = '0x0'"
attempt "a list" "p = [p]"
for text in '' '{' '{"host_policy": 1, "host_policy": 1}' 'null' $'{"xen": "\x01"}'; do
	printf '%s' "$text" >p.json
	echo "text $text" | tr '\001' '^'
	verify-stream-v2 --against=p.json "$VECTORS/good-libxc-hvm.img" 2>&1 && echo "no fault" || echo "status $?"
done
head -c 1048577 /dev/zero | tr '\0' ' ' >p.json
verify-stream-v2 --against=p.json "$VECTORS/good-libxc-hvm.img" 2>&1 || echo "status $?"
verify-stream-v2 --against=gone.json "$VECTORS/good-libxc-hvm.img" 2>&1 || echo "status $?"
verify-stream-v2 --against=. "$VECTORS/good-libxc-hvm.img" 2>&1 || echo "status $?"
