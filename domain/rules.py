"""The rules of Azure that a profile and an image must keep, checked before the first write, all at once.

`check` is for what the file and the image tell; `activities.plan_rollout` adds what only a look at Azure tells (a
gallery's name that is taken, a publisher/offer/SKU that another definition has, a number that is held, what exists
and does not match). The numbers, which violations carry:

    R1 gallery name                    R6  replica count            R13 image finished
    R2 definition name                 R7  ends of life             R15 disk sizes
    R3 publisher, offer, SKU           R8  recommendations          R21 instances
    R4 version number                  R10 kinds of image           R22, R23 names; R24 administrator
    R5 target regions                                               R25 addresses; R26 scale set's region

Not here, because a profile cannot break them: R9 (storage types are an enumeration of the file; whether a region has
zone-redundant storage is said to be unchecked), R12 (the source is always the one managed image), and of R13 the
region (a version is always made in its image's region). R11 and R14 compare the image with what exists: they are
`domain.expectations`.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from domain import _rules_credentials, _rules_names, _rules_network, _rules_version
from domain._rules_credentials import check_password
from domain._rules_names import violation
from domain._rules_network import spare, subnet_room
from domain._rules_version import tagged_number
from domain.errors import RulesBrokenError
from domain.images import ManagedImage
from domain.models import RolloutPlan, Violation
from domain.profiles import Profile, Targets
from domain.resource_ids import parse

__all__ = ["broken", "check", "check_password", "namable", "spare", "subnet_room", "tagged_number", "violation"]

_LONGEST_ERROR = 3500
"""Characters of the error on the wire; `domain.errors.WIRE_LIMIT` is where it would lose its facts."""


def check(profile: Profile, image: ManagedImage, *, now: datetime) -> list[Violation]:
    """Everything that `profile` and `image` break, in the order of the profile; empty where they break nothing."""
    targets = Targets.of(profile, parse(image.id))
    return [
        *_rules_version.image_itself(image),
        *_rules_version.image_size(profile, image),
        *_rules_names.places(profile),
        *_rules_names.tags(profile),
        *_rules_names.gallery_names(profile),
        *_rules_version.recommendations(profile),
        *_rules_version.dates(profile, now),
        *_rules_version.number(profile, image),
        *_rules_version.target_regions(profile, image),
        *_rules_names.scale_set_names(profile, targets, image.os_type),
        *_rules_network.capacity(profile),
        *_rules_network.pauses(profile),
        *_rules_credentials.administrator(profile, image),
        *_rules_network.addresses(profile),
        *_rules_network.dns_label(profile),
        *_rules_network.backend_ports(profile, image),
        *_rules_network.management_sources(profile),
        *_rules_version.deadlines(profile),
    ]


def namable(violations: Sequence[Violation]) -> bool:
    """Whether the ids that the profile means can exist, so that Azure can be asked about them."""
    return not any(item.rule in _rules_names.OF_IDS for item in violations)


def broken(plan: RolloutPlan) -> RulesBrokenError:
    """The error that a plan with violations ends in: the first of them in words, all of them in its facts.

    `facts["violations"]` holds dicts of rule, field, value, message and remedy. Where that would be more than the
    wire takes, texts are left out, remedies first, and at last only so many violations are listed as fit.
    """
    found = plan.violations
    words = " ".join(f"{item.field} ({item.rule}): {item.message}" for item in found[:3])
    more = f" And {len(found) - 3} more." if len(found) > 3 else ""
    count = "1 rule is broken." if len(found) == 1 else f"{len(found)} rules are broken."
    message = f"{count} {words[:900]}{more}"
    remedy = found[0].remedy if found else ""
    for keys in (
        ("rule", "field", "value", "message", "remedy"),
        ("rule", "field", "value", "message"),
        ("rule", "field", "value"),
        ("rule", "field"),
    ):
        error = _error(plan, message, remedy, [_compact(item, keys) for item in found])
        if _length(error) <= _LONGEST_ERROR:
            return error
    return _listing_what_fits(plan, message, remedy, found)


def _listing_what_fits(plan: RolloutPlan, message: str, remedy: str, found: Sequence[Violation]) -> RulesBrokenError:
    listed = [_compact(item, ("rule", "field")) for item in found]
    while listed:
        listed.pop()
        rest = {"rule": "", "field": f"and {len(found) - len(listed)} more"}
        error = _error(plan, message, remedy, [*listed, rest])
        if _length(error) <= _LONGEST_ERROR:
            return error
    return _error(plan, message[:400], remedy[:200], [])


def _error(plan: RolloutPlan, message: str, remedy: str, listed: list[dict[str, str]]) -> RulesBrokenError:
    facts: dict[str, Any] = {"violations": listed, "count": len(plan.violations)}
    return RulesBrokenError("RulesBroken", message, resource=plan.image, remedy=remedy, facts=facts)


def _compact(item: Violation, keys: Sequence[str]) -> dict[str, str]:
    return {key: getattr(item, key) for key in keys}


def _length(error: RulesBrokenError) -> int:
    return len(json.dumps(error.to_dict(), separators=(",", ":")))
