"""What a resource that exists must match before a rollout adopts it: pure comparisons of ARM's body.

The plan calls them to say beforehand what would be refused, and each activity calls the one of its resource to
decide. Each takes the body and the request and returns a `Comparison`: mismatches forbid adoption, notes tell of
what differs and is left as its owner has it. The network's parts are in `domain.network_expectations` and are
named here too.

What cannot be changed later comes from the service: a definition's OS type, state, generation and identifier, a
version's source, storage type and replication mode are fixed at creation (learn.microsoft.com,
"Troubleshoot images in an Azure Compute Gallery").
"""

from collections.abc import Callable, Iterable

from domain import naming, versions
from domain.comparison import Body, Check, Comparison, Mismatch, is_ours, properties_of, standing, tag_of
from domain.models import StepRequest
from domain.network_expectations import load_balancer, public_ip_address, security_group, subnet, virtual_network
from domain.resource_ids import same

__all__ = [
    "Compare",
    "Comparison",
    "Mismatch",
    "carrier",
    "definition",
    "gallery",
    "is_ours",
    "load_balancer",
    "model_version",
    "public_ip_address",
    "scale_set",
    "security_group",
    "source_of",
    "standing",
    "subnet",
    "version",
    "virtual_network",
]

Compare = Callable[[Body, StepRequest], Comparison]
"""What `gallery`, `definition` and the others are."""


def gallery(body: Body, request: StepRequest) -> Comparison:
    """A gallery: its location."""
    wanted = request.profile.gallery
    check = Check("Correct gallery.location in the profile, or name another gallery.")
    check.location(body, wanted.location)
    check.note("description", properties_of(body).get("description"), wanted.description)
    check.note_tags(body, request.profile.tags)
    return check.result()


def definition(body: Body, request: StepRequest) -> Comparison:
    """An image definition: all that says which kind of image it describes.

    A missing generation is V1 and a missing architecture x64, as ARM shows definitions that were made before it knew
    these properties; a missing security type is Standard.
    """
    wanted, image, properties = request.profile.definition, request.image, properties_of(body)
    check = Check("Name another image definition in the profile, or correct the property there.")
    check.location(body, request.profile.gallery.location)
    another = "Name another image definition in the profile: this one is for another kind of image."
    check.equal("osType", properties.get("osType"), image.os_type, another)
    check.equal("osState", properties.get("osState"), image.os_state, another)
    check.equal("hyperVGeneration", properties.get("hyperVGeneration") or "V1", image.generation, another)
    check.equal("architecture", properties.get("architecture") or "x64", "x64", another)
    check.equal("features.SecurityType", _feature(properties, "SecurityType") or "Standard", "Standard", another)
    identifier = properties.get("identifier") or {}
    for name, value in (("publisher", wanted.publisher), ("offer", wanted.offer), ("sku", wanted.sku)):
        check.equal(f"identifier.{name}", identifier.get(name), value)
    plan = properties.get("purchasePlan") or {}
    for name in ("name", "publisher", "product"):
        check.equal(f"purchasePlan.{name}", plan.get(name), getattr(wanted.plan, name, None))
    for name, text in (
        ("description", wanted.description),
        ("eula", wanted.eula),
        ("privacyStatementUri", wanted.privacy_statement_uri),
        ("releaseNoteUri", wanted.release_note_uri),
    ):
        check.note(name, properties.get(name), text)
    if wanted.end_of_life:
        check.note("endOfLifeDate", (properties.get("endOfLifeDate") or "")[:10], wanted.end_of_life[:10])
    check.note_tags(body, request.profile.tags)
    return check.result()


def version(body: Body, request: StepRequest) -> Comparison:
    """An image version: made of this image, stored and replicated as the profile says.

    Target regions are not compared: missing ones are added, others stay.
    """
    wanted, properties = request.profile.version, properties_of(body)
    publishing = properties.get("publishingProfile") or {}
    check = Check(
        "It cannot be changed on a version that exists: put the profile back, or start the rollout with `again` to "
        "publish the image under a new number."
    )
    number = "Let the profile choose another number (`version.number: next`)."
    found = source_of(body)
    check.must(same(found, request.image.id), "storageProfile.source.id", found, request.image.id, number)
    fingerprint = tag_of(body, naming.TAG_FINGERPRINT)
    check.equal(f"tags.{naming.TAG_FINGERPRINT}", fingerprint, request.image.fingerprint, number)
    if request.rollout.again:
        check.equal(f"tags.{naming.TAG_AGAIN}", tag_of(body, naming.TAG_AGAIN), request.rollout.again, number)
    check.location(body, request.image.location)
    storage = publishing.get("storageAccountType") or "Standard_LRS"
    check.equal("publishingProfile.storageAccountType", storage, wanted.storage_account_type)
    mode = publishing.get("replicationMode") or "Full"
    check.equal("publishingProfile.replicationMode", mode, wanted.replication_mode)
    check.note("excludeFromLatest", bool(publishing.get("excludeFromLatest")), wanted.exclude_from_latest)
    blocked = bool((properties.get("safetyProfile") or {}).get("blockDeletionBeforeEndOfLife"))
    check.note("blockDeletionBeforeEndOfLife", blocked, wanted.block_deletion_before_end_of_life)
    check.note_tags(body, request.profile.tags)
    return check.result()


