#!/bin/sh
# Starts one of azd's hooks with a Python 3.13: `run.sh prepackage`, `run.sh preprovision`, `run.sh postprovision`.
# What a hook does is in the Python file of its name; azd calls this on Linux and macOS, run.ps1 on Windows.
set -u
cd "$(dirname "$0")/../.." || exit 1

for candidate in "${PYTHON:-.venv/bin/python}" python3.13 python3 python; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null; then
        exec "$candidate" -m "infra.hooks.$1"
    fi
done
echo "Python 3.13 is needed and was not found. If it is not on PATH, name it: PYTHON=/path/to/python3.13 azd ..." >&2
exit 1
