"""JSON as ARM reads it, which is more than JSON: comments, unquoted and single-quoted names, trailing commas.

The az CLI pastes a template's file into its request as it is, so such bodies are common. `intake.py` comes here
with what strict JSON refuses; what is refused here too is told with path, line and position.
"""

import json
import re
from typing import Any

_SKIPPED = re.compile(r"(?:\s+|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"|' + r"'(?:[^'\\]|\\.)*'", re.DOTALL)
_BARE = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|[A-Za-z_$][\w$-]*")
_WORDS = {"true": True, "false": False, "null": None}


class RelaxedError(ValueError):
    """What is no JSON even so."""


class _Reader:
    def __init__(self, text: str, deepest: int) -> None:
        self._text, self._deepest, self._at = text, deepest, 0
        self._path: list[str | int] = []

    def document(self) -> Any:
        found = self._value()
        if self._next():
            raise self._wrong("Additional text encountered after finished reading JSON content")
        return found

    def _next(self) -> str:
        """The character that comes next, with blanks and comments skipped; empty at the end."""
        skipped = _SKIPPED.match(self._text, self._at)
        self._at = skipped.end() if skipped else self._at
        return self._text[self._at : self._at + 1]

    def _wrong(self, what: str) -> RelaxedError:
        before = self._text[: self._at]
        line, position = before.count("\n") + 1, self._at - (before.rfind("\n") + 1)
        path = "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in self._path).removeprefix(".")
        shown = self._text[self._at : self._at + 1] or "end of content"
        return RelaxedError(f"{what}: {shown}. Path '{path}', line {line}, position {position + 1}.")

    def _value(self) -> Any:
        if len(self._path) > self._deepest:
            raise self._wrong(f"The reader's MaxDepth of {self._deepest} has been exceeded")
        match self._next():
            case "{":
                return dict(self._members("}"))
            case "[":
                return [value for _, value in self._members("]")]
            case '"' | "'":
                return self._quoted()
        bare = _BARE.match(self._text, self._at)
        word = bare[0] if bare else ""
        if not word or (word not in _WORDS and not (word[0].isdigit() or word[0] == "-")):
            raise self._wrong("Unexpected character encountered while parsing value")
        self._at += len(word)
        return _WORDS[word] if word in _WORDS else json.loads(word)

    def _members(self, end: str) -> Any:
        """Pairs of an object, or of a list with the index for a name, up to `end`."""
        self._at += 1
        count = 0
        while self._next() != end:
            name = self._name() if end == "}" else count
            self._path.append(name)
            yield name, self._value()
            self._path.pop()
            count += 1
            if self._next() == ",":
                self._at += 1
            elif self._next() != end:
                raise self._wrong("After parsing a value an unexpected character was encountered")
        self._at += 1

    def _name(self) -> str:
        bare = _BARE.match(self._text, self._at)
        if self._next() in ("'", '"'):
            name = self._quoted()
        elif bare:
            name = bare[0]
            self._at = bare.end()
        else:
            raise self._wrong("Invalid property identifier character")
        if self._next() != ":":
            raise self._wrong("Invalid character after parsing property name. Expected ':' but got")
        self._at += 1
        return name

    def _quoted(self) -> str:
        found = _TEXT.match(self._text, self._at)
        if found is None:
            raise self._wrong("Unterminated string. Expected delimiter")
        inner = found[0][1:-1]
        if found[0][0] == "'":
            inner = inner.replace("\\'", "'").replace('"', '\\"')
        try:
            value: str = json.loads(f'"{inner}"', strict=False)
        except ValueError:
            raise self._wrong("Bad JSON escape sequence in the string that begins with") from None
        self._at = found.end()
        return value


def loads(text: str, deepest: int) -> Any:
    """The value of a text; RelaxedError where it is none."""
    return _Reader(text, deepest).document()
