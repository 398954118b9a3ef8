"""What a region offers beside resources: galleries that are shared, and services that a subnet can be delegated to."""

from collections.abc import Iterator

from local.armsim import regions
from local.armsim.answers import Answer
from local.armsim.body import Body, dig, items
from local.armsim.errors import resource_not_found
from local.armsim.kinds import Resource
from local.armsim.paging import page
from local.armsim.surface.routes import Ask

_DELEGATIONS = """
Microsoft.ApiManagement/service Microsoft.App/environments Microsoft.ContainerInstance/containerGroups
Microsoft.Databricks/workspaces Microsoft.DBforMySQL/flexibleServers Microsoft.DBforPostgreSQL/flexibleServers
Microsoft.NetApp/volumes Microsoft.Network/dnsResolvers Microsoft.Sql/managedInstances Microsoft.Web/serverFarms
"""
"""Some of them: Azure knows many more."""
_ACTION = "Microsoft.Network/virtualNetworks/subnets/action"


def _delegations(ask: Ask) -> Answer:
    scope = f"/subscriptions/{ask.names['subscription']}"
    if "group" in ask.names:
        scope += f"/resourceGroups/{ask.names['group']}"
    kind = "Microsoft.Network/availableDelegations"
    shown = [
        {
            "name": service.replace("/", "."),
            "id": f"{scope}/providers/{kind}/{service.replace('/', '.')}",
            "type": kind,
            "serviceName": service,
            "actions": [_ACTION],
        }
        for service in _DELEGATIONS.split()
    ]
    return Answer(200, page(ask.world, shown, ask.request.path, ask.request.query, ask.base))


def _galleries(ask: Ask) -> Iterator[Resource]:
    """Galleries of any subscription that are shared with the caller's; with `sharedTo=tenant`, with its tenant.

    Azure lists a gallery wherever it has a version; that it is its own location alone here is *inferred*.
    """
    tenant = ask.query.get("sharedto", "").lower() == "tenant"
    kind, wanted = ("AADTenants", ask.world.tenant_id) if tenant else ("Subscriptions", ask.names["subscription"])
    for subscription in ask.world.subscriptions:
        for one in ask.world.store.listed(f"/subscriptions/{subscription}", "Microsoft.Compute/galleries"):
            groups = items(one.properties, "sharingProfile", "groups")
            ids = {str(each).lower() for group in groups if group["type"] == kind for each in group["ids"]}
            if one.location == regions.short(ask.names["location"]) and wanted.lower() in ids:
                yield one


def _shown(gallery: Resource) -> Body:
    name = dig(gallery.properties, "identifier", "uniqueName")
    return {"name": name, "location": gallery.location, "identifier": {"uniqueId": f"/SharedGalleries/{name}"}}


def _shared(ask: Ask) -> Answer:
    found = [_shown(one) for one in _galleries(ask)]
    return Answer(200, page(ask.world, found, ask.request.path, ask.request.query, ask.base))


def _shared_one(ask: Ask) -> Answer:
    wanted = ask.names["name"].lower()
    for one in map(_shown, _galleries(ask)):
        if one["name"].lower() == wanted:
            return Answer(200, one)
    raise resource_not_found(f"Microsoft.Compute/locations/{ask.names['location']}/sharedGalleries/{wanted}", "")


_AT = "GET /subscriptions/{subscription}"
_SHARED = f"{_AT}/providers/Microsoft.Compute/locations/{{location}}/sharedGalleries"
_DELEGABLE = "providers/Microsoft.Network/locations/{location}/availableDelegations"
OFFERS = {
    _SHARED: _shared,
    f"{_SHARED}/{{name}}": _shared_one,
    f"{_AT}/{_DELEGABLE}": _delegations,
    f"{_AT}/resourceGroups/{{group}}/{_DELEGABLE}": _delegations,
}
