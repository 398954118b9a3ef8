"""The compiled template (infra/main.json) as a graph: what is deployed after what.

Snapshots leave `dependsOn` out, so order is read here. Each module is a nested deployment with a template of its own;
inside one template, `dependsOn` names siblings: by symbol where the resources are an object, by an id expression where
they are a list.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

DEPLOYMENT = "Microsoft.Resources/deployments"

Path = tuple[str, ...]
_LOOP = re.compile(r"\[format\('(\w+)\[\{0\}\]'")
"""One of several that a loop makes: `[format('zones[{0}]', copyIndex())]`; all of them are waited for here."""
_TYPE = re.compile(r"[rR]esourceId\((?:[^']*')?.*?'(Microsoft\.[\w./]+)'")


@dataclass(frozen=True, slots=True)
class Node:
    """A resource or a module of the template. `path`: its symbols from the root; `after`: siblings it waits for."""

    path: Path
    type: str
    body: dict[str, Any]
    after: frozenset[Path]

    def __str__(self) -> str:
        return f"{self.type} at {'/'.join(self.path)}"


class Template:
    """Every node of a compiled template, modules within modules included."""

    def __init__(self, content: dict[str, Any]) -> None:
        self.content = content
        self.nodes = {node.path: node for node in _nodes(content, ())}

    def of(self, kind: str, within: str = "") -> list[Node]:
        """The resources of a type, without those that are only referred to; `within`: a text in their path."""
        return [
            node
            for node in self.nodes.values()
            if node.type.lower() == kind.lower()
            and not node.body.get("existing")
            and any(within in part for part in (*node.path, ""))
        ]

    def waits_for(self, later: Node, earlier: Node) -> bool:
        """Whether Azure starts `later` only once `earlier` is done: by their own order, or by their modules'."""
        common = 0
        while common < min(len(later.path), len(earlier.path)) and later.path[common] == earlier.path[common]:
            common += 1
        if common in (len(later.path), len(earlier.path)):
            return False
        return earlier.path[: common + 1] in self._reached(later.path[: common + 1])

    def cycles(self) -> list[str]:
        """Nodes that wait for themselves."""
        return [str(node) for node in self.nodes.values() if node.path in self._reached(node.path)]

    def _reached(self, start: Path) -> set[Path]:
        """All that a node waits for, directly or not."""
        seen: set[Path] = set()
        waiting = list(self.nodes[start].after)
        while waiting:
            path = waiting.pop()
            if path not in seen:
                seen.add(path)
                waiting.extend(self.nodes[path].after if path in self.nodes else ())
        return seen


def _nodes(template: dict[str, Any], prefix: Path) -> Iterator[Node]:
    listed = template["resources"]
    symbols: dict[str, dict[str, Any]] = (
        listed if isinstance(listed, dict) else {f"{body['type']}#{at}": body for at, body in enumerate(listed)}
    )
    for symbol, body in symbols.items():
        path = (*prefix, symbol)
        after = frozenset(
            (*prefix, found) for wanted in body.get("dependsOn", ()) for found in _siblings(wanted, symbols) or [wanted]
        )
        yield Node(path, body["type"], body, after)
        if body["type"] == DEPLOYMENT and "template" in body.get("properties", {}):
            yield from _nodes(body["properties"]["template"], path)


def _siblings(wanted: str, symbols: dict[str, dict[str, Any]]) -> list[str]:
    """The symbols that one entry of `dependsOn` names."""
    looped = _LOOP.match(wanted)
    symbol = looped[1] if looped else wanted
    if symbol in symbols:
        return [symbol]
    found = _TYPE.search(wanted)
    same = [symbol for symbol, body in symbols.items() if found and body["type"] == found[1]]
    if len(same) < 2:
        return same
    return [symbol for symbol in same if _names(symbols[symbol]) <= set(re.findall(r"'([^']*)'", wanted))]


def _names(body: dict[str, Any]) -> set[str]:
    """The fixed texts of a resource's name, which its id repeats; patterns of format() apart."""
    name = str(body["name"])
    texts = re.findall(r"'([^']*)'", name) if name.startswith("[") else name.split("/")
    return {text for text in texts if not re.fullmatch(r"(\{\d+\}/?)+", text)}
