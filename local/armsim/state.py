"""The world in a file: SQLite, one transaction before each answer, so that kill -9 loses nothing that was said.

Beside the resources the file holds what makes a restarted simulator the same one to its clients: authority,
port, signing key, identity header, seed and subscriptions. One process a file: a lock beside it says so.
"""

import fcntl
import json
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local.armsim import snapshot

if TYPE_CHECKING:
    from local.armsim.simulator import Simulator

_SCHEMA = """
CREATE TABLE IF NOT EXISTS rows (collection TEXT, name TEXT, value TEXT, PRIMARY KEY (collection, name));
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
"""
_FORMAT = 1


class StateInUseError(Exception):
    """Another process has the file."""


class State:
    """One state file, opened for this process alone."""

    def __init__(self, path: Path) -> None:
        """Open or make the file; StateInUseError, or ValueError for what is no state of ours."""
        path = path.resolve()  # two names of one file are one file
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.with_name(f"{path.name}.lock")
        self._lock = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            raise StateInUseError(f"{path} is in use by another simulator.") from None
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # it holds a private key
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=NORMAL")
            self._connection.executescript(_SCHEMA)
            self._connection.execute("SELECT collection, name, value FROM rows LIMIT 1")
            known = self.fact("format", _FORMAT)
        except sqlite3.Error as error:
            self.close()
            raise ValueError(f"{path} is no state of a simulator: {error}.") from None
        if known != _FORMAT:
            self.close()
            raise ValueError(f"{path} was written by another version of the simulator.")

    def fact(self, name: str, default: Any) -> Any:
        """A fact of this simulator; the first `default` ever given is kept."""
        found = self._connection.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        if found is not None:
            return json.loads(found[0])
        self._connection.execute("INSERT INTO facts VALUES (?, ?)", (name, json.dumps(default)))
        return default

    def keep(self, name: str, value: Any) -> None:
        """Keep a fact in place of an earlier one."""
        self._connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, json.dumps(value)))

    def known(self, name: str) -> Any:
        """A fact that was kept before, or None."""
        found = self._connection.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return json.loads(found[0]) if found is not None else None

    def attach(self, simulator: "Simulator") -> None:
        """Load what is saved, or ValueError; and save each change of `simulator` from now on."""
        try:
            snapshot.load(simulator, self._saved())
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise ValueError(f"{self.path} holds what cannot be read: {type(error).__name__}: {error}.") from None
        simulator.world.changes.kept = True
        simulator.on_change(lambda: self.save(simulator))

    def save(self, simulator: "Simulator") -> None:
        """One transaction with everything that has changed."""
        changed = simulator.world.changes.take()
        if not changed:
            return
        try:
            self._write(simulator, changed)
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            for collection, name in changed:
                simulator.world.changes.note(collection, name)
            raise

    def _write(self, simulator: "Simulator", changed: list[tuple[str, str]]) -> None:
        run = self._connection.execute
        run("BEGIN IMMEDIATE")
        for collection, name in changed:
            found = simulator.collections[collection].value(name)
            if found is None:
                run("DELETE FROM rows WHERE collection = ? AND name = ?", (collection, name))
            else:
                run(
                    "INSERT INTO rows VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
                    (collection, name, snapshot.text(found)),
                )
        run("COMMIT")

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()
        os.close(self._lock)

    def _saved(self) -> Iterator[snapshot.Row]:
        for collection, name, found in self._connection.execute(
            "SELECT collection, name, value FROM rows ORDER BY rowid"
        ):
            yield collection, name, json.loads(found)
