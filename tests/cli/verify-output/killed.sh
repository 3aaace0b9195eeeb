# A signal in the middle: dead by that signal, nothing left, the old file as it was.
echo old >copy
for signal in HUP INT TERM QUIT XCPU; do
	mkfifo fifo
	python3 - fifo $signal <<-'EOF'
		import os, signal, subprocess, sys, time
		wanted = getattr(signal, "SIG" + sys.argv[2])
		child = subprocess.Popen(["verify-stream-v2", "-o", "copy", sys.argv[1]])
		with open(sys.argv[1], "wb") as fifo, open(os.environ["VECTORS"] + "/good-xl-pv64.img", "rb") as image:
		    fifo.write(image.read(50000))
		    fifo.flush()
		    while not [n for n in os.listdir() if n.startswith(".stream-")]:
		        time.sleep(0.01)
		    child.send_signal(wanted)
		    status = child.wait()
		print(sys.argv[2], "died" if status == -wanted else status)
	EOF
	rm fifo
done
ls -A
cat copy
