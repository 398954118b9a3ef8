"""What the fixtures that run a command hand to the tests."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Ran:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str


type RunCli = Callable[..., Ran]
