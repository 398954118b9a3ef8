"""Template language expressions such as `[concat('a', parameters('b').c[0])]`: parsed once, evaluated in a scope.

`resolve` is what the rest uses: it goes through a JSON value and puts results in the place of expressions,
escapes and property loops. What a function does is the scope's business (`scopes.py`).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

_LONGEST = 24_576  # characters of an expression: Azure's limit
_DEEPEST = 50
MOST_COPIES = 800  # Azure's limit of a loop
_TOKEN = re.compile(r"\s*(?:('(?:[^']|'')*')|(-?\d+)|(\w+)|([()\[\].,])|($))", re.ASCII)
_NOTHING: Mapping[str, Any] = {}


class TemplateError(Exception):
    """What is wrong with a template; `expression` once it is known which one."""

    def __init__(self, message: str, expression: str = "") -> None:
        super().__init__(message)
        self.message, self.expression = message, expression


@dataclass(frozen=True, slots=True)
class Literal:
    """A string or a number."""

    value: str | int


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments; the name in lower case, with its namespace where it is a template's own."""

    name: str
    args: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Access:
    """`.name` or `[index]`."""

    of: "Node"
    at: "Node"


type Node = Literal | Call | Access


class Scope(Protocol):
    """Where names mean something."""

    def call(self, name: str, args: list[Any]) -> Any:
        """The value of a function; the name in lower case."""
        ...

    def looped(self, name: str, index: int) -> "Scope":
        """The scope inside pass `index` of the loop `name`."""
        ...


class _Parser:
    def __init__(self, text: str) -> None:
        self._text, self._at, self._depth = text, 0, 0
        self.kind, self.word = 0, ""
        self.step()

    def step(self) -> None:
        found = _TOKEN.match(self._text, self._at)
        if found is None or found.lastindex is None:
            raise self.wrong(f"unexpected character at position {self._at}")
        self._at, self.kind, self.word = found.end(), found.lastindex, found[found.lastindex]

    def wrong(self, why: str) -> TemplateError:
        return TemplateError(
            f"Unable to parse language expression '{self._text}': {why}. "
            "Please see https://aka.ms/arm-template-expressions for usage details.",
            self._text,
        )

    def take(self, mark: str) -> None:
        if self.word != mark or self.kind == 1:
            raise self.wrong(f"expected token '{mark}' and actual '{self.word or 'EndOfData'}'")
        self.step()

    def node(self) -> Node:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self.wrong("it is nested too deeply")
        found = self._first()
        while self.kind == 4 and self.word in ".[":
            mark = self.word
            self.step()
            if mark == "[":
                found = Access(found, self.node())
                self.take("]")
            else:
                found = Access(found, Literal(self._name()))
        self._depth -= 1
        return found

    def _first(self) -> Node:
        kind, word = self.kind, self.word
        if kind == 1:
            self.step()
            return Literal(word[1:-1].replace("''", "'"))
        if kind == 2:
            self.step()
            return Literal(int(word))
        name = self._name()
        if self.word == ".":
            self.step()
            name = f"{name}.{self._name()}"
        self.take("(")
        args: list[Node] = []
        while self.word != ")":
            if args:
                self.take(",")
            args.append(self.node())
        self.take(")")
        return Call(name.lower(), tuple(args))

    def _name(self) -> str:
        if self.kind not in (2, 3):
            raise self.wrong(f"expected a name and actual '{self.word or 'EndOfData'}'")
        name = self.word
        self.step()
        return name


@lru_cache(maxsize=2048)
def parse(text: str) -> Node:
    """The tree of an expression, given without its brackets; raises TemplateError."""
    if len(text) > _LONGEST:
        raise TemplateError(f"The language expression is longer than {_LONGEST} characters.", text[:80])
    parser = _Parser(text)
    found = parser.node()
    if parser.kind != 5:
        raise parser.wrong(f"expected token 'EndOfData' and actual '{parser.word}'")
    return found


