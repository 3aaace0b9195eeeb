# nohup's promise is kept.
mkfifo fifo
python3 - <<'EOF'
import os, signal, subprocess, time
signal.signal(signal.SIGHUP, signal.SIG_IGN)
child = subprocess.Popen(["verify-stream-v2", "-o", "copy", "fifo"])
with open("fifo", "wb") as fifo, open(os.environ["VECTORS"] + "/good-xl-pv64.img", "rb") as image:
    fifo.write(image.read(50000))
    fifo.flush()
    while not [n for n in os.listdir() if n.startswith(".stream-")]:
        time.sleep(0.01)
    child.send_signal(signal.SIGHUP)
    fifo.write(image.read())
print(child.wait())
EOF
cmp copy "$VECTORS/good-xl-pv64.img"
