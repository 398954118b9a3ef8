#!/bin/sh
# `make fuzz`: schemathesis against the served app; `make audit`: known vulnerabilities of what is deployed. Arguments go
# to the program. With --tools alone their environment is made and nothing more is done.
set -eu
cd "$(dirname "$0")/.."
sh scripts/setup.sh

sh scripts/tools.sh tests/security/requirements.txt build/fuzz-tools \
    "schemathesis and pip-audit in build/fuzz-tools (once, a quarter of a minute or so, 100 MB)"

case "${1-}" in
--tools) exit 0 ;;
--audit)
    shift
    .venv/bin/python -m pytest -m infra tests/security/test_audit.py
    exec .venv/bin/python scripts/audit.py "$@"
    ;;
*) exec .venv/bin/python -m tests.security.fuzz "$@" ;;
esac
