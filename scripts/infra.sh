#!/bin/sh
# `make infra`: writes what is made of infra/ anew: main.json, which the Deploy to Azure button takes, a snapshot of
# every shape (what a deployment would make), and the list of its role assignments. All are committed, for reviews.
#
# Needs the Bicep compiler: the file that BICEP names, else `bicep` on PATH.
set -eu
cd "$(dirname "$0")/.."

bicep=${BICEP:-$(command -v bicep || true)}
if [ -z "$bicep" ]; then
    echo "The Bicep compiler is needed: put it on PATH, or name its file in BICEP." >&2
    exit 1
fi

for file in infra/*.bicep infra/modules/*.bicep infra/*.bicepparam tests/infra/shapes/*.bicepparam; do
    "$bicep" format "$file"
done
"$bicep" build infra/main.bicep --outfile infra/main.json

# Made-up ids, the same for every shape (tests/infra/bicep.py).
for shape in tests/infra/shapes/*.bicepparam; do
    "$bicep" snapshot "$shape" --mode overwrite \
        --subscription-id 00000000-0000-0000-0000-000000000001 \
        --tenant-id 00000000-0000-0000-0000-00000000000a \
        --location westeurope \
        --deployment-name gallery-rollout
done
# The compiler writes outputs in another order each time; sorted, only what changed shows in a review.
.venv/bin/python - tests/infra/shapes/*.snapshot.json <<'END'
import json, pathlib, sys

for file in map(pathlib.Path, sys.argv[1:]):
    snapshot = json.loads(file.read_text(encoding="utf-8"))
    snapshot["outputs"] = dict(sorted(snapshot["outputs"].items()))
    file.write_text(json.dumps(snapshot, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
END
.venv/bin/python -m tests.infra.golden
