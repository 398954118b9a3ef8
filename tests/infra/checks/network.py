"""Networks: as open as the shape says, and where isolated, everything that the app needs is reached privately."""

from collections.abc import Iterator
from ipaddress import ip_network
from itertools import combinations
from typing import Any

from tests.infra.checks.hardening import STORAGE, must
from tests.infra.snapshot import Resource
from tests.infra.tree import SITE, Tree

SCHEDULER = "Microsoft.DurableTask/schedulers"
NETWORK = "Microsoft.Network/virtualNetworks"
ENDPOINT = "Microsoft.Network/privateEndpoints"
ZONE = "Microsoft.Network/privateDnsZones"
FLEX = "Microsoft.App/environments"

OF_STORAGE = "format('privatelink.{}.{{0}}', environment().suffixes.storage)"
ZONES = {
    **{service: OF_STORAGE.format(service) for service in ("blob", "queue", "table")},
    "scheduler": "privatelink.durabletask.io",
    "sites": "privatelink.azurewebsites.net",
}
"""By group id: learn.microsoft.com, "Azure Private Endpoint private DNS zone values"."""


def the_network_is_as_open_as_the_shape_says(tree: Tree) -> Iterator[str]:
    """Isolated: only private endpoints, and Event Grid as a trusted service. Otherwise: public, behind tokens."""
    isolated = _isolated(tree)
    for shape in tree.shapes:
        public = "Disabled" if shape in isolated else "Enabled"
        for kind in (SITE, SCHEDULER):
            for one in tree.snapshots[shape].of(kind):
                yield from must(shape, one, one.properties, {"publicNetworkAccess": public})
        yield from _storage_network(tree, shape, shape in isolated)
    for shape, one in tree.each(SCHEDULER):
        # Nobody knows the addresses of Flex Consumption; any narrower list would shut the app out.
        yield from must(shape, one, one.properties, {"ipAllowlist": ["0.0.0.0/0"]})


def isolation_reaches_everything_privately(tree: Tree) -> Iterator[str]:
    """A private endpoint for each service that the app needs, no other, and a delegated subnet for the app."""
    for shape in _isolated(tree):
        snapshot, found = tree.snapshots[shape], set()
        for endpoint in snapshot.of(ENDPOINT):
            (link,) = endpoint.properties["privateLinkServiceConnections"]
            target = link["properties"]["privateLinkServiceId"].rpartition("/")[2]
            found.add((target, *link["properties"]["groupIds"]))
        if found != (wanted := _needed(tree, shape)):
            yield f"{shape}: no endpoint for {sorted(wanted - found)}, one too many for {sorted(found - wanted)}"
        (site,) = snapshot.of(SITE)
        subnets = {f"{one.id}/subnets/{name}": body for one, name, body in _subnets(tree, shape)}
        within = subnets.get(str(site.properties.get("virtualNetworkSubnetId")), {})
        if FLEX not in {one["properties"]["serviceName"] for one in within.get("delegations", ())}:
            yield f"{shape}: the app is in no subnet that is delegated to {FLEX}"
        for endpoint in snapshot.of(ENDPOINT):
            if subnets.get(endpoint.properties["subnet"]["id"], {"delegations": "?"}).get("delegations"):
                yield f"{shape}: {endpoint} is in no subnet of its own kind"


