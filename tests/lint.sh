#!/bin/bash
# Checks the sources without running them. tests/lint/main.py describes the options.
exec python3 -B "$(dirname "$0")/lint/main.py" "$@"
