#!/bin/sh
# Makes .venv and node_modules what the lock files say. Every make target calls this first.
#
# This half only finds a Python 3.13; scripts/setup.py does the work. It is plain sh because on a new machine
# nothing else can be counted on. Where nothing is to be done it says nothing and is back in a tenth of a second.
set -u
cd "$(dirname "$0")/.." || exit 1

if [ -x .venv/bin/python ] && .venv/bin/python -I -S scripts/setup.py --check 2>/dev/null; then
    exit 0
fi

# Prints the interpreter behind the command $1 if that is Python 3.13. Asking the interpreter itself sees
# through pyenv's shims, which exist for every version but refuse to run where no .python-version allows them,
# and gives the base of a virtual environment, so that making .venv anew never removes its own interpreter.
real_python() {
    "$1" -I -S -c 'import sys
if sys.version_info[:2] != (3, 13): sys.exit(1)
print(getattr(sys, "_base_executable", sys.executable))' 2>/dev/null
}

find_python() {
    for candidate in "${PYTHON:-python3.13}" python3.13 python3 python \
        "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.13*/bin/python3.13 \
        "$HOME"/.pyenv/versions/3.13*/bin/python3.13; do
        real_python "$candidate" && return 0
    done
    if command -v uv >/dev/null 2>&1; then
        candidate=$(uv python find --system --no-project 3.13 2>/dev/null) && real_python "$candidate" && return 0
    fi
    for candidate in "${UV_PYTHON_INSTALL_DIR:-$HOME/.local/share/uv/python}"/cpython-3.13*/bin/python3.13 \
        "$HOME"/.local/bin/python3.13 /usr/local/bin/python3.13 \
        /opt/homebrew/bin/python3.13 /opt/homebrew/opt/python@3.13/bin/python3.13 \
        /Library/Frameworks/Python.framework/Versions/3.13/bin/python3.13; do
        real_python "$candidate" && return 0
    done
    return 1
}

if ! python=$(find_python); then
    cat >&2 <<'EOF'
Python 3.13 is needed and was not found (looked on PATH, in pyenv's and in uv's versions).
Install it in whichever way suits this machine, then run the same command again:
  pyenv:          pyenv install 3.13
  uv:             uv python install 3.13
  Debian/Ubuntu:  apt-get install python3.13 python3.13-venv   (where the release has it)
  macOS:          brew install python@3.13
If it is somewhere else, name it: PYTHON=/path/to/python3.13 make ...
EOF
    exit 1
fi
exec "$python" -I scripts/setup.py
