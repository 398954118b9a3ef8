#!/bin/sh
# `make lock`: resolves every requirements*.in and package.json into the lock files.
#
# uv does the resolving (pip cannot lock for other platforms); a pinned one goes into a throw-away environment,
# so that two people get the same result. The locks carry hashes and no index address: where packages come
# from is the business of each machine's own pip and npm configuration.
set -eu
cd "$(dirname "$0")/.."
sh scripts/setup.sh

tools=build/lock-tools
rm -rf "$tools"
.venv/bin/python -m venv "$tools"
"$tools/bin/pip" install -qq --disable-pip-version-check "uv==0.13.8"

# uv does not read pip's configuration; hand over the index. (Where uv needs more, its own variables say it.)
index=${PIP_INDEX_URL:-$(.venv/bin/pip config get global.index-url 2>/dev/null || true)}
[ -z "$index" ] || export UV_DEFAULT_INDEX="$index"

for name in requirements requirements-dev tests/contract/az/requirements tests/infra/requirements tests/security/requirements; do
    "$tools/bin/uv" pip compile --quiet --universal --python-version 3.13 --generate-hashes \
        --no-emit-index-url --no-header "$name.in" -o "$name.txt"
done
for folder in . tests/contract/node tests/infra/kql; do
    npm install --prefix "$folder" --package-lock-only --omit-lockfile-registry-resolved \
        --no-audit --no-fund --loglevel=error
done
rm -rf "$tools"
