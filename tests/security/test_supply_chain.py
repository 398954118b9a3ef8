"""What the app is made of: locked to the byte, from no address in particular, under licences that are listed."""

import re
from pathlib import Path

import pytest

from scripts import licences

ROOT = licences.ROOT
PYTHON_LOCKS = sorted(
    path for path in ROOT.glob("**/requirements*.txt") if not {"build", ".venv", "node_modules"} & set(path.parts)
)
NODE_LOCKS = sorted(
    path for path in ROOT.glob("**/package-lock.json") if not {"build", ".venv", "node_modules"} & set(path.parts)
)
PERMISSIVE = re.compile(r"(MIT|MIT-0|Apache-2\.0|BSD|BSD-[23]-Clause|ISC|PSF-2\.0|MPL-2\.0)")
ADDRESS = re.compile(r"https?://|--index-url|--extra-index-url|--find-links|--trusted-host| @ |git\+", re.IGNORECASE)


def test_every_lock_is_looked_at() -> None:
    """A lock for each list of requirements, and the locks of this project among them."""
    names = {str(path.relative_to(ROOT)) for path in PYTHON_LOCKS}
    assert {"requirements.txt", "requirements-dev.txt", "tests/security/requirements.txt"} <= names
    lists = {path.with_suffix(".txt") for path in ROOT.glob("**/requirements*.in")}
    assert {path for path in lists if "build" not in path.parts} == set(PYTHON_LOCKS)
    assert NODE_LOCKS


@pytest.mark.parametrize("lock", PYTHON_LOCKS, ids=lambda lock: str(lock.relative_to(ROOT)))
def test_every_locked_package_has_hashes_and_none_has_an_address(lock: Path) -> None:
    """pip installs nothing else then, whichever index a machine uses."""
    text = lock.read_text()
    blocks = [block for block in re.split(r"\n(?=\S)", text) if not block.startswith("#")]
    assert len(blocks) > 5
    for block in blocks:
        assert re.match(r"[\w.-]+==[\w.+!-]+( ; .+)? \\\n", block), block[:80]
        assert re.search(r"\n    --hash=sha256:[0-9a-f]{64}", block), block[:80]
        assert not ADDRESS.search(block), block[:80]


@pytest.mark.parametrize("lock", NODE_LOCKS, ids=lambda lock: str(lock.relative_to(ROOT)))
def test_every_locked_node_package_has_a_hash_and_none_has_an_address(lock: Path) -> None:
    text = lock.read_text()
    assert '"resolved": "http' not in text
    packages = text.count('"version":') - 1  # the project itself has none of its own, or one
    assert text.count('"integrity": "sha512-') >= packages - 1


@pytest.mark.parametrize("lock", PYTHON_LOCKS, ids=lambda lock: str(lock.relative_to(ROOT)))
def test_every_requirement_is_pinned(lock: Path) -> None:
    """A version for each, so that a lock made anew changes what somebody wanted changed; asyncio's is the stub's."""
    for line in lock.with_suffix(".in").read_text().splitlines():
        wanted = line.partition("#")[0].strip()
        assert not wanted or wanted.startswith("-r ") or "==" in wanted or wanted == "asyncio>=4", wanted


def test_licences_are_listed_as_they_are() -> None:
    """`make docs` writes the page anew."""
    assert (ROOT / "docs" / "licences.md").read_text() == licences.page()


def test_what_is_deployed_is_permissively_licensed() -> None:
    """Whoever forks and changes the app owes nobody its source."""
    for name, _, licence in licences.licences():
        assert all(PERMISSIVE.fullmatch(part) for part in re.split(r" (?:AND|OR) ", licence)), (name, licence)
