#!/bin/sh
# `make contract`: clients that others wrote for Azure, against the simulator. What is heavy to install goes
# into places of its own and is kept there as long as its lock file stays the same; arguments go to pytest.
# `make az`, which passes --az alone, is done when the az CLI is there.
set -eu
cd "$(dirname "$0")/.."
sh scripts/setup.sh

# Each place holds a copy of the lock file it was made from, written last: another one, or none, and it is made anew.
made() { cmp -s "$1" "$2"; }

lock=tests/contract/az/requirements.txt place=build/az
if ! made "$lock" "$place/made-from.txt" || ! "$place/bin/python" -c ''; then
    echo "Installing the az CLI in $place (once, half a minute or so, 400 MB) ..." >&2
    rm -rf "$place"
    .venv/bin/python -m venv "$place"
    "$place/bin/python" -I -m pip -qqq --disable-pip-version-check install --no-compile --require-hashes -r "$lock"
    cp "$lock" "$place/made-from.txt"
fi
if [ "${1-}" = --az ]; then exit 0; fi

node=tests/contract/node lock=tests/contract/node/package-lock.json
if ! made "$lock" "$node/node_modules/made-from.json"; then
    echo "Installing Microsoft's JavaScript clients in $node (once, a quarter of a minute or so, 80 MB) ..." >&2
    npm ci --prefix "$node" --no-audit --no-fund --loglevel=error
    cp "$lock" "$node/node_modules/made-from.json"
fi

exec .venv/bin/python -m pytest -m contract tests/contract "$@"
