"""The Marketplace as clients browse it: publishers, offers, skus, versions, and types of extensions."""

from collections.abc import Callable, Iterable
from urllib.parse import unquote

from local.armsim import regions
from local.armsim.answers import Answer
from local.armsim.body import Body
from local.armsim.compute.marketplace import CATALOGUE, EXTENSIONS, Listed
from local.armsim.errors import ArmError
from local.armsim.surface.routes import Ask, bare_list

_SPELT = "Publishers ArtifactTypes VMImage VMExtension Offers Skus Versions Types"


def _id(ask: Ask, *tail: str) -> str:
    """The path in the spelling of these ids, in which every segment has a capital (recorded)."""
    spelt = {one.lower(): one for one in _SPELT.split()}
    own = [unquote(part) for part in ask.request.path.split("/") if part][6:]
    named = "/".join(spelt.get(one.lower(), one) for one in (*own, *tail))
    place = regions.short(ask.names["location"])
    return f"/Subscriptions/{ask.names['subscription']}/Providers/Microsoft.Compute/Locations/{place}/{named}"


def _below(ask: Ask, names: Iterable[str]) -> Answer:
    place = regions.short(ask.names["location"])
    return bare_list([{"location": place, "name": one, "id": _id(ask, one)} for one in dict.fromkeys(names)])


def _matching(ask: Ask) -> list[Listed]:
    """The catalogue's rows that the path names; refuses what is not there, outermost first."""
    found = list(CATALOGUE)
    for name in ("publisher", "offer", "sku"):
        wanted = ask.names.get(name)
        if wanted is not None:
            found = [one for one in found if getattr(one, name).lower() == wanted.lower()]
            if not found:
                raise _missing(name.capitalize(), wanted)
    return found


def _missing(kind: str, name: str) -> ArmError:
    return ArmError(404, "NotFound", f"{kind}: {name} was not found.")


def _list(name: str) -> Callable[[Ask], Answer]:
    return lambda ask: _below(ask, (getattr(one, name) for one in _matching(ask)))


def _publishers(ask: Ask) -> Answer:
    return _below(ask, [one.publisher for one in CATALOGUE] + [one for one, _ in EXTENSIONS])


def _cut(ask: Ask, versions: Iterable[str]) -> list[str]:
    """Versions in the order and the number that `$orderby` and `$top` ask for."""
    newest_first = "desc" in ask.query.get("$orderby", "").lower()
    ordered = sorted(versions, key=_number, reverse=newest_first)
    top = ask.query.get("$top", "")
    return ordered[: int(top[:9])] if top.isascii() and top.isdigit() else ordered


def _number(version: str) -> list[int]:
    return [int(part) if part.isdigit() else 0 for part in version.split(".")]


def _versions(ask: Ask) -> Answer:
    return _below(ask, _cut(ask, _matching(ask)[0].versions))


def _version(ask: Ask) -> Answer:
    image = _matching(ask)[0]
    if ask.names["version"] not in image.versions:
        raise _missing("Version", ask.names["version"])
    second, linux = image.generation == "V2", image.os_type == "Linux"
    size = {"sizeInGb": image.size} if second else {"sizeInBytes": image.size * 1024**3 + 512}
    properties: Body = {
        "hyperVGeneration": image.generation,
        "architecture": "x64",
        "replicaType": "Managed" if second else "Unmanaged",
        **({"replicaCount": 10} if second else {}),
        "disallowed": {"vmDiskType": "Unmanaged" if second else "None"},
        "automaticOSUpgradeProperties": {"automaticOSUpgradeSupported": image.upgrades},
        "imageDeprecationStatus": {"imageState": "Active"},
        "features": image.features,
        "osDiskImage": {"operatingSystem": "Linux" if linux else "Windows", **size},
        "dataDiskImages": [],
    }
    place = regions.short(ask.names["location"])
    return Answer(200, {"properties": properties, "location": place, "name": ask.names["version"], "id": _id(ask)})


def _extensions_of(ask: Ask) -> dict[str, tuple[str, ...]]:
    """Versions by type, of the publisher that the path names."""
    wanted = ask.names["publisher"].lower()
    found = {kind: versions for (publisher, kind), versions in EXTENSIONS.items() if publisher.lower() == wanted}
    if not found:
        raise _missing("Publisher", ask.names["publisher"])
    return found


def _versions_of_extension(ask: Ask) -> tuple[str, ...]:
    for kind, versions in _extensions_of(ask).items():
        if kind.lower() == ask.names["type"].lower():
            return versions
    raise _missing("Type", ask.names["type"])


def _extension(ask: Ask) -> Answer:
    wanted = ask.names["version"]
    if wanted not in _versions_of_extension(ask):
        raise _missing("Version", wanted)
    windows = "windows" in ask.names["type"].lower() or ask.names["publisher"].lower() == "microsoft.compute"
    properties: Body = {
        "operatingSystem": "Windows" if windows else "Linux",
        "computeRole": "IaaS",
        "vmScaleSetEnabled": True,
        "supportsMultipleExtensions": False,
    }
    place = regions.short(ask.names["location"])
    return Answer(200, {"properties": properties, "location": place, "name": wanted, "id": _id(ask)})


_AT = "GET /subscriptions/{subscription}/providers/Microsoft.Compute/locations/{location}/publishers"
_IMAGES = _AT + "/{publisher}/artifacttypes/vmimage/offers"
_EXTENSIONS = _AT + "/{publisher}/artifacttypes/vmextension/types"
PUBLISHERS = {
    _AT: _publishers,
    _IMAGES: _list("offer"),
    _IMAGES + "/{offer}/skus": _list("sku"),
    _IMAGES + "/{offer}/skus/{sku}/versions": _versions,
    _IMAGES + "/{offer}/skus/{sku}/versions/{version}": _version,
    _EXTENSIONS: lambda ask: _below(ask, _extensions_of(ask)),
    _EXTENSIONS + "/{type}/versions": lambda ask: _below(ask, _cut(ask, _versions_of_extension(ask))),
    _EXTENSIONS + "/{type}/versions/{version}": _extension,
}
