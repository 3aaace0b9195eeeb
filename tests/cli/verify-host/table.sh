# Each row of the table of vectors, hosts and findings.
"$HELPERS/host.py"
