"""Rows of the table for Microsoft.Network: one for a type, one for each kind of its parts, made from its members."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from local.armsim.body import Body
from local.armsim.kinds import Action, Done, Look, Resource, ResourceType, Write, no_check, no_end, plain_view
from local.armsim.network.members import Members, Showing, links, take
from local.armsim.network.naming import check_name
from local.armsim.network.references import check_links
from local.armsim.timing import NETWORK_DELETE, Spread
from local.armsim.wire import Wire
from local.armsim.world import World

VERSIONS = ("2015-06-15", "2026-03-01")

type Dress = Callable[[Resource, Look], tuple[Body, Mapping[str, Body]]]
"""The properties to show, and what is read-only in them: by the id of the resource or part in lower case."""


def network_wire(retry_after: float | None, *, at_once: bool = False) -> Wire:
    """The family's wire: bare operation bodies, Retry-After by type, no rate-limit headers."""
    return Wire(
        operations="operations",
        bare=True,
        notify=True,
        retry_after=retry_after,
        polls=(10.0,),
        delete_retry_after=10.0,
        delete_polls=(10.0,),
        creating="Updating",
        done_at_once=at_once,
        end_of_monitor=204,
    )


def kept_of(write: Write, kind: str, members: Members) -> Body:
    """The properties to keep, with references that hold; `resourceGuid` lives as long as the resource."""
    check_name(write.route.names[-1], kind)
    kept = take(members, write.properties, write, write.existing.properties if write.existing else {})
    kept.setdefault("resourceGuid", write.world.draws.guid("resource", write.id.lower()))
    check_links(write, members, kept)
    return kept


def as_kept(resource: Resource, look: Look) -> tuple[Body, Mapping[str, Body]]:
    return resource.properties, {}


def network_type(
    name: str,
    members: Members,
    wire: Wire,
    compose: Callable[[Write], Body],
    seconds: float | Spread,
    *,
    dress: Dress = as_kept,
    check_delete: Callable[[World, Resource, datetime], None] = no_check,
    end: Callable[[World, Resource, datetime], None] = no_end,
    more_links: Callable[[Body], Iterable[tuple[str, str]]] = lambda kept: (),
    actions: Mapping[tuple[str, str], Callable[[Action], Done]] | None = None,
    typed_since: str = "",
) -> ResourceType:
    """The row of a type; its parts say their type from the api-version `typed_since` on, as recorded."""

    def view(resource: Resource, look: Look) -> Body:
        kept, more = dress(resource, look)
        body = plain_view(resource, look)
        body["etag"] = resource.etag
        showing = Showing(resource, look.api_version, more, look.api_version >= typed_since)
        body["properties"] = showing.properties(members, kept, resource.id, name)
        return body

    def references(body: Body) -> Iterable[tuple[str, str]]:
        kept = body["properties"]
        found = [(target, path) for member, target, path in links(members, kept) if not member.link.startswith(".")]
        return [*found, *more_links(kept)]

    return ResourceType(
        name=name,
        versions=VERSIONS,
        wire=wire,
        compose=compose,
        seconds=lambda write: write.takes(seconds) if isinstance(seconds, Spread) else seconds,
        view=view,
        check_delete=check_delete,
        delete_seconds=NETWORK_DELETE,
        references=references,
        end=end,
        etag="guid",
        busy="network",
        patches_tags=True,
        actions=actions or {},
    )


def part_types(name: str, members: Members, wire: Wire, writable: frozenset[str]) -> list[ResourceType]:
    """The rows of a type's parts; PATCH changes tags, so parts have none."""
    return [
        ResourceType(
            name=f"{name}/{collection}",
            versions=VERSIONS,
            wire=wire,
            located=False,
            verbs=frozenset({"GET", "PUT", "DELETE"} if collection in writable else {"GET"}),
            part_of=("properties", collection),
        )
        for collection, member in members.items()
        if member.parts is not None
    ]
