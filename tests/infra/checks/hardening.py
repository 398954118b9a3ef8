"""What no shape may leave open: keys, old TLS, public blobs, basic authentication, networks."""

from collections.abc import Iterator, Mapping

from tests.infra.snapshot import Resource
from tests.infra.tree import SITE, Tree

ISOLATED = "network-isolation"
STORAGE = "Microsoft.Storage/storageAccounts"
SCHEDULER = "Microsoft.DurableTask/schedulers"
POLICY = "Microsoft.Web/sites/basicPublishingCredentialsPolicies"

STORAGE_MUST = {
    "allowSharedKeyAccess": False,
    "allowBlobPublicAccess": False,
    "allowCrossTenantReplication": False,
    "defaultToOAuthAuthentication": True,
    "minimumTlsVersion": "TLS1_2",
    "supportsHttpsTrafficOnly": True,
}
SITE_MUST = {"httpsOnly": True}
SITE_CONFIG_MUST = {"minTlsVersion": "1.2", "scmMinTlsVersion": "1.2", "ftpsState": "Disabled"}


def storage_is_locked(tree: Tree) -> Iterator[str]:
    """No shared key, no public blob, nothing below TLS 1.2, no replication into another tenant."""
    for shape, account in tree.each(STORAGE):
        yield from _must(shape, account, account.properties, STORAGE_MUST)
    for shape, container in tree.each(f"{STORAGE}/blobServices/containers"):
        yield from _must(shape, container, container.properties, {"publicAccess": "None"})


def the_site_takes_tokens_over_https_only(tree: Tree) -> Iterator[str]:
    """HTTPS, TLS 1.2, no FTP, and no user name and password for uploads."""
    for shape, site in tree.each(SITE):
        yield from _must(shape, site, site.properties, SITE_MUST)
        yield from _must(shape, site, site.properties["siteConfig"], SITE_CONFIG_MUST)
        allowed = {one.name: one.properties.get("allow") for one in tree.snapshots[shape].of(POLICY)}
        if allowed != {"ftp": False, "scm": False}:
            yield f"{shape}: basic publishing credentials are {allowed}"


def telemetry_takes_tokens_only(tree: Tree) -> Iterator[str]:
    """Application Insights and its workspace refuse keys."""
    for shape, component in tree.each("Microsoft.Insights/components"):
        must = {"DisableLocalAuth": True, "IngestionMode": "LogAnalytics"}
        yield from _must(shape, component, component.properties, must)
    for shape, workspace in tree.each("Microsoft.OperationalInsights/workspaces"):
        yield from _must(shape, workspace, workspace.properties.get("features", {}), {"disableLocalAuth": True})


def the_network_is_as_open_as_the_shape_says(tree: Tree) -> Iterator[str]:
    """Isolated: only private endpoints, and Event Grid as a trusted service. Otherwise: public, behind tokens."""
    for shape in tree.snapshots:
        isolated = shape == ISOLATED
        public = "Disabled" if isolated else "Enabled"
        for kind in (SITE, SCHEDULER):
            for one in tree.snapshots[shape].of(kind):
                yield from _must(shape, one, one.properties, {"publicNetworkAccess": public})
        yield from _storage_network(tree, shape, isolated)


def isolation_reaches_everything_privately(tree: Tree) -> Iterator[str]:
    """A private endpoint for each service that the app needs, each with its DNS zone, and a subnet for the app."""
    snapshot = tree.snapshots[ISOLATED]
    groups = {
        group
        for endpoint in snapshot.of("Microsoft.Network/privateEndpoints")
        for link in endpoint.properties["privateLinkServiceConnections"]
        for group in link["properties"]["groupIds"]
    }
    if not groups >= {"blob", "queue", "scheduler", "sites"}:
        yield f"{ISOLATED}: private endpoints for {sorted(groups)} only"
    endpoints = len(snapshot.of("Microsoft.Network/privateEndpoints"))
    zoned = len(snapshot.of("Microsoft.Network/privateEndpoints/privateDnsZoneGroups"))
    if zoned != endpoints:
        yield f"{ISOLATED}: {endpoints} private endpoints, {zoned} in a DNS zone"
    delegated = [
        subnet
        for network in snapshot.of("Microsoft.Network/virtualNetworks")
        for subnet in network.properties["subnets"]
        for one in subnet.get("properties", {}).get("delegations", ())
        if one["properties"]["serviceName"] == "Microsoft.App/environments"
    ]
    (site,) = snapshot.of(SITE)
    if not any(str(site.properties.get("virtualNetworkSubnetId")).endswith(f"/{one['name']}") for one in delegated):
        yield f"{ISOLATED}: the app is in no subnet that is delegated to Microsoft.App/environments"


def _storage_network(tree: Tree, shape: str, isolated: bool) -> Iterator[str]:
    events = tree.settings(shape)["ImageEvents__queueServiceUri"]
    for account in tree.snapshots[shape].of(STORAGE):
        rules = account.properties.get("networkAcls", {})
        of_events = account.name in events
        must = {"defaultAction": "Deny" if isolated else "Allow"}
        if of_events:
            must["bypass"] = "AzureServices"
        yield from _must(shape, account, rules, must)
        public = "Enabled" if of_events or not isolated else "Disabled"
        yield from _must(shape, account, account.properties, {"publicNetworkAccess": public})


def _must(shape: str, one: Resource, holder: Mapping[str, object], wanted: Mapping[str, object]) -> Iterator[str]:
    for name, value in wanted.items():
        if holder.get(name) != value:
            yield f"{shape}: {one}: {name} is {holder.get(name)!r}, not {value!r}"


CHECKS = (
    storage_is_locked,
    the_site_takes_tokens_over_https_only,
    telemetry_takes_tokens_only,
    the_network_is_as_open_as_the_shape_says,
    isolation_reaches_everything_privately,
)
