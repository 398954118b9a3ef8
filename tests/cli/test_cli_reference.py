"""docs/cli.md says what the commands say."""

from pathlib import Path

from cli.reference import reference

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"


def test_the_reference_is_current() -> None:
    assert PAGE.read_text() == reference(), "run `make docs`"
