"""What a region offers and how much of it is used: sizes, skus, usages, and free DNS labels.

Usages are counted from the world. Limits are those of a fresh pay-as-you-go subscription.
"""

from collections.abc import Callable, Iterator

from local.armsim import regions
from local.armsim.answers import Answer
from local.armsim.body import Body, dig, known_at
from local.armsim.compute.sizes import SIZES, Size, cores, premium
from local.armsim.errors import ArmError
from local.armsim.kinds import Look, Resource
from local.armsim.network.public_ips import label_available
from local.armsim.paging import page
from local.armsim.surface.routes import Ask

_SETS, _MACHINES = "Microsoft.Compute/virtualMachineScaleSets", "Microsoft.Compute/virtualMachines"


def _in_region(ask: Ask, type_name: str) -> Iterator[Resource]:
    scope, place = f"/subscriptions/{ask.names['subscription']}", regions.short(ask.names["location"])
    return (one for one in ask.world.store.listed(scope, type_name) if one.location == place)


def _known(ask: Ask) -> str:
    place = regions.short(ask.names["location"])
    if place not in regions.DISPLAY_NAMES:
        raise ArmError(
            400,
            "NoRegisteredProviderFound",
            f"No registered resource provider found for location '{ask.names['location']}'.",
            gateway=True,
        )
    return place


def _machines(ask: Ask) -> Iterator[str]:
    """The size of every machine: of scale sets' instances, and of those that stand alone (Flexible ones do)."""
    for one in _in_region(ask, _SETS):
        if one.properties.get("orchestrationMode") != "Flexible":
            count = dig(one.body, "sku", "capacity")
            yield from [str(dig(one.body, "sku", "name"))] * (count if isinstance(count, int) else 0)
    for one in _in_region(ask, _MACHINES):
        yield str(dig(one.properties, "hardwareProfile", "vmSize"))


def _of_type(type_name: str) -> Callable[[Ask], int]:
    return lambda ask: sum(1 for _ in _in_region(ask, type_name))


def _cores(family: str = "") -> Callable[[Ask], int]:
    def count(ask: Ask) -> int:
        names = [one for one in _machines(ask) if not family or _family(one) == family]
        return sum(cores(one) for one in names)

    return count


def _family(name: str) -> str:
    known = SIZES.get(name.lower())
    return known.family if known else ""


type _Row = tuple[str, str, int, Callable[[Ask], int]]

_COMPUTE: tuple[_Row, ...] = (
    ("cores", "Total Regional vCPUs", 100, _cores()),
    ("virtualMachines", "Virtual Machines", 25000, lambda ask: sum(1 for _ in _machines(ask))),
    ("virtualMachineScaleSets", "Virtual Machine Scale Sets", 2500, _of_type(_SETS)),
    ("galleries", "Galleries", 100, _of_type("Microsoft.Compute/galleries")),
    *(
        (family, f"{family.removesuffix('Family')} Family vCPUs", 100, _cores(family))
        for family in dict.fromkeys(size.family for size in SIZES.values())
    ),
)
_NETWORK: tuple[_Row, ...] = (
    ("VirtualNetworks", "Virtual Networks", 1000, _of_type("Microsoft.Network/virtualNetworks")),
    ("NetworkSecurityGroups", "Network Security Groups", 5000, _of_type("Microsoft.Network/networkSecurityGroups")),
    ("LoadBalancers", "Load Balancers", 1000, _of_type("Microsoft.Network/loadBalancers")),
    ("PublicIPAddresses", "Public IP Addresses", 1000, _of_type("Microsoft.Network/publicIPAddresses")),
    ("NetworkInterfaces", "Network Interfaces", 65536, _of_type("Microsoft.Network/networkInterfaces")),
)


def _usages(rows: tuple[_Row, ...], *, ids: bool) -> Callable[[Ask], Answer]:
    """Limits and what counts against them; Network's usages have ids, Compute's have none."""

    def shown(ask: Ask) -> Iterator[Body]:
        place, scope = _known(ask), f"/subscriptions/{ask.names['subscription']}/providers/Microsoft.Network"
        for name, text, limit, count in rows:
            head = {"id": f"{scope}/locations/{place}/usages/{name}"} if ids else {}
            spelt = {"value": name, "localizedValue": text}
            yield {**head, "limit": limit, "unit": "Count", "currentValue": count(ask), "name": spelt}

    return lambda ask: Answer(200, {"value": [*shown(ask)]})


