#!/bin/sh
# tools.sh LOCK PLACE WORDS: makes PLACE what the lock file LOCK says; WORDS tell what that takes. Heavy tools and other
# people's clients live in places of their own, so that .venv stays light and their versions free. A place is kept as
# long as its lock file stays the same: it holds a copy of it, written last. LOCK is a requirements file (PLACE is then a
# virtual environment) or a package-lock.json (PLACE is its folder's node_modules).
set -eu
lock=$1 place=$2 words=$3

case $lock in
*.json)
    if cmp -s "$lock" "$place/made-from.json"; then exit 0; fi
    echo "Installing $words ..." >&2
    npm ci --prefix "$(dirname "$lock")" --ignore-scripts --no-audit --no-fund --loglevel=error
    cp "$lock" "$place/made-from.json"
    ;;
*)
    if cmp -s "$lock" "$place/made-from.txt" && "$place/bin/python" -c ''; then exit 0; fi
    echo "Installing $words ..." >&2
    rm -rf "$place"
    .venv/bin/python -m venv "$place"
    "$place/bin/python" -I -m pip -qqq --disable-pip-version-check install --no-compile --require-hashes -r "$lock"
    cp "$lock" "$place/made-from.txt"
    ;;
esac
