# Names are no markup; what is written is XML.
name=$'<&>"\e.img'
cp "$VECTORS/good-libxc-pv32.img" "$name"
verify-stream-v2 --map=map.svg "$name"
python3 -c 'import sys, xml.etree.ElementTree as tree; print(tree.parse(sys.argv[1]).getroot()[1].text)' map.svg
