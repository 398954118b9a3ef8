"""What no shape may leave open: keys, old TLS, public blobs, basic authentication."""

from collections.abc import Iterator, Mapping

from tests.infra.snapshot import Resource
from tests.infra.tree import SITE, Tree

STORAGE = "Microsoft.Storage/storageAccounts"
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
        yield from must(shape, account, account.properties, STORAGE_MUST)
    for shape, container in tree.each(f"{STORAGE}/blobServices/containers"):
        yield from must(shape, container, container.properties, {"publicAccess": "None"})


def the_site_takes_tokens_over_https_only(tree: Tree) -> Iterator[str]:
    """HTTPS, TLS 1.2, no FTP, and no user name and password for uploads."""
    for shape, site in tree.each(SITE):
        yield from must(shape, site, site.properties, SITE_MUST)
        yield from must(shape, site, site.properties["siteConfig"], SITE_CONFIG_MUST)
        allowed = {one.name: one.properties.get("allow") for one in tree.snapshots[shape].of(POLICY)}
        if allowed != {"ftp": False, "scm": False}:
            yield f"{shape}: basic publishing credentials are {allowed}"


def telemetry_takes_tokens_only(tree: Tree) -> Iterator[str]:
    """Application Insights and its workspace refuse keys."""
    for shape, component in tree.each("Microsoft.Insights/components"):
        wanted = {"DisableLocalAuth": True, "IngestionMode": "LogAnalytics"}
        yield from must(shape, component, component.properties, wanted)
    for shape, workspace in tree.each("Microsoft.OperationalInsights/workspaces"):
        yield from must(shape, workspace, workspace.properties.get("features", {}), {"disableLocalAuth": True})


def must(shape: str, one: Resource, holder: Mapping[str, object], wanted: Mapping[str, object]) -> Iterator[str]:
    """A problem for each value of a resource, or of a part of it, that is another than wanted."""
    for name, value in wanted.items():
        if holder.get(name) != value:
            yield f"{shape}: {one}: {name} is {holder.get(name)!r}, not {value!r}"


CHECKS = (
    storage_is_locked,
    the_site_takes_tokens_over_https_only,
    telemetry_takes_tokens_only,
)