def expression(value: object) -> str | None:
    """The text between the brackets where `value` is an expression."""
    if isinstance(value, str) and value.startswith("[") and value.endswith("]") and not value.startswith("[["):
        return value[1:-1]
    return None


def calls(node: Node, name: str) -> Iterator[Call]:
    """Every call of one function in a tree."""
    match node:
        case Access(of, at):
            yield from calls(of, name)
            yield from calls(at, name)
        case Call(called, args):
            if called == name:
                yield node
            for arg in args:
                yield from calls(arg, name)


def member(of: Any, at: Any) -> Any:
    """`of.at` or `of[at]`; names of members in any case."""
    if isinstance(of, list) and isinstance(at, int) and not isinstance(at, bool):
        if 0 <= at < len(of):
            return of[at]
        raise TemplateError(f"The language expression property array index '{at}' is out of bounds.")
    if isinstance(of, dict) and isinstance(at, str):
        for name, value in of.items():
            if name.lower() == at.lower():
                return value
        raise TemplateError(
            f"The language expression property '{at}' doesn't exist, available properties are '{', '.join(of)}'."
        )
    raise TemplateError(f"The language expression property '{at}' can't be evaluated: it needs an object or an array.")


def evaluate(node: Node, scope: Scope, bound: Mapping[str, Any] = _NOTHING) -> Any:
    """The value of a tree; `bound` holds the variables of lambdas around it."""
    match node:
        case Literal(value):
            return value
        case Access(of, at):
            return member(evaluate(of, scope, bound), evaluate(at, scope, bound))
        case Call("if", (test, yes, no)):
            return evaluate(yes if evaluate(test, scope, bound) else no, scope, bound)
        case Call("lambda", (*names, body)):
            variables = [str(evaluate(name, scope)) for name in names]
            return lambda *values: evaluate(body, scope, {**bound, **dict(zip(variables, values, strict=False))})
        case Call("lambdavariables", (name,)):
            return member(dict(bound), evaluate(name, scope))
        case Call(name, args):
            return scope.call(name, [evaluate(arg, scope, bound) for arg in args])


def resolve(value: Any, scope: Scope) -> Any:
    """`value` with every expression evaluated, every escape undone and every property loop unrolled."""
    if isinstance(value, dict):
        return _resolved(value, scope)
    if isinstance(value, list):
        return [resolve(one, scope) for one in value]
    text = expression(value)
    if text is None:
        return value[1:] if isinstance(value, str) and value.startswith("[[") else value
    try:
        found = evaluate(parse(text), scope)
        if callable(found):
            raise TemplateError("The template function 'lambda' is not expected at this location.")
        return found
    except TemplateError as error:
        error.expression = error.expression or text
        raise


def _resolved(value: dict[str, Any], scope: Scope) -> dict[str, Any]:
    done: dict[str, Any] = {}
    for name, inner in value.items():
        if name == "copy" and isinstance(inner, list):
            done |= {str(loop.get("name")): passes(loop, scope) for loop in inner if isinstance(loop, dict)}
        else:
            done[str(resolve(name, scope))] = resolve(inner, scope)
    return done


def passes(loop: dict[str, Any], scope: Scope, name: str = "") -> list[Any]:
    """The results of a loop `{name, count, input}`."""
    name = name or str(loop.get("name", ""))
    return [resolve(loop.get("input"), scope.looped(name, at)) for at in range(copies(loop, scope))]


def copies(loop: dict[str, Any], scope: Scope) -> int:
    """How often a loop runs."""
    count = resolve(loop.get("count"), scope)
    if isinstance(count, int) and not isinstance(count, bool) and 0 <= count <= MOST_COPIES:
        return count
    raise TemplateError(
        f"The copy count '{count}' is not valid: an integer from 0 to {MOST_COPIES} is expected. "
        "Please see https://aka.ms/arm-copy for usage details."
    )
