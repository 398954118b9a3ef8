"""Reads rollouts.yaml: every problem at once, each with the path of the entry at fault.

`wiring.app` reads it when the first image comes in. `python -m wiring.rollouts_file [FILE]` checks one before it is
deployed.
"""

import sys
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from domain.errors import TerminalError
from domain.rollouts_file import RolloutsFile


class RolloutsFileError(TerminalError):
    """The file cannot be used; `problems` says for each entry at fault where it is and what is wrong."""

    def __init__(self, name: str, problems: list[str]) -> None:
        super().__init__(
            "RolloutsFileInvalid",
            f"{name} cannot be used: {'; '.join(problems)}",
            remedy="Correct the file and deploy it again.",
            facts={"problems": problems},
        )
        self.problems = problems


def load_rollouts(file: Path) -> RolloutsFile:
    """The validated file; RolloutsFileError where it is not YAML or not what the pipeline understands."""
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise RolloutsFileError(file.name, ["is not UTF-8"]) from None
    return parse_rollouts(text, file.name)


def parse_rollouts(text: str, name: str = "rollouts.yaml") -> RolloutsFile:
    """The same from text; `name` is what errors call it."""
    from wiring.yaml_file import Unreadable, read_yaml  # noqa: PLC0415 - yaml is not imported before it is needed

    try:
        return RolloutsFile.model_validate(read_yaml(text))
    except Unreadable as error:
        raise RolloutsFileError(name, [str(error)]) from None
    except ValidationError as error:
        raise RolloutsFileError(name, _problems([dict(detail) for detail in error.errors()])) from None


def _problems(details: list[dict[str, Any]]) -> list[str]:
    """What pydantic found, each in words of the file: path, then problem."""
    places = [detail["loc"] for detail in details]
    keys = {loc[-2]: str(detail["input"]) for detail in details if (loc := detail["loc"])[-1:] == ("[key]",)}
    return [
        f"{_path(detail['loc'], keys)}: {_said(detail)}"
        for detail in details
        if not (detail["type"] == "too_short" and _has_more(detail["loc"], places))
    ]


def _has_more(place: tuple[Any, ...], places: list[tuple[Any, ...]]) -> bool:
    """Whether something within `place` is a problem too: what holds nothing good counts as empty."""
    return any(len(other) > len(place) and other[: len(place)] == place for other in places)


def _path(place: tuple[Any, ...], keys: dict[Any, str]) -> str:
    """keys: as the file has them, where they are no text: the place says them in Python."""
    return ".".join(keys.get(part, str(part)) for part in place if part != "[key]") or "(file)"


def _said(detail: dict[str, Any]) -> str:
    if detail["type"] == "model_type":
        return "Input should be a mapping"
    return str(detail["msg"]).removeprefix("Value error, ")


def main(arguments: list[str]) -> int:
    """Check one file; 0 where it can be used, else 1, with every problem on a line."""
    file = Path(arguments[0] if arguments else "rollouts.yaml")
    try:
        profiles = load_rollouts(file).profiles
    except OSError as error:
        sys.stderr.write(f"{file}: {error.strerror}\n")
        return 1
    except RolloutsFileError as error:
        sys.stderr.writelines(f"{file}: {problem}\n" for problem in error.problems)
        return 1
    sys.stdout.write(f"{file}: {len(profiles)} profile(s): {', '.join(sorted(profiles))}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
