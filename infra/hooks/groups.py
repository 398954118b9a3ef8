"""The resource groups that roles are assigned at, as JSON: `python -m infra.hooks.groups SUBSCRIPTION [OVERRIDE]`.

Runs with the app's packages, which is why preprovision.py starts it instead of importing it. The same rules give the
role assignments their scopes in infra/: images lie in `allowedImageGroups`, or without that list where each profile's
`match` says; galleries and scale sets lie in the image's subscription unless the profile names another. OVERRIDE is the
JSON of the template's parameter roleScopes, and takes the place of all that.
"""

import fnmatch
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple

from domain import regions
from domain.profiles import Profile
from domain.rollouts_file import RolloutsFile
from wiring.rollouts_file import RolloutsFileError, load_rollouts

type Purpose = Literal["images", "galleries", "scaleSets"]

FILE = Path("rollouts.yaml")
OVERRIDE = "ROLE_SCOPES_OVERRIDE"
KINDS: tuple[Purpose, ...] = ("images", "galleries", "scaleSets")


class Group(NamedTuple):
    """One resource group: where it is, what for, and the region of what will be in it, where that is known."""

    subscription: str
    name: str
    purpose: Purpose
    region: str | None


def groups(file: RolloutsFile, deployment: str) -> Iterator[Group]:
    """Every group of every profile, some more than once; `deployment` is the subscription that is meant by default.

    ValueError where a profile takes images from groups that nobody lists by name, or from none of those listed.
    """
    for one in file.allowed_image_groups:
        yield Group(one.subscription or deployment, one.resource_group, "images", None)
    for name, profile in file.profiles.items():
        for subscription, group in _image_groups(file, name, profile, deployment):
            gallery, scale_set = profile.gallery, profile.scale_set
            yield Group(subscription, group, "images", None)
            yield Group(
                gallery.subscription or subscription,
                gallery.resource_group,
                "galleries",
                regions.normalized(gallery.location),
            )
            yield Group(
                scale_set.subscription or subscription,
                scale_set.resource_group,
                "scaleSets",
                regions.normalized(scale_set.location),
            )


def _image_groups(file: RolloutsFile, name: str, profile: Profile, deployment: str) -> list[tuple[str, str]]:
    match = profile.match
    if file.allowed_image_groups:
        allowed = ((group.subscription or deployment, group.resource_group) for group in file.allowed_image_groups)
        found = [
            (subscription, group)
            for subscription, group in allowed
            if fnmatch.fnmatchcase(group.lower(), match.resource_group.lower())
            and fnmatch.fnmatchcase(subscription.lower(), match.subscription.lower())
        ]
        if not found:
            raise ValueError(
                f"profile {name} takes images from none of allowedImageGroups, as this deployment reads them: an entry "
                f"that names no subscription means {deployment}. Name it in the entry, or set ROLE_SCOPES_OVERRIDE."
            )
        return found
    subscription = deployment if match.subscription == "*" else match.subscription
    for pattern in (match.resource_group, subscription):
        if any(character in pattern for character in "*?["):
            raise ValueError(
                f"profile {name} takes images from '{pattern}': role assignments need the names of the resource "
                "groups. List them in allowedImageGroups of rollouts.yaml, or set ROLE_SCOPES_OVERRIDE."
            )
    return [(subscription, match.resource_group)]


def overriding(text: str) -> list[Group] | None:
    """The groups of an override; None where there is none. ValueError where it is not what the template takes."""
    try:
        given: Any = json.loads(text or "null")
        if given is None:
            return None
        return [
            Group(str(one["subscription"]), str(one["resourceGroup"]), kind, None)
            for kind in KINDS
            for one in given[kind]
        ]
    except (ValueError, TypeError, LookupError):
        raise ValueError(
            f'{OVERRIDE} has to be JSON, {{"images": [...], "galleries": [...], "scaleSets": [...]}}, each entry '
            '{"subscription": "...", "resourceGroup": "..."}.'
        ) from None


def main(arguments: list[str]) -> int:
    """Print the groups, and the profiles that ask the app to make missing ones; 1 with the problems where it cannot."""
    try:
        file = load_rollouts(FILE)
        named = overriding(arguments[1] if len(arguments) > 1 else "")
        found = sorted(set(groups(file, arguments[0]) if named is None else named), key=str)
    except RolloutsFileError as error:
        sys.stderr.writelines(f"{FILE}: {problem}\n" for problem in error.problems)
        return 1
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    makers = [name for name, profile in file.profiles.items() if profile.create_resource_groups]
    source = FILE.name if named is None else OVERRIDE
    sys.stdout.write(json.dumps({"groups": [group._asdict() for group in found], "makers": makers, "source": source}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
