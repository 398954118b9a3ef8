"""The lists of whatever lies in a subscription or a group, in the form that all types share."""

from collections import Counter

from local.armsim.answers import Answer
from local.armsim.body import Body
from local.armsim.errors import group_not_found
from local.armsim.kinds import Resource
from local.armsim.operations import stamp
from local.armsim.paging import page
from local.armsim.resources.exported import export
from local.armsim.resources.filters import matcher
from local.armsim.surface.routes import Ask

_SHARED = ("sku", "kind", "plan", "identity", "managedBy", "zones", "location", "tags")


def _shown(resource: Resource, expand: str) -> Body:
    shown: Body = {"id": resource.id, "name": "/".join(resource.route.names), "type": resource.kind.name}
    shown |= {name: resource.body[name] for name in _SHARED if name in resource.body}
    if isinstance(shown.get("sku"), dict):
        shown["sku"] = {name: value for name, value in shown["sku"].items() if name != "capacity"}
    operation = resource.operation
    changed = resource.created if operation is None else operation.ended or operation.started
    more = {
        "createdtime": ("createdTime", stamp(resource.created)),
        "changedtime": ("changedTime", stamp(changed)),
        "provisioningstate": ("provisioningState", resource.state),
    }
    wanted = {one.strip() for one in expand.lower().split(",")}
    return shown | dict(pair for word, pair in more.items() if word in wanted)


def resources(ask: Ask) -> Answer:
    """Everything with a location, in a subscription or in one of its groups; children are named with their parents."""
    world, query = ask.world, ask.query
    scope, group = f"/subscriptions/{ask.names['subscription']}", ask.names.get("group")
    if group is not None:
        scope = f"{scope}/resourceGroups/{group}"
        if world.store.get(scope) is None:
            raise group_not_found(group)
    fits, now = matcher(query.get("$filter", "")), world.now()
    found = [
        one
        for one in world.store.below(scope)
        if one.kind.located and one.route.names and not (one.hidden and one.hidden > now) and fits(one)
    ]
    expand = query.get("$expand", "")
    request = ask.request
    return Answer(200, page(world, found, request.path, request.query, ask.base, show=lambda one: _shown(one, expand)))


def tags(ask: Ask) -> Answer:
    """Every tag's name with its values, and on how many groups and resources of the subscription each is."""
    scope = f"/subscriptions/{ask.names['subscription']}"
    found: dict[str, tuple[str, Counter[str]]] = {}
    for one in ask.world.store.below(scope):
        tagged = one.body.get("tags")
        for name, value in (tagged if isinstance(tagged, dict) else {}).items():
            found.setdefault(name.lower(), (name, Counter()))[1][str(value)] += 1

    def show(each: tuple[str, Counter[str]]) -> Body:
        name, counts = each
        base = f"{scope}/tagNames/{name}"
        values = [
            {"id": f"{base}/tagValues/{value}", "tagValue": value, "count": {"type": "Total", "value": count}}
            for value, count in counts.items()
        ]
        return {"id": base, "tagName": name, "count": {"type": "Total", "value": counts.total()}, "values": values}

    return Answer(200, page(ask.world, [*found.values()], ask.request.path, ask.request.query, ask.base, show=show))


GENERIC = {
    "GET /subscriptions/{subscription}/tagNames": tags,
    "POST /subscriptions/{subscription}/resourceGroups/{group}/exportTemplate": export,
    "GET /subscriptions/{subscription}/resources": resources,
    "GET /subscriptions/{subscription}/resourceGroups/{group}/resources": resources,
}
