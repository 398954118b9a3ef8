"""What network resources refer to, which must hold, and what stands on them: IP configurations."""

import re
from collections.abc import Iterator

from local.armsim.body import Body, dig, items
from local.armsim.errors import ArmError, invalid_reference, network_error
from local.armsim.ids import key, owner_key
from local.armsim.kinds import Resource, Write
from local.armsim.network.members import Members, links, paths
from local.armsim.rules import provider_path
from local.armsim.world import World

_ID = re.compile(r"/subscriptions/[^/]+/resourcegroups/[^/]+/providers/[^/]+(/[^/]+/[^/]+)+/?", re.IGNORECASE)
SCALE_SETS = "/virtualmachinescalesets/"


def check_links(write: Write, members: Members, kept: Body) -> None:
    """Own parts that a body refers to are in it; other resources exist. Types not simulated: by form only."""
    own = {key(f"{write.id}/{path}") for path in paths(members, kept)}
    for member, target, path in links(members, kept):
        source = f"{write.id}/{path}" if path else write.id
        if member.link.startswith("."):
            collection = f"{write.id}/{member.link[1:]}/"
            if key(target) not in own or not key(target).startswith(key(collection) + "/"):
                raise invalid_reference(target, source)
            continue
        referenced(write, target, source)
        if provider_path(target) != f"microsoft.network/{member.link.lower()}":
            raise invalid_reference(target, source)


def referenced(write: Write, target: str, source: str) -> Resource | None:
    """The resource that holds `target`, which must be there, in the same place, and ready."""
    if not _ID.fullmatch(target):
        raise ArmError(
            400,
            "LinkedInvalidPropertyId",
            f"Property id '{target}' of '{source}' is invalid. Expect fully qualified resource Id that start with "
            "'/subscriptions/{subscriptionId}' or '/providers/{resourceProviderNamespace}/'.",
            gateway=True,
        )
    found = write.world.store.get(owner_key(key(target)))
    if found is None:
        if provider_path(owner_key(key(target))) in {name.lower() for name in write.world.kinds}:
            raise invalid_reference(target, source)
        return None
    part = key(target).removeprefix(found.key).split("/")
    if found.location != write.wanted["location"] or (len(part) > 1 and named(found, part[1], part[-1]) is None):
        raise invalid_reference(target, source)
    if found.busy:
        raise _not_provisioned(found, write.id)
    return found


def check_free(write: Write, public_ip: str, source: str) -> None:
    """A public IP address is one IP configuration's."""
    for user in write.world.store.users(public_ip):
        if not user.lower().startswith(write.id.lower() + "/"):
            raise network_error(
                "PublicIPAddressInUse",
                f"Resource {source} is referencing public IP address {public_ip} that is already allocated to resource "
                f"{user}.",
            )


def named(owner: Resource, collection: str, name: str) -> Body | None:
    """A stored part of a resource, by collection and name in any case."""
    many = next((one for one in owner.properties if one.lower() == collection.lower()), collection)
    return next((one for one in items(owner.properties, many) if str(one["name"]).lower() == name.lower()), None)


def _not_provisioned(found: Resource, user: str) -> ArmError:
    written = found.kind.name.rpartition("/")[2]
    singular = written.removesuffix("es" if written.endswith("sses") else "s")
    return ArmError(
        429,
        "RetryableError",
        "A retryable error occurred.",
        details=[
            {
                "code": "ReferencedResourceNotProvisioned",
                "message": f"Cannot proceed with operation because resource {found.id} used by resource {user} is not "
                "in Succeeded state. Resource is in Updating state and the last operation that updated/is updating the "
                f"resource is Put{singular[0].upper()}{singular[1:]}Operation.",
            }
        ],
    )


def standing_on(world: World, target: str) -> list[str]:
    """Ids of the IP configurations that use a subnet, a pool or an NSG: of instances, interfaces, frontends."""
    found: dict[str, None] = {}
    for user in world.store.users(target):
        owner = world.store.get(user)
        if owner is None or SCALE_SETS not in owner.key:
            found[user] = None
            continue
        configurations = list(_configurations(owner, target))
        for instance in getattr(owner.live, "instances", ()):
            found.update((of_instance(owner, instance, *one), None) for one in configurations)
    return list(found)


def of_instance(scale_set: Resource, instance: str, interface: str, configuration: str) -> str:
    """Id of an IP configuration: of an interface below a Uniform instance, or one named after a Flexible one."""
    where = f"{scale_set.id}/virtualMachines/{instance}/networkInterfaces/{interface}"
    if scale_set.properties.get("orchestrationMode") == "Flexible":
        group = scale_set.id.partition("/providers/")[0]
        where = f"{group}/providers/Microsoft.Network/networkInterfaces/{interface}-{instance[-8:]}"
    return f"{where}/ipConfigurations/{configuration}"


def _configurations(scale_set: Resource, target: str) -> Iterator[tuple[str, str]]:
    """Names of the model's interfaces and IP configurations that refer to `target`."""
    profile = dig(scale_set.properties, "virtualMachineProfile", "networkProfile")
    for interface in items(profile, "networkInterfaceConfigurations"):
        for one in items(interface, "properties", "ipConfigurations"):
            refers = {key(wanted) for wanted in ids({**interface["properties"], "ipConfigurations": [one]})}
            if any(wanted == key(target) or wanted.startswith(key(target) + "/") for wanted in refers):
                yield interface["name"], one["name"]


def ids(value: object) -> Iterator[str]:
    """Every `id` in a body, however deep."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "id" and isinstance(inner, str):
                yield inner
            yield from ids(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from ids(inner)


def in_use(world: World, target: str) -> list[str]:
    """Who stands in the way of deletion: IP configurations, or the scale set where it has no instance."""
    return standing_on(world, target) or list(dict.fromkeys(world.store.users(target)))
