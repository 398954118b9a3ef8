"""Rules for the names of things: galleries, definitions, groups, scale sets, networks, regions, tags.

Sources: learn.microsoft.com, "Naming rules and restrictions for Azure resources" and "Troubleshoot images in an
Azure Compute Gallery"; where both differ, the stricter counts.
"""

import re
from collections.abc import Iterator

from domain import naming, regions
from domain.comparison import shown
from domain.models import Violation
from domain.profiles import Profile, Targets

_GALLERY = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._]{0,78}[A-Za-z0-9])?")
_DEFINITION = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,78}[A-Za-z0-9])?")
_IDENTIFIER = re.compile(r"[A-Za-z0-9._-]*[A-Za-z0-9_-]")
_SCALE_SET = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}[A-Za-z0-9])?")
_NETWORK = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?")
_GROUP = re.compile(r"[\w().-]{0,89}[\w()-]")
_REGION = re.compile(r"[a-z][a-z0-9]*")
_LONGEST_IDENTIFIER = {"publisher": 128, "offer": 64, "sku": 64}
_MOST_TAGS = 46
"""Azure takes 50 tags; four of them are the pipeline's own."""
_FORBIDDEN_IN_TAGS = set("<>%&\\?/")
_RESERVED_TAG_PREFIXES = ("microsoft", "azure", "windows", "gallery-rollout-")


OF_IDS = frozenset({"R1", "R2", "R22", "R23", "resourceGroup"})
"""Rules for names that resource ids are made of: where one is broken, there is nothing to ask Azure for."""


def violation(rule: str, field: str, value: object, message: str, remedy: str) -> Violation:
    """A broken rule; the value is shortened to what a person needs to recognize it."""
    text = shown(value)
    return Violation(
        rule=rule, field=field, value=text if len(text) <= 100 else f"{text[:99]}…", message=message, remedy=remedy
    )


def gallery_names(profile: Profile) -> Iterator[Violation]:
    """R1, R2, R3: the gallery, the definition and its publisher, offer and SKU."""
    gallery, definition = profile.gallery, profile.definition
    if not _GALLERY.fullmatch(gallery.name):
        yield violation(
            "R1",
            "gallery.name",
            gallery.name,
            "A gallery's name has 1 to 80 letters, digits, dots and underscores, and starts and ends with a letter "
            "or digit.",
            "Rename it; dashes are not allowed.",
        )
    if not _DEFINITION.fullmatch(definition.name):
        yield violation(
            "R2",
            "definition.name",
            definition.name,
            "An image definition's name has 1 to 80 letters, digits, dots, underscores and dashes, and starts and "
            "ends with a letter or digit.",
            "Rename it.",
        )
    for name, longest in _LONGEST_IDENTIFIER.items():
        text = getattr(definition, name)
        if len(text) > longest or not _IDENTIFIER.fullmatch(text):
            yield violation(
                "R3",
                f"definition.{name}",
                text,
                f"The {name} has 1 to {longest} letters, digits, dots, underscores and dashes, the last not a dot.",
                "Change it.",
            )


def scale_set_names(profile: Profile, targets: Targets, os_type: str) -> Iterator[Violation]:
    """R22, R23: the scale set and the parts of its network, by the names that they get."""
    name, network = profile.scale_set.name, profile.scale_set.network
    bad_name = not _SCALE_SET.fullmatch(name)
    if bad_name:
        yield violation(
            "R22",
            "scaleSet.name",
            name,
            "A scale set's name has 1 to 64 letters, digits and dashes, and starts and ends with a letter or digit.",
            "Rename it.",
        )
    prefix = naming.computer_name_prefix(name)
    if os_type.lower() == "windows" and prefix.isdigit():
        yield violation(
            "R22",
            "scaleSet.name",
            name,
            f"Its first nine characters, {prefix}, start the computer names, which Windows does not take if they are "
            "digits only.",
            "Put a letter among the first nine characters.",
        )
    for field, given, target, shortest, longest in (
        ("virtualNetwork", network.virtual_network, targets.virtual_network, 2, 64),
        ("subnet", network.subnet, targets.subnet, 1, 80),
        ("publicIpAddress", network.public_ip_address, targets.public_ip_address, 1, 80),
        ("loadBalancer", network.load_balancer, targets.load_balancer, 1, 80),
        ("securityGroup", network.security_group, targets.security_group, 1, 80),
    ):
        if bad_name and not given:
            continue  # it comes of the scale set's name, and was said
        text = given or target.rpartition("/")[2]
        if not shortest <= len(text) <= longest or not _NETWORK.fullmatch(text):
            yield violation(
                "R23",
                f"scaleSet.network.{field}",
                text,
                f"The name has {shortest} to {longest} letters, digits, dots, underscores and dashes, starts with a "
                "letter or digit and ends with one or an underscore.",
                "Give a name that fits; without one, the scale set's is taken.",
            )


def places(profile: Profile) -> Iterator[Violation]:
    """Names of resource groups and regions that can be none."""
    for field, group in (
        ("gallery.resourceGroup", profile.gallery.resource_group),
        ("scaleSet.resourceGroup", profile.scale_set.resource_group),
    ):
        if not _GROUP.fullmatch(group):
            yield violation(
                "resourceGroup",
                field,
                group,
                "A resource group's name has 1 to 90 letters, digits, dots, underscores, dashes and parentheses, the "
                "last not a dot.",
                "Correct it.",
            )
    named = [("gallery.location", profile.gallery.location), ("scaleSet.location", profile.scale_set.location)]
    named += [(f"version.targetRegions[{i}].name", r.name) for i, r in enumerate(profile.version.target_regions)]
    for field, region in named:
        if not _REGION.fullmatch(regions.normalized(region)):
            yield violation(
                "location",
                field,
                region,
                "A region is named by letters and digits, such as West Central US or westcentralus.",
                "Correct it; `az account list-locations` lists the regions.",
            )


def tags(profile: Profile) -> Iterator[Violation]:
    """What Azure takes as tags, and the names that the pipeline keeps for its own."""
    if len(profile.tags) > _MOST_TAGS:
        yield violation(
            "tags",
            "tags",
            len(profile.tags),
            f"At most {_MOST_TAGS} tags fit beside the pipeline's own.",
            "Leave some out.",
        )
    for name, value in profile.tags.items():
        if name.lower().startswith(_RESERVED_TAG_PREFIXES):
            yield violation("tags", f"tags.{name}", name, "The beginning of the name is reserved.", "Rename the tag.")
        elif not 1 <= len(name) <= 512 or set(name) & _FORBIDDEN_IN_TAGS:
            yield violation(
                "tags",
                f"tags.{name}",
                name,
                "A tag's name has 1 to 512 characters, none of <>%&\\?/.",
                "Rename the tag.",
            )
        if len(value) > 256:
            yield violation("tags", f"tags.{name}", value, "A tag's value has at most 256 characters.", "Shorten it.")
