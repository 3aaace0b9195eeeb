# Exit status of the command for every vector, as a file and through a pipe.
"$HELPERS/statuses.py"
