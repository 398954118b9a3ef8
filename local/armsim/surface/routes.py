"""Tables of paths outside the table of resource types: pattern → function, and what such a function is given."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast
from urllib.parse import unquote

from local.armsim.answers import Answer
from local.armsim.body import Body
from local.armsim.errors import unsupported_verb
from local.armsim.intake import Incoming, fields
from local.armsim.tokens import Tokens
from local.armsim.world import World


@dataclass(frozen=True, slots=True)
class Ask:
    """One request whose path is in a table. `names`: what the path holds where its pattern has `{…}`."""

    world: World
    request: Incoming
    names: Mapping[str, str]
    tokens: Tokens | None = None

    @property
    def base(self) -> str:
        """Scheme and host that the client used, for URLs that lead back here."""
        return self.request.base_url

    @property
    def query(self) -> dict[str, str]:
        """The query, decoded, names in lower case."""
        return fields(self.request.query)


type Answering = Callable[[Ask], Answer]


def bare_list(shown: list[Body]) -> Answer:
    """An answer whose body is a list in no envelope, as a few of ARM's are."""
    return Answer(200, cast(Body, shown))


class Paths:
    """A table `"GET /subscriptions/{subscription}/locations"` → function; letters of either case, doubled slashes."""

    def __init__(self, rows: Mapping[str, Answering]) -> None:
        self._by_length: dict[int, list[tuple[str, list[str], Answering]]] = {}
        for row, answering in rows.items():
            method, _, path = row.partition(" ")
            pattern = path.strip("/").split("/")
            self._by_length.setdefault(len(pattern), []).append((method, pattern, answering))

    def find(self, request: Incoming) -> tuple[Answering, dict[str, str]] | None:
        """The row that fits a request; None where no path does, 405 where only the verb does not."""
        parts = [unquote(part) for part in request.path.split("/") if part]
        fits = False
        for method, pattern, answering in self._by_length.get(len(parts), ()):
            names = _names(pattern, parts)
            if names is None:
                continue
            if method == ("GET" if request.method == "HEAD" else request.method):
                return answering, names
            fits = True
        if fits:
            raise unsupported_verb(request.method)
        return None


def _names(pattern: list[str], parts: list[str]) -> dict[str, str] | None:
    names: dict[str, str] = {}
    for wanted, part in zip(pattern, parts, strict=True):
        if wanted.startswith("{"):
            names[wanted[1:-1]] = part
        elif wanted.lower() != part.lower():
            return None
    return names
