"""The page that says what the simulator covers is the one that `make docs` would write."""

from pathlib import Path

from tests.contract.covered import made

PAGE = Path(__file__).resolve().parents[2] / "docs" / "simulator-coverage.md"


async def test_the_page_says_what_is_answered() -> None:
    assert PAGE.read_text(encoding="utf-8") == await made(), "run `make docs`"
