# A configuration is JSON or what xl takes, which has a name; any other text is refused, and leaves nothing.
image=$VECTORS/good-libxc-pvh.img
for text in '' 'hello\n' 'memory = 5\n' 'rename = "a"\n' 'name\n= "a"\n' '{"a":' 'a\0b'; do
	printf "$text" >guest.cfg
	convert-legacy-stream --wrap --config=guest.cfg "$image" out.img || echo "status $?, $(ls)"
done
for text in 'name="a"\n' '# a guest\n\n \tname = "a"\n' 'memory=5;name = "a"' '{"a": 1}'; do
	printf "$text" >guest.cfg
	convert-legacy-stream --wrap --config=guest.cfg "$image" out.img || echo "refused: $text"
	rm -f out.img
done
# A file that is no image at all is told as such.
echo "hello, this is a text of more than a few bytes" >text
convert-legacy-stream text out.img || echo "status $?, $(ls)"
for text in '' 'hello' 'hello, hello, hello'; do
	printf '%s' "$text" >text
	convert-legacy-stream text out.img || echo "status $?, $(ls)"
done
