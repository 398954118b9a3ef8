"""The function app itself: plan, Python, instances, identity, and no setting that Flex Consumption does not take."""

import tomllib
from collections.abc import Iterator

from tests.infra.tree import SITE, Tree

IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities"

DEPRECATED = frozenset(
    {
        "ENABLE_ORYX_BUILD",
        "FUNCTIONS_EXTENSION_VERSION",
        "FUNCTIONS_WORKER_PROCESS_COUNT",
        "FUNCTIONS_WORKER_RUNTIME",
        "FUNCTIONS_WORKER_RUNTIME_VERSION",
        "FUNCTIONS_MAX_HTTP_CONCURRENCY",
        "SCM_DO_BUILD_DURING_DEPLOYMENT",
        "WEBSITE_CONTENTAZUREFILECONNECTIONSTRING",
        "WEBSITE_CONTENTOVERVNET",
        "WEBSITE_CONTENTSHARE",
        "WEBSITE_DNS_SERVER",
        "WEBSITE_MAX_DYNAMIC_APPLICATION_SCALE_OUT",
        "WEBSITE_NODE_DEFAULT_VERSION",
        "WEBSITE_RUN_FROM_PACKAGE",
        "WEBSITE_SKIP_CONTENTSHARE_VALIDATION",
        "WEBSITE_VNET_ROUTE_ALL",
    }
)
"""learn.microsoft.com, "App settings reference for Azure Functions", section on Flex Consumption."""

DEPRECATED_SITE_CONFIG = frozenset({"linuxFxVersion", "alwaysOn", "preWarmedInstanceCount", "functionAppScaleLimit"})


def the_plan_is_flex_consumption(tree: Tree) -> Iterator[str]:
    """One plan of FC1 on Linux in each shape."""
    for shape, snapshot in tree.snapshots.items():
        found = [
            (plan.body["sku"]["name"], plan.body["sku"].get("tier"), plan.properties.get("reserved"))
            for plan in snapshot.of("Microsoft.Web/serverfarms")
        ]
        if found != [("FC1", "FlexConsumption", True)]:
            yield f"{shape}: plans {found}"


def python_is_one_version_everywhere(tree: Tree) -> Iterator[str]:
    """The template's, the developers' (.python-version) and the project's own."""
    version = tree.text(".python-version").strip()
    project = tomllib.loads(tree.text("pyproject.toml"))["project"]["requires-python"]
    if project != f">={version}":
        yield f"pyproject.toml asks for Python {project}, .python-version for {version}"
    for shape, site in tree.each(SITE):
        runtime = site.properties["functionAppConfig"]["runtime"]
        if runtime != {"name": "python", "version": version}:
            yield f"{shape}: the app runs on {runtime}, the project on Python {version}"


def durable_has_one_instance_always_ready(tree: Tree) -> Iterator[str]:
    """`durable` is the name of the scaling group; another name would be billed and keep nothing warm."""
    for shape, site in tree.each(SITE):
        ready = site.properties["functionAppConfig"]["scaleAndConcurrency"]["alwaysReady"]
        if ready != [{"name": "durable", "instanceCount": 1}]:
            yield f"{shape}: always ready: {ready}"


def no_setting_is_refused_by_flex(tree: Tree) -> Iterator[str]:
    """Settings and properties that functionAppConfig has replaced."""
    for shape, site in tree.each(SITE):
        for name in sorted({*tree.settings(shape)} & DEPRECATED):
            yield f"{shape}: the setting {name} is not for Flex Consumption"
        for name in sorted({*site.properties["siteConfig"]} & DEPRECATED_SITE_CONFIG):
            yield f"{shape}: the property {name} is not for Flex Consumption"


def the_app_has_one_identity_for_everything(tree: Tree) -> Iterator[str]:
    """The one user-assigned identity runs the app, fetches its package and reads its secrets."""
    for shape, site in tree.each(SITE):
        (identity,) = tree.snapshots[shape].of(IDENTITY)
        deployment = site.properties["functionAppConfig"]["deployment"]["storage"]["authentication"]
        found = {
            "identities": (site.body["identity"]["type"], *site.body["identity"]["userAssignedIdentities"]),
            "package": (deployment["type"], deployment.get("userAssignedIdentityResourceId")),
            "secrets": site.properties.get("keyVaultReferenceIdentity"),
        }
        wanted = {
            "identities": ("UserAssigned", identity.id),
            "package": ("UserAssignedIdentity", identity.id),
            "secrets": identity.id,
        }
        for name, value in wanted.items():
            if found[name] != value:
                yield f"{shape}: {name}: {found[name]}, not {value}"


def the_package_has_its_container(tree: Tree) -> Iterator[str]:
    """The container that the package goes to is made on the host's storage."""
    for shape, site in tree.each(SITE):
        address = site.properties["functionAppConfig"]["deployment"]["storage"]["value"]
        containers = tree.snapshots[shape].of("Microsoft.Storage/storageAccounts/blobServices/containers")
        named = [one for one in containers if one.id.split("/")[8] in address and f"'{one.name}'" in _quoted(address)]
        if len(named) != 1:
            yield f"{shape}: no container is made for {address}"


def _quoted(address: str) -> str:
    """The address with its last path segment as a quoted text, whether it is an expression or written out."""
    return address if address.startswith("[") else f"{address}'{address.rpartition('/')[2]}'"


CHECKS = (
    the_plan_is_flex_consumption,
    python_is_one_version_everywhere,
    durable_has_one_instance_always_ready,
    no_setting_is_refused_by_flex,
    the_app_has_one_identity_for_everything,
    the_package_has_its_container,
)
