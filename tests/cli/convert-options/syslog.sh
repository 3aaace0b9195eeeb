# Instead of, not as well as. The messages are caught by a log of our own, where there is room for one.
"$HELPERS/syslog_catcher.py" convert-legacy-stream --syslog "$VECTORS/bad-legacy-page-type-5.img" out.img
