#!/bin/sh
# `make fuzz`: schemathesis against the served app; `make audit`: known vulnerabilities of what is deployed. Their
# tools have an environment of their own, made anew when their lock file changes; arguments go to the program.
# With --tools alone that environment is made and nothing more is done.
set -eu
cd "$(dirname "$0")/.."
sh scripts/setup.sh

lock=tests/security/requirements.txt place=build/fuzz-tools
# A copy of the lock file, written last, says what the place was made from.
if ! cmp -s "$lock" "$place/made-from.txt" || ! "$place/bin/python" -c ''; then
    echo "Installing schemathesis and pip-audit in $place (once, a quarter of a minute or so, 100 MB) ..." >&2
    rm -rf "$place"
    .venv/bin/python -m venv "$place"
    "$place/bin/python" -I -m pip -qqq --disable-pip-version-check install --no-compile --require-hashes -r "$lock"
    cp "$lock" "$place/made-from.txt"
fi

case "${1-}" in
--tools) exit 0 ;;
--audit)
    shift
    .venv/bin/python -m pytest -m infra tests/security/test_audit.py
    exec .venv/bin/python scripts/audit.py "$@"
    ;;
*) exec .venv/bin/python -m tests.security.fuzz "$@" ;;
esac
