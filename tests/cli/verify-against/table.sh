# Each row of the table of vectors, releases and findings.
"$HELPERS/against.py"