def _vm_sizes(ask: Ask) -> Answer:
    _known(ask)
    shown = [
        {
            "name": size.name,
            "numberOfCores": size.cores,
            "osDiskSizeInMB": 1047552,
            "resourceDiskSizeInMB": size.resource_disk,
            "memoryInMB": size.memory,
            "maxDataDiskCount": size.data_disks,
        }
        for size in SIZES.values()
    ]
    return Answer(200, {"value": shown})


def _sku(size: Size, place: str) -> Body:
    zones = [] if place in regions.WITHOUT_ZONES else ["1", "2", "3"]
    capabilities = {
        "MaxResourceVolumeMB": size.resource_disk,
        "OSVhdSizeMB": 1047552,
        "vCPUs": size.cores,
        "MemoryGB": f"{size.memory / 1024:g}",
        "MaxDataDiskCount": size.data_disks,
        "CpuArchitectureType": size.architecture,
        "HyperVGenerations": size.generations,
        "PremiumIO": premium(size.name),
        "AcceleratedNetworkingEnabled": size.cores > 1,
        "EncryptionAtHostSupported": True,
        "LowPriorityCapable": True,
    }
    return {
        "resourceType": "virtualMachines",
        "name": size.name,
        "tier": "Standard",
        "size": size.name.removeprefix("Standard_"),
        "family": size.family,
        "locations": [place],
        "locationInfo": [{"location": place, "zones": zones, "zoneDetails": []}],
        "capabilities": [{"name": name, "value": str(value)} for name, value in capabilities.items()],
        "restrictions": [],
    }


def _skus(ask: Ask) -> Answer:
    """All sizes everywhere, or in the one location that the filter names."""
    name, _, place = ask.query.get("$filter", "").partition(" eq ")
    wanted = regions.short(place.strip().strip("'")) if name.strip().lower() == "location" else ""
    places = [one for one in regions.DISPLAY_NAMES if wanted in ("", one)]
    return Answer(200, {"value": [_sku(size, one) for one in places for size in SIZES.values()]})


def _all(type_name: str) -> Callable[[Ask], Answer]:
    """Every resource of a type in a region, whatever its group."""

    def answer(ask: Ask) -> Answer:
        _known(ask)
        kind, version = ask.world.kinds[type_name], ask.query.get("api-version", "")

        def show(one: Resource) -> Body:
            return known_at(version, kind.since, kind.view(one, Look(ask.world, version)))

        found = list(_in_region(ask, type_name))
        return Answer(200, page(ask.world, found, ask.request.path, ask.request.query, ask.base, show=show))

    return answer


def _check_label(ask: Ask) -> Answer:
    label = ask.query.get("domainnamelabel", "")
    if not label:
        raise ArmError(400, "MissingDomainNameLabel", "The query parameter domainNameLabel is required.", details=[])
    return Answer(200, label_available(ask.world, _known(ask), label))


_COMPUTE_AT = "/subscriptions/{subscription}/providers/Microsoft.Compute"
_NETWORK_AT = "/subscriptions/{subscription}/providers/Microsoft.Network/locations/{location}"
CAPACITY = {
    f"GET {_COMPUTE_AT}/skus": _skus,
    f"GET {_COMPUTE_AT}/locations/{{location}}/vmSizes": _vm_sizes,
    f"GET {_COMPUTE_AT}/locations/{{location}}/usages": _usages(_COMPUTE, ids=False),
    f"GET {_COMPUTE_AT}/locations/{{location}}/virtualMachines": _all(_MACHINES),
    f"GET {_COMPUTE_AT}/locations/{{location}}/virtualMachineScaleSets": _all(_SETS),
    f"GET {_NETWORK_AT}/usages": _usages(_NETWORK, ids=True),
    f"GET {_NETWORK_AT}/CheckDnsNameAvailability": _check_label,
}
