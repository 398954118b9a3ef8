"""Children that lie in their parent's body: subnets, rules of an NSG, the parts of a load balancer.

Network keeps them so: a GET of the parent shows them, a PUT of the parent replaces them, a PUT of one of them
is a write of the parent. Stored parts hold name and properties only; id, etag, type and state are the view's.
"""

from local.armsim.body import Body, items
from local.armsim.errors import network_child_not_found
from local.armsim.ids import Route
from local.armsim.kinds import Look, Resource, ResourceType


def parts(parent: Resource, kind: ResourceType, look: Look) -> list[Body]:
    """All children of one kind, as the parent shows them."""
    return items(parent.kind.view(parent, look), *kind.part_of)


def part(parent: Resource, kind: ResourceType, route: Route, look: Look) -> Body:
    """One child, or Network's 404."""
    wanted = route.names[-1].lower()
    for found in parts(parent, kind, look):
        if found["name"].lower() == wanted:
            body: Body = found
            return body
    raise network_child_not_found(route.id)


def changed(parent: Resource, kind: ResourceType, route: Route, sent: Body | None) -> tuple[Body | None, bool]:
    """The parent's body with the child put (`sent`) or removed (None), and whether it was there.

    The body is None where there is nothing to remove.
    """
    *above, last = kind.part_of
    wanted = route.names[-1]
    kept = items(parent.body, *kind.part_of)
    place = next((at for at, one in enumerate(kept) if one["name"].lower() == wanted.lower()), None)
    if sent is None and place is None:
        return None, False
    children = list(kept)
    if place is not None:
        wanted = children[place]["name"]
        del children[place]
    if sent is not None:
        children.insert(len(children) if place is None else place, {**sent, "name": wanted})
    body = dict(parent.body)
    inner = body
    for name in above:
        inner[name] = dict(inner.get(name) or {})
        inner = inner[name]
    inner[last] = children
    return body, place is not None
