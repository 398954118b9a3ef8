"""Image definitions: what is fixed at creation, what is unique in the gallery, and defaults by api-version."""

from local.armsim import timing
from local.armsim.body import Body
from local.armsim.compute import quotas, soft_deletes, wires
from local.armsim.errors import cannot_change, conflict, invalid_parameter, missing_parameter
from local.armsim.kinds import Resource, ResourceType, Write
from local.armsim.reading import choice, future, integer, record, records, text
from local.armsim.rules import checked_name, invalid_name, required

NAME = "Microsoft.Compute/galleries/images"
_RULE = r"[A-Za-z0-9]([A-Za-z0-9._-]{0,78}[A-Za-z0-9])?"
_ASSET = r"[A-Za-z0-9._-]*[A-Za-z0-9_-]"
_LABEL = "galleryImage.properties"
_FIXED = ("osType", "osState", "hyperVGeneration", "architecture")
_KEPT = (
    "description",
    "eula",
    "privacyStatementUri",
    "releaseNoteUri",
    "endOfLifeDate",
    "recommended",
    "disallowed",
    "purchasePlan",
    "features",
    "allowUpdateImage",
)
_TRUSTED_BY_DEFAULT = "2025-03-03"


def _compose(write: Write) -> Body:
    soft_deletes.check_parent(write)
    name, wanted = write.route.names[-1], write.properties
    if not checked_name(_RULE, name):
        raise invalid_name("galleries/images", name, r"^[^_\W][\w-._]{0,79}(?<![-.])$")
    if write.existing is not None:
        # A PUT may leave out what is fixed; a PATCH has it from the merge.
        kept_fixed = {one: write.existing.properties[one] for one in (*_FIXED, "identifier")}
        wanted = {**kept_fixed, **wanted}
    kept: Body = {}
    for one, allowed in (("osType", ("Windows", "Linux")), ("osState", ("Generalized", "Specialized"))):
        value = choice(wanted, f"{_LABEL}.{one}", allowed, one)
        if value is None:
            raise missing_parameter(f"{_LABEL}.{one}")
        kept[one] = value
    kept["hyperVGeneration"] = _generation(write, wanted)
    architecture = choice(wanted, f"{_LABEL}.architecture", ("x64", "Arm64"), "architecture")
    kept["architecture"] = architecture or "x64"
    kept["identifier"] = _identifier(wanted)
    for one in _KEPT:
        if wanted.get(one) not in (None, {}):
            kept[one] = wanted[one]
    _check_details(write, kept)
    if write.existing is None:
        quotas.check_quota(write, quotas.DEFINITIONS)
        _default_features(write, kept)
        _check_unique(write, kept["identifier"])
    else:
        _check_fixed(write.existing, kept)
    return {**write.wanted, "properties": kept}


def _generation(write: Write, wanted: Body) -> str:
    sent = choice(wanted, f"{_LABEL}.hyperVGeneration", ("V1", "V2"), "hyperVGeneration")
    return sent or ("V2" if write.api_version >= _TRUSTED_BY_DEFAULT else "V1")


def _default_features(write: Write, kept: Body) -> None:
    """Since 2025-03-03 a generation 2 definition supports Trusted Launch unless `SecurityType` is sent."""
    features = records(kept, "features")
    if write.api_version < _TRUSTED_BY_DEFAULT or kept["hyperVGeneration"] != "V2":
        return
    if not any(str(one.get("name")).lower() == "securitytype" for one in features):
        kept["features"] = [*features, {"name": "SecurityType", "value": "TrustedLaunchSupported"}]


def _identifier(wanted: Body) -> Body:
    kept: Body = {}
    for one, longest in (("publisher", 128), ("offer", 64), ("sku", 64)):
        value = required(wanted, _LABEL, "identifier", one)
        if len(value) > longest or not checked_name(_ASSET, value):
            raise invalid_parameter(
                f"Asset name {_LABEL}.identifier.{one} is not valid: '{value}'. It may hold letters, digits, "
                f"underscores, dashes and periods, not a trailing period, and at most {longest} characters.",
                f"{_LABEL}.identifier.{one}",
            )
        kept[one] = value
    return kept


def _check_details(write: Write, kept: Body) -> None:
    sent = record(write.sent, "properties")
    if "endOfLifeDate" in sent:
        future(sent, write.now, f"{_LABEL}.endOfLifeDate", "endOfLifeDate")
    for one in ("vCPUs", "memory"):
        least = integer(kept, "recommended", one, "min")
        most = integer(kept, "recommended", one, "max")
        if least is not None and most is not None and least > most:
            raise invalid_parameter(
                f"The minimum value of {_LABEL}.recommended.{one} must not be greater than the maximum value.",
                f"{_LABEL}.recommended.{one}",
            )
    for feature in records(kept, "features"):
        if text(feature, "name") is None or text(feature, "value") is None:
            raise missing_parameter(f"{_LABEL}.features.name")
    if "purchasePlan" in kept:
        required(kept, _LABEL, "purchasePlan", "name")


def _check_unique(write: Write, identifier: Body) -> None:
    wanted = {one: identifier[one].lower() for one in ("sku", "offer", "publisher")}
    for other in write.world.store.listed(write.route.parent.id, NAME):
        theirs = other.properties["identifier"]
        if all(theirs[one].lower() == value for one, value in wanted.items()):
            shown = ", ".join(f"{one} '{identifier[one]}'" for one in ("publisher", "offer", "sku"))
            raise conflict(f"The gallery image identified by ({shown}) already exists in the gallery: {other.id}.")


def _check_fixed(existing: Resource, kept: Body) -> None:
    before = existing.properties
    for one in _FIXED:
        if before[one] != kept[one]:
            raise cannot_change(f"{_LABEL}.{one}")
    for one in ("publisher", "offer", "sku"):
        if before["identifier"][one] != kept["identifier"][one]:
            raise cannot_change(f"{_LABEL}.identifier.{one}")


DEFINITION = ResourceType(
    name=NAME,
    versions=("2018-06-01", "2026-03-03"),
    wire=wires.GALLERY,
    compose=_compose,
    seconds=lambda write: write.takes(timing.DEFINITION),
    check_delete=soft_deletes.check_empty,
    notifies=soft_deletes.notifies,
    since={
        "properties.hyperVGeneration": "2019-07-01",
        "properties.features": "2020-09-30",
        "properties.allowUpdateImage": "2025-03-03",
    },
    delete_seconds=timing.DEFINITION_DELETE,
    lingers=timing.LINGERS,
)
