"""Fixtures of the command line's tests."""

import sys
from collections.abc import Iterator

import pytest

from cli.main import main
from tests.cli.fake_app import KEY, FakeApp, served
from tests.cli.running import Ran, RunCli


@pytest.fixture
def fake() -> Iterator[FakeApp]:
    """A served fake of the app."""
    with served() as app:
        yield app


@pytest.fixture
def run_anywhere(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> RunCli:
    """Run `rollout …` with nothing set up around it."""
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.delenv("ROLLOUT_URL", raising=False)
    monkeypatch.delenv("ROLLOUT_KEY", raising=False)
    monkeypatch.delenv("ROLLOUT_AUDIENCE", raising=False)

    def run(*arguments: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["rollout", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Ran(int(ended.value.code or 0), said.out, said.err)

    return run


@pytest.fixture
def run_cli(run_anywhere: RunCli, fake: FakeApp, monkeypatch: pytest.MonkeyPatch) -> RunCli:
    """Run `rollout …` with the environment naming the fake app."""

    def run(*arguments: str) -> Ran:
        monkeypatch.setenv("ROLLOUT_URL", fake.url)
        monkeypatch.setenv("ROLLOUT_KEY", KEY)
        return run_anywhere(*arguments)

    return run
