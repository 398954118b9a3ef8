"""Code and templates agree: settings, queue, connections, task hub."""

import ast
import re
from collections.abc import Iterator

from tests.infra.checks.runtime import IDENTITY
from tests.infra.snapshot import owner
from tests.infra.tree import Tree

QUEUE = "Microsoft.Storage/storageAccounts/queueServices/queues"
HUB = "Microsoft.DurableTask/schedulers/taskHubs"
STORAGE_CONNECTION = "AzureWebJobsStorage"
STORAGE_SERVICES = ("blobServiceUri", "queueServiceUri", "tableServiceUri")

PLATFORM_OWN = {
    "APPLICATIONINSIGHTS_CONNECTION_STRING": "the host: where telemetry goes",
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING": "the host: as whom it sends telemetry",
    "PYTHON_THREADPOOL_THREAD_COUNT": "the Python worker: threads that orchestrators share",
    "AzureWebJobs.image_event.Disabled": "the host: that it does not start this function",
}
"""Settings that nothing of ours reads, and who does."""


def every_setting_that_is_read_is_declared(tree: Tree) -> Iterator[str]:
    """By the app (wiring/settings.py), by its libraries, and by host.json and the bindings between percent signs."""
    wanted = _read_by_the_app(tree) | _read_by_the_host(tree)
    for shape in tree.shapes:
        yield from (f"{shape}: {name} is not declared" for name in sorted(wanted - {*tree.settings(shape)}))


def every_setting_that_is_declared_is_read(tree: Tree) -> Iterator[str]:
    """Or it is the platform's own, or a secret that a profile names."""
    read = _read_by_the_app(tree) | _read_by_the_host(tree) | {*PLATFORM_OWN} | _connections(tree)
    for shape in tree.shapes:
        for name, value in tree.settings(shape).items():
            if name not in read and not value.startswith("@Microsoft.KeyVault("):
                yield f"{shape}: nobody reads {name}"


def only_the_queues_function_is_paused(tree: Tree) -> Iterator[str]:
    """The host disables by a function's name, and overlooks a name that it does not know."""
    (register,) = [node for node in tree.module("triggers/queue.py").body if isinstance(node, ast.FunctionDef)][:1]
    functions = [node.name for node in register.body if isinstance(node, ast.AsyncFunctionDef)]
    for shape in tree.shapes:
        paused = {name: value for name, value in tree.settings(shape).items() if name.endswith(".Disabled")}
        wanted = {f"AzureWebJobs.{name}.Disabled": "true" for name in functions}
        if paused != (wanted if tree.given(shape).get("paused") == "true" else {}):
            yield f"{shape}: disabled are {paused}, functions of the queue {functions}"


def libraries_get_what_the_app_needs(tree: Tree) -> Iterator[str]:
    """The values of LIBRARY_SETTINGS, which an app setting would override."""
    for name, value in tree.constant("wiring/settings.py", "LIBRARY_SETTINGS").items():
        for shape in tree.shapes:
            if tree.settings(shape).get(name) != value:
                yield f"{shape}: {name} is {tree.settings(shape).get(name)!r}, the code needs {value!r}"


def the_queue_has_one_name(tree: Tree) -> Iterator[str]:
    """Setting, queue and poison queue (the host's own rule: `<queue>-poison`), and nothing beside them."""
    setting = tree.constant("triggers/queue.py", "QUEUE").strip("%")
    for shape, snapshot in tree.snapshots.items():
        name = tree.settings(shape).get(setting)
        made = sorted(queue.name for queue in snapshot.of(QUEUE))
        if made != [name, f"{name}-poison"]:
            yield f"{shape}: the app reads {name}, made are {made}"


def connections_are_by_identity(tree: Tree) -> Iterator[str]:
    """The trigger's connection and the host's: addresses and an identity, never a connection string."""
    events = tree.constant("triggers/queue.py", "CONNECTION")
    for shape, snapshot in tree.snapshots.items():
        settings = tree.settings(shape)
        (identity,) = snapshot.of(IDENTITY)
        accounts = {queue.id.split("/")[8] for queue in snapshot.of(QUEUE)}
        if not any(account in settings.get(f"{events}__queueServiceUri", "") for account in accounts):
            yield f"{shape}: {events}__queueServiceUri names no account that has the queue"
        if any(account in settings.get(f"{STORAGE_CONNECTION}__blobServiceUri", "") for account in accounts):
            yield f"{shape}: the host's storage is the events'"
        for prefix in (events, STORAGE_CONNECTION):
            if prefix in settings:
                yield f"{shape}: {prefix} itself is set, which goes before its parts"
            if settings.get(f"{prefix}__credential") != "managedidentity":
                yield f"{shape}: {prefix}__credential is {settings.get(f'{prefix}__credential')!r}"
            if owner(settings.get(f"{prefix}__clientId", "")) != identity.id:
                yield f"{shape}: {prefix}__clientId is not of {identity}"


def everything_acts_as_the_apps_identity(tree: Tree) -> Iterator[str]:
    """The app towards Azure Resource Manager, the host towards Application Insights and the scheduler."""
    for shape, snapshot in tree.snapshots.items():
        settings = tree.settings(shape)
        (identity,) = snapshot.of(IDENTITY)
        if owner(settings.get("AZURE_CLIENT_ID", "")) != identity.id:
            yield f"{shape}: AZURE_CLIENT_ID is not of {identity}"
        for name, before, after in (
            ("APPLICATIONINSIGHTS_AUTHENTICATION_STRING", "ClientId=", "Authorization=AAD"),
            ("DURABLE_TASK_SCHEDULER_CONNECTION_STRING", "Authentication=ManagedIdentity;ClientID=", ""),
        ):
            value = settings.get(name)
            if value is not None and not (before in value and after in value and f"'{identity.id}'" in value):
                yield f"{shape}: {name} is {value}"


