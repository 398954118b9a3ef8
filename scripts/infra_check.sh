#!/bin/sh
# `make infra-check`: the checks of templates, roles and package that take heavy tools (checkov, azure-functions-doctor,
# Microsoft's reader of KQL, and the Bicep compiler where there is one); arguments go to pytest.
set -eu
cd "$(dirname "$0")/.."
sh scripts/setup.sh

sh scripts/tools.sh tests/infra/requirements.txt build/infra-tools \
    "checkov and azure-functions-doctor in build/infra-tools (once, a minute or so, 300 MB)"
sh scripts/tools.sh tests/infra/kql/package-lock.json tests/infra/kql/node_modules \
    "Microsoft's KQL language service in tests/infra/kql (once, some seconds, 30 MB)"

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
