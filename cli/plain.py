"""Answers without what a terminal would obey: escape sequences, line breaks, letters that turn the line around.

What an answer holds was partly written by others (Azure's messages, names, tags). `cli.api` cleans every answer as it
comes in, so that nothing printed later can move the cursor, forge a line or hide one.
"""

from typing import Any

INSTEAD = "�"
"""What stands for a character that is not printed."""


def plain(value: Any) -> Any:
    """The same JSON with printable texts only, names included; blanks of any kind become blanks."""
    if isinstance(value, str):
        return value if value.isprintable() else "".join(map(_shown, value))
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {plain(name): plain(item) for name, item in value.items()}
    return value


def _shown(character: str) -> str:
    if character.isprintable():
        return character
    return " " if character in "\t\n\r\u00a0" else INSTEAD