def no_setting_holds_a_secret(tree: Tree) -> Iterator[str]:
    """Secrets are references to a key vault; nothing asks Azure for a key."""
    secret = re.compile(r"AccountKey=|SharedAccess|listkeys|listsecrets|sig=|password=", re.IGNORECASE)
    for shape in tree.shapes:
        for name, value in tree.settings(shape).items():
            if secret.search(value):
                yield f"{shape}: {name} holds a secret"


def the_hub_and_its_provider_are_the_packages(tree: Tree) -> Iterator[str]:
    """Hub name and connection of the package's host.json are settings, and the hub is the one that is made."""
    hub = tree.json("host.json")["extensions"]["durableTask"]["hubName"].strip("%")
    providers = tree.constant("scripts/package.py", "STORAGE_PROVIDERS")
    for shape, snapshot in tree.snapshots.items():
        settings = tree.settings(shape)
        hubs = [one.name for one in snapshot.of(HUB)]
        block = providers["durableTaskScheduler" if hubs else "azureStorage"]
        if hubs and hubs != [settings.get(hub)]:
            yield f"{shape}: the hub is {hubs}, {hub} says {settings.get(hub)}"
        if block["type"] != ("azureManaged" if hubs else "AzureStorage"):
            yield f"{shape}: the package's provider is {block['type']}"
        connection = block.get("connectionStringName") or block.get("connectionName") or STORAGE_CONNECTION
        if connection not in settings and f"{connection}__queueServiceUri" not in settings:
            yield f"{shape}: {connection}, the provider's connection, is not declared"
    shaped = {bool(snapshot.of(HUB)) for snapshot in tree.snapshots.values()}
    if shaped != {True, False}:
        yield "the shapes do not have both providers"


def providers_have_one_name(tree: Tree) -> Iterator[str]:
    """The template's parameter allows those that a package can be built for."""
    built = sorted(tree.constant("scripts/package.py", "STORAGE_PROVIDERS"))
    allowed = sorted(_allowed(tree, "durableProvider"))
    if built != allowed:
        yield f"the template allows {allowed}, packages are built for {built}"


def the_app_finds_its_profiles_and_its_cloud(tree: Tree) -> Iterator[str]:
    """ROLLOUTS_FILE is a file of the package; the scope of tokens is made of the endpoint, whatever the cloud."""
    packed = tree.constant("scripts/package.py", "FILES")
    for shape in tree.shapes:
        settings = tree.settings(shape)
        if settings.get("ROLLOUTS_FILE") not in packed:
            yield f"{shape}: {settings.get('ROLLOUTS_FILE')} is not in the package"
        endpoint, scope = settings.get("ARM_ENDPOINT", ""), settings.get("ARM_SCOPE", "")
        if "https://" not in endpoint or scope != f"[format('{{0}}/.default', {endpoint.strip('[]')})]":
            yield f"{shape}: tokens of {scope} for {endpoint}"


def _read_by_the_app(tree: Tree) -> set[str]:
    """The names that Settings.from_env asks for, the platform's apart, and those of the libraries."""
    asked = {
        node.args[0].value
        for node in ast.walk(tree.module("wiring/settings.py"))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "get"
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    }
    platform = tree.constant("wiring/settings.py", "PLATFORM_SETTINGS")
    return (asked - {*platform}) | {*tree.constant("wiring/settings.py", "LIBRARY_SETTINGS")}


def _read_by_the_host(tree: Tree) -> set[str]:
    """What host.json and the trigger leave to settings."""
    return {
        *re.findall(r"%(\w+)%", tree.text("host.json")),
        *re.findall(r"%(\w+)%", tree.constant("triggers/queue.py", "QUEUE")),
    }


def _connections(tree: Tree) -> set[str]:
    """The parts of the connections, and the scheduler's."""
    events = tree.constant("triggers/queue.py", "CONNECTION")
    parts = {f"{prefix}__{part}" for prefix in (events, STORAGE_CONNECTION) for part in ("credential", "clientId")}
    services = {f"{STORAGE_CONNECTION}__{service}" for service in STORAGE_SERVICES}
    providers = tree.constant("scripts/package.py", "STORAGE_PROVIDERS").values()
    scheduler = {block["connectionStringName"] for block in providers if "connectionStringName" in block}
    return parts | services | scheduler | {f"{events}__queueServiceUri"}


def _allowed(tree: Tree, parameter: str) -> list[str]:
    """The values that a parameter of the template may have, its type followed."""
    found = tree.template.content["parameters"][parameter]
    if "$ref" in found:
        found = tree.template.content["definitions"][found["$ref"].rpartition("/")[2]]
    values: list[str] = found["allowedValues"]
    return values


CHECKS = (
    every_setting_that_is_read_is_declared,
    every_setting_that_is_declared_is_read,
    only_the_queues_function_is_paused,
    libraries_get_what_the_app_needs,
    the_queue_has_one_name,
    connections_are_by_identity,
    everything_acts_as_the_apps_identity,
    no_setting_holds_a_secret,
    the_hub_and_its_provider_are_the_packages,
    providers_have_one_name,
    the_app_finds_its_profiles_and_its_cloud,
)
