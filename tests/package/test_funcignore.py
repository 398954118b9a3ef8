"""`.funcignore` is understood as every other reader of such files understands it, or refused."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pathspec import GitIgnoreSpec

from scripts.funcignore import UnknownPattern, deployed, is_ignored, read_patterns
from tests.architecture.source import ROOT


@given(st.lists(st.text("ab.*?_-", min_size=1, max_size=5), max_size=5), st.text("ab._-", min_size=1, max_size=5))
def test_names_and_wildcards_mean_what_they_mean_in_gitignore(lines: list[str], name: str) -> None:
    text = "\n".join(lines)
    assert is_ignored(name, read_patterns(text)) == GitIgnoreSpec.from_lines(lines).match_file(name)


@given(st.lists(st.text("ab.*!", min_size=1, max_size=4), max_size=5), st.text("ab.", min_size=1, max_size=4))
def test_the_last_line_that_matches_decides(lines: list[str], name: str) -> None:
    lines = [line for line in lines if line.lstrip("!") and not line.startswith("!!")]
    assert is_ignored(name, read_patterns("\n".join(lines))) == GitIgnoreSpec.from_lines(lines).match_file(name)


def test_the_projects_own_file_lets_the_same_files_through_as_a_full_reader() -> None:
    spec = GitIgnoreSpec.from_lines((ROOT / ".funcignore").read_text(encoding="utf-8").splitlines())
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    tracked = {name for name in listed.split("\0") if name and (ROOT / name).is_file()}
    ours = {file.relative_to(ROOT).as_posix() for file in deployed(ROOT)}
    assert ours & tracked == {name for name in tracked if not spec.match_file(name)}
    assert all(not spec.match_file(name) for name in ours)


@pytest.mark.parametrize("line", ["docs/", "/tests", "a/b", "[ab].py", "!", "!tests/keep.py"])
def test_a_line_that_is_not_understood_is_refused_and_named(line: str) -> None:
    with pytest.raises(UnknownPattern, match=r"^\.funcignore: ") as refused:
        read_patterns(f"docs\n{line}\n")
    assert repr(line) in str(refused.value)


def test_an_ignored_folder_is_not_entered(tmp_path: Path) -> None:
    for name in ("tests/keep.py", "app/one.py", "app/__pycache__/one.pyc", "two.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / ".funcignore").write_text(".*\ntests\n__pycache__\n!keep.py\n")
    assert [file.relative_to(tmp_path).as_posix() for file in deployed(tmp_path)] == ["app/one.py", "two.py"]
