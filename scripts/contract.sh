#!/bin/sh
# `make contract`: clients that others wrote for Azure, against the simulator; arguments go to pytest. `make az`, which
# passes --az alone, is done when the az CLI is there.
set -eu
cd "$(dirname "$0")/.."
sh scripts/setup.sh

sh scripts/tools.sh tests/contract/az/requirements.txt build/az \
    "the az CLI in build/az (once, half a minute or so, 400 MB)"
if [ "${1-}" = --az ]; then exit 0; fi
sh scripts/tools.sh tests/contract/node/package-lock.json tests/contract/node/node_modules \
    "Microsoft's JavaScript clients in tests/contract/node (once, a quarter of a minute or so, 80 MB)"

exec .venv/bin/python -m pytest -m contract tests/contract "$@"
