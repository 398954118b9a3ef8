"""The ways a command can end other than well, each with the exit code that scripts rely on.

CommandError            base: prints itself, carries the exit code
├── UsageError          2   the request makes no sense: wrong option, unknown id, refused by the API
├── RefusedError        1   understood, and refused because of the state of things
└── UnreachableError    3   no app, no answer, no access, or an app in trouble
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of every command."""

    OK = 0
    FAILED = 1
    USAGE = 2
    UNREACHABLE = 3


class CommandError(Exception):
    """Ends the command: what is wrong, the fields at fault, what to do about it, and facts to ask others with."""

    exit_code = ExitCode.FAILED

    def __init__(
        self,
        message: str,
        *,
        fields: tuple[str, ...] = (),
        remedy: str | None = None,
        facts: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.fields = fields
        self.remedy = remedy
        self.facts = facts or {}


class UsageError(CommandError):
    """The request makes no sense to the app; repeating it changes nothing."""

    exit_code = ExitCode.USAGE


class RefusedError(CommandError):
    """The app understood, and refused because of how things stand."""

    exit_code = ExitCode.FAILED


class UnreachableError(CommandError):
    """The app gave no usable answer: not there, no access, or in trouble."""

    exit_code = ExitCode.UNREACHABLE