def each_private_endpoint_is_found_by_name(tree: Tree) -> Iterator[str]:
    """Its record is in its service's zone, and the app's network asks that zone, which takes no machines' names."""
    for shape in _isolated(tree):
        snapshot = tree.snapshots[shape]
        zones = {zone.id: str(zone.body["name"]).strip("[]") for zone in snapshot.of(ZONE)}
        recorded = {
            one.id.partition("/privateDnsZoneGroups/")[0]: one
            for one in snapshot.of(f"{ENDPOINT}/privateDnsZoneGroups")
        }
        for endpoint in snapshot.of(ENDPOINT):
            (link,) = endpoint.properties["privateLinkServiceConnections"]
            configs = recorded[endpoint.id].properties["privateDnsZoneConfigs"] if endpoint.id in recorded else []
            found = [zones.get(one["properties"]["privateDnsZoneId"]) for one in configs]
            if found != [ZONES[group] for group in link["properties"]["groupIds"]]:
                yield f"{shape}: {endpoint} is recorded in {found}"
        (network,) = snapshot.of(NETWORK)
        links = snapshot.of(f"{ZONE}/virtualNetworkLinks")
        for link in links:
            wanted = {"registrationEnabled": False, "virtualNetwork": {"id": network.id}}
            yield from must(shape, link, link.properties, wanted)
        asked = {name for name in zones.values() if any(name in str(link.body["name"]) for link in links)}
        yield from (f"{shape}: nobody asks the zone {name}" for name in sorted({*zones.values()} - asked))


def subnets_lie_apart_and_within_their_network(tree: Tree) -> Iterator[str]:
    """Azure refuses what overlaps, once the deployment is under way."""
    for shape in _isolated(tree):
        (network,) = tree.snapshots[shape].of(NETWORK)
        spaces = [ip_network(prefix) for prefix in network.properties["addressSpace"]["addressPrefixes"]]
        subnets = [(name, ip_network(body["addressPrefix"])) for _, name, body in _subnets(tree, shape)]
        for name, prefix in subnets:
            if not any(prefix.subnet_of(space) for space in spaces):  # type: ignore[arg-type]
                yield f"{shape}: the subnet {name} is outside of {spaces}"
        for (one, first), (other, second) in combinations(subnets, 2):
            if first.overlaps(second):
                yield f"{shape}: the subnets {one} and {other} overlap"


def _isolated(tree: Tree) -> list[str]:
    """The shapes that ask for it."""
    return [shape for shape in tree.shapes if tree.given(shape).get("networkIsolation") == "true"]


def _needed(tree: Tree, shape: str) -> set[tuple[str, str]]:
    """Name and group id of all that the app reaches: the host's storage, the queue, itself, and Durable's state."""
    snapshot, settings = tree.snapshots[shape], tree.settings(shape)
    accounts = [account.name for account in snapshot.of(STORAGE)]
    (host,) = [name for name in accounts if name in settings["AzureWebJobsStorage__blobServiceUri"]]
    (events,) = [name for name in accounts if name in settings["ImageEvents__queueServiceUri"]]
    (site,) = snapshot.of(SITE)
    schedulers = {(one.name, "scheduler") for one in snapshot.of(SCHEDULER)}
    state = schedulers or {(host, "queue"), (host, "table")}
    return {(host, "blob"), (events, "queue"), (site.name, "sites")} | state


def _subnets(tree: Tree, shape: str) -> Iterator[tuple[Resource, str, dict[str, Any]]]:
    for network in tree.snapshots[shape].of(NETWORK):
        for subnet in network.properties["subnets"]:
            yield network, subnet["name"], subnet["properties"]


def _storage_network(tree: Tree, shape: str, isolated: bool) -> Iterator[str]:
    events = tree.settings(shape)["ImageEvents__queueServiceUri"]
    for account in tree.snapshots[shape].of(STORAGE):
        rules = account.properties.get("networkAcls", {})
        of_events = account.name in events
        wanted = {"defaultAction": "Deny" if isolated else "Allow"}
        if of_events:
            wanted["bypass"] = "AzureServices"
        yield from must(shape, account, rules, wanted)
        public = "Enabled" if of_events or not isolated else "Disabled"
        yield from must(shape, account, account.properties, {"publicNetworkAccess": public})


CHECKS = (
    the_network_is_as_open_as_the_shape_says,
    isolation_reaches_everything_privately,
    each_private_endpoint_is_found_by_name,
    subnets_lie_apart_and_within_their_network,
)