def scale_set(body: Body, request: StepRequest) -> Comparison:
    """A scale set that can be moved to a version of this definition by its image reference alone.

    Azure refuses a change between kinds of image, and a version id where automatic OS upgrades are on; a model that
    names the bare definition takes the newest version by itself, so that there is nothing to move.
    """
    wanted, properties = request.profile.scale_set, properties_of(body)
    check = Check("Name another scale set in the profile.")
    check.location(body, wanted.location)
    check.equal(
        "orchestrationMode",
        properties.get("orchestrationMode") or "Uniform",
        "Uniform",
        "Name another scale set: the orchestration mode cannot be changed.",
    )
    found_os = _os_type(properties)
    if found_os:
        check.equal("virtualMachineProfile.storageProfile.osDisk.osType", found_os, request.image.os_type)
    policy = properties.get("upgradePolicy") or {}
    automatic = bool((policy.get("automaticOSUpgradePolicy") or {}).get("enableAutomaticOSUpgrade"))
    check.must(
        not automatic,
        "upgradePolicy.automaticOSUpgradePolicy.enableAutomaticOSUpgrade",
        automatic,
        False,
        "Turn automatic OS upgrade off on the scale set, or leave it out of the rollout: Azure takes no fixed version "
        "while it is on.",
    )
    if model_version(body, request) is None:
        check.must(
            False,
            "virtualMachineProfile.storageProfile.imageReference",
            _reference(properties),
            f"a version of {request.targets.definition}",
            "Set the scale set's image to a version of this definition once, or name another scale set.",
        )
    sku = body.get("sku") or {}
    check.note("sku.name", sku.get("name"), wanted.size)
    check.note("sku.capacity", sku.get("capacity"), wanted.capacity)
    check.note("upgradePolicy.mode", policy.get("mode"), str(wanted.upgrade_policy.mode))
    check.note_tags(body, request.profile.tags)
    return check.result()


def model_version(body: Body, request: StepRequest) -> versions.VersionNumber | None:
    """The version of this definition that a scale set's model names; None where it names anything else."""
    reference = _image_reference(properties_of(body)).get("id") or ""
    parent, _, number = str(reference).rpartition("/versions/")
    if not same(parent, request.targets.definition) or not versions.is_number(number):
        return None
    return versions.parse(number)


def carrier(bodies: Iterable[Body], request: StepRequest) -> Body | None:
    """Of a definition's versions, the one that carries this image's fingerprint and so is adopted: the highest number.

    One under deletion does not count. With `again`, only the version of that very repetition does.
    """
    carrying = [body for body in bodies if _carries(body, request)]
    return max(carrying, key=lambda body: versions.parse(body["name"]), default=None)


def source_of(body: Body) -> str:
    """Id of the resource that a version was made from, in today's place or in that of API version 2018-06-01."""
    properties = properties_of(body)
    source = (properties.get("storageProfile") or {}).get("source") or {}
    old = (((properties.get("publishingProfile") or {}).get("source") or {}).get("managedImage")) or {}
    return str(source.get("id") or old.get("id") or "")


def _carries(body: Body, request: StepRequest) -> bool:
    again = request.rollout.again
    return (
        versions.is_number(body.get("name", ""))
        and standing(body) != "leaving"
        and tag_of(body, naming.TAG_FINGERPRINT) == request.image.fingerprint
        and same(source_of(body), request.image.id)
        and (again is None or tag_of(body, naming.TAG_AGAIN) == again)
    )


def _feature(properties: Body, name: str) -> str | None:
    features = properties.get("features") or []
    return next((item.get("value") for item in features if str(item.get("name", "")).lower() == name.lower()), None)


def _image_reference(properties: Body) -> Body:
    profile = properties.get("virtualMachineProfile") or {}
    return (profile.get("storageProfile") or {}).get("imageReference") or {}


def _reference(properties: Body) -> str:
    reference = _image_reference(properties)
    if reference.get("id"):
        return str(reference["id"])
    names = [str(reference.get(name) or "") for name in ("publisher", "offer", "sku", "version")]
    return ":".join(names) if any(names) else ""


def _os_type(properties: Body) -> str | None:
    profile = properties.get("virtualMachineProfile") or {}
    disk = (profile.get("storageProfile") or {}).get("osDisk") or {}
    os_profile = profile.get("osProfile") or {}
    if disk.get("osType"):
        return str(disk["osType"])
    if os_profile.get("windowsConfiguration") is not None:
        return "Windows"
    return "Linux" if os_profile.get("linuxConfiguration") is not None else None
