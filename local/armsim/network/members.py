"""What Microsoft.Network knows of its bodies: a table a type, from which bodies are read, shown and linked.

A table maps the name of each property to a `Member`, in the order in which Azure shows them. Lists of named parts
(subnets, rules, pools) have tables of their own. Stored parts hold name, zones and properties; id, etag, type and
state are added when they are shown.
"""

from collections.abc import Callable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any

from local.armsim.body import Body
from local.armsim.errors import ArmError
from local.armsim.kinds import Resource, Write
from local.armsim.network.naming import missing, named_parts, unreadable
from local.armsim.reading import choice, flag, integer, record, records, text, texts

type Reader = Callable[[Body, str], Any]
type Members = Mapping[str, "Member"]


@dataclass(frozen=True, slots=True)
class Member:
    """One property: how it is read, what the service writes where nobody sent it, since when it is known."""

    read: Reader
    default: Any = None
    since: str = ""
    until: str = "~"
    """The first api-version that no longer knows it."""
    needed: bool = False
    link: str = ""
    """What it refers to: a type of the namespace, such as `publicIPAddresses`, or an own part, such as `.probes`."""
    inner: Members | None = None
    """An object with members of its own."""
    parts: Members | None = None
    """A list of named parts, each with these properties."""

    def known(self, api_version: str) -> bool:
        return self.since <= api_version < self.until


def nothing(given: Body, name: str) -> None:
    """For what only the service writes: what is sent is ignored."""


def label(given: Body, name: str) -> str | None:
    """Text; a number counts, as templates send ports."""
    value = given.get(name)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else text(given, name)


def word(*allowed: str) -> Reader:
    """One of these words, in any case."""
    return lambda given, name: choice(given, name, allowed, name)


def reference(given: Body, name: str) -> Body | None:
    """An object that holds an id."""
    wanted = text(given, name, "id")
    return {"id": wanted} if wanted else None


def references(given: Body, name: str) -> list[Body] | None:
    """A list of such objects."""
    return [{"id": text(one, "id") or ""} for one in records(given, name)] or None


TEXT = Member(text)
TEXTS = Member(lambda given, name: texts(given, name) or None)
NUMBER = Member(integer)
OBJECT = Member(lambda given, name: record(given, name) or None)
OBJECTS = Member(records, [])
SHOWN = Member(nothing)
"""Written by the service, and kept."""


def to(link: str, since: str = "", *, needed: bool = False) -> Member:
    """A reference to what `link` names."""
    return Member(reference, None, since, needed=needed, link=link)


def to_many(link: str, since: str = "") -> Member:
    """References to what `link` names."""
    return Member(references, None, since, link=link)


def switch(default: bool | None = False, since: str = "") -> Member:
    return Member(flag, default, since)


def parts_of(members: Members, since: str = "") -> Member:
    """A list of named parts."""
    return Member(nothing, [], since, parts=members)


def object_of(members: Members, default: Body | None = None, since: str = "", *, needed: bool = False) -> Member:
    """An object whose members are known."""
    return Member(nothing, default, since, needed=needed, inner=members)


def take(members: Members, sent: Body, write: Write, before: Body) -> Body:
    """The properties to keep: what was sent, in true types; defaults; from `before` what this version does not know."""
    spelt = {name.lower(): name for name in members}
    given = {spelt[name.lower()]: value for name, value in sent.items() if name.lower() in spelt}
    kept: Body = {}
    for name, member in members.items():
        value = _taken(name, member, given, write, before) if member.known(write.api_version) else None
        if value is None and (member.read is nothing or not member.known(write.api_version)):
            value = before.get(name)
        if value is None:
            value = copy(member.default)
        if value is not None:
            kept[name] = value
        elif member.needed:
            raise missing(name)
    return kept


def _taken(name: str, member: Member, given: Body, write: Write, before: Body) -> Any:
    if member.parts is not None:
        there = {one["name"].lower(): one["properties"] for one in before.get(name, ())}
        return [_part(one, member.parts, write, there) for one in named_parts(given, name)]
    if member.inner is not None:
        if name not in given and member.default is None:
            return None
        return take(member.inner, record(given, name), write, before.get(name) or {})
    try:
        return member.read(given, name)
    except ArmError as refused:
        raise unreadable(refused.message) from None


def _part(sent: Body, members: Members, write: Write, there: Mapping[str, Body]) -> Body:
    name = sent["name"]
    kept: Body = {"name": name}
    if "zones" in sent:
        kept["zones"] = texts(sent, "zones")
    return {**kept, "properties": take(members, record(sent, "properties"), write, there.get(name.lower(), {}))}


def links(members: Members, kept: Body, path: str = "") -> Iterator[tuple[Member, str, str]]:
    """Every id that a body refers to: how, the id, and the path of the part that refers."""
    for name, member in members.items():
        value = kept.get(name)
        if value is None:
            continue
        if member.link:
            for one in value if isinstance(value, list) else [value]:
                yield member, one["id"], path
        elif member.inner is not None:
            yield from links(member.inner, value, path)
        elif member.parts is not None:
            for one in value:
                yield from links(member.parts, one["properties"], f"{path}/{name}/{one['name']}".lstrip("/"))


def paths(members: Members, kept: Body, path: str = "") -> Iterator[str]:
    """The path of every part."""
    for name, member in members.items():
        if member.parts is not None:
            for one in kept.get(name, ()):
                here = f"{path}/{name}/{one['name']}".lstrip("/")
                yield here
                yield from paths(member.parts, one["properties"], here)


@dataclass(frozen=True, slots=True)
class Showing:
    """One look at one resource. `more` are read-only properties of its parts, by the part's id in lower case."""

    resource: Resource
    api_version: str
    more: Mapping[str, Body]
    typed: bool = True
    """Parts say their type."""

    @property
    def state(self) -> str:
        return "Updating" if self.resource.state == "Creating" else self.resource.state

    def properties(self, members: Members, kept: Body, where: str, type_name: str) -> Body:
        """The properties of the resource, or of the part with the id `where`."""
        shown: Body = {"provisioningState": self.state}
        for name, member in members.items():
            if name not in kept or not member.known(self.api_version):
                continue
            if member.parts is not None:
                here = f"{type_name}/{name}"
                shown[name] = [
                    self._part(member.parts, one, f"{where}/{name}/{one['name']}", here) for one in kept[name]
                ]
            elif member.inner is not None:
                known = member.inner
                inner = kept[name]
                shown[name] = {one: inner[one] for one in known if one in inner and known[one].known(self.api_version)}
            else:
                shown[name] = kept[name]
        return {**shown, **self.more.get(where.lower(), {})}

    def _part(self, members: Members, part: Body, part_id: str, type_name: str) -> Body:
        return {
            "name": part["name"],
            "id": part_id,
            "etag": self.resource.etag,
            **({"type": type_name} if self.typed else {}),
            **({"zones": part["zones"]} if "zones" in part else {}),
            "properties": self.properties(members, part["properties"], part_id, type_name),
        }
