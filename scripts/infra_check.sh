#!/bin/sh
# `make infra-check`: the checks of templates, roles and package that take heavy tools (checkov, azure-functions-doctor
# and the Bicep compiler where there is one). The tools go into an environment of their own, which is kept as
# long as its lock file stays the same; arguments go to pytest.
set -eu
cd "$(dirname "$0")/.."
sh scripts/setup.sh

# The environment holds a copy of the lock file it was made from, written last: another one, or none, and it is made anew.
lock=tests/infra/requirements.txt place=build/infra-tools
if ! cmp -s "$lock" "$place/made-from.txt" || ! "$place/bin/python" -c ''; then
    echo "Installing checkov and azure-functions-doctor in $place (once, a minute or so, 300 MB) ..." >&2
    rm -rf "$place"
    .venv/bin/python -m venv "$place"
    "$place/bin/python" -I -m pip -qqq --disable-pip-version-check install --no-compile --require-hashes -r "$lock"
    cp "$lock" "$place/made-from.txt"
fi

judge=tests/infra/kql lock=tests/infra/kql/package-lock.json
if ! cmp -s "$lock" "$judge/node_modules/made-from.json"; then
    echo "Installing Microsoft's KQL language service in $judge (once, some seconds, 30 MB) ..." >&2
    npm ci --prefix "$judge" --ignore-scripts --no-audit --no-fund --loglevel=error
    cp "$lock" "$judge/node_modules/made-from.json"
fi

status=0
.venv/bin/python -m pytest -n 2 -m infra -rs "$@" tests || status=$?

if [ -z "${BICEP-}" ] && ! command -v bicep >/dev/null; then
    cat >&2 <<'EOF'

No Bicep compiler was found (BICEP names none, and there is no `bicep` on PATH), so these were NOT checked:
  - that the templates compile without a diagnostic, are formatted, and stay within the linter's rules
  - that infra/main.json and the snapshots in tests/infra/shapes are what the sources give
  - the seeded faults whose template has to be compiled again
All else ran on the committed infra/main.json and snapshots.
EOF
fi
exit "$status"
