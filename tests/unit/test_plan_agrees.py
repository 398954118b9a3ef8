"""What the plan says of a resource is what its activity then does, in every state that the resource can be in."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from activities.create_gallery import create_gallery
from activities.create_load_balancer import create_load_balancer
from activities.create_public_ip_address import create_public_ip_address
from activities.create_security_group import create_security_group
from activities.create_virtual_network import create_virtual_network
from activities.define_image import define_image
from activities.move_scale_set import move_scale_set
from activities.plan_rollout import plan_rollout
from activities.publish_version import publish_version
from domain.errors import TerminalError
from domain.models import Outcome, StepRequest
from tests.fakes import FakeArm
from tests.unit import samples

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
Make = Callable[..., Awaitable[Outcome]]

DOES = {
    "created": "create",
    "repaired": "create",
    "adopted": "adopt",
    "updated": "adopt",
    "current": "adopt",
    "moved": "move",
    "newer": "skip",
    "waiting": "wait",
    "refused": "refuse",
}
"""What an activity answers, in the plan's words."""


def version_body(asked: StepRequest) -> samples.Body:
    return samples.version_body(asked, "1.0.0")


def scale_set_body(asked: StepRequest) -> samples.Body:
    return samples.scale_set_body(asked, "1.0.0")


KINDS: dict[str, tuple[Make, Callable[[StepRequest], samples.Body]]] = {
    "create_gallery": (create_gallery, samples.gallery_body),
    "define_image": (define_image, samples.definition_body),
    "publish_version": (publish_version, version_body),
    "create_virtual_network": (create_virtual_network, samples.virtual_network_body),
    "create_public_ip_address": (create_public_ip_address, samples.public_ip_body),
    "create_security_group": (create_security_group, samples.security_group_body),
    "create_load_balancer": (create_load_balancer, samples.load_balancer_body),
    "move_scale_set": (move_scale_set, scale_set_body),
}

STATES: dict[str, dict[str, Any]] = {
    "as it should be": {},
    "in another region": {"location": "westeurope"},
    "failed, ours": {"properties.provisioningState": "Failed"},
    "failed, not ours": {"properties.provisioningState": "Failed", "tags.gallery-rollout-profile": "api"},
    "being created": {"properties.provisioningState": "Creating"},
    "being changed": {"properties.provisioningState": "Updating"},
    "lacking tags": {"tags.gallery-rollout-profile": "api"},
}


def surroundings(asked: StepRequest, step: str) -> list[samples.Body]:
    """What must exist for the plan to look at the resource of `step`."""
    groups = [samples.group_body(asked.targets.gallery_group), samples.group_body(asked.targets.scale_set_group)]
    gallery, definition = samples.gallery_body(asked), samples.definition_body(asked)
    needs = {"define_image": [gallery], "publish_version": [gallery, definition]}
    return [*groups, *needs.get(step, [gallery, definition, version_body(asked)] if step == "move_scale_set" else [])]


async def done(make: Make, asked: StepRequest, arm: FakeArm) -> str:
    try:
        action = (await make(asked, arm=arm)).action
        return "move" if make is move_scale_set and action == "repaired" else DOES[action]
    except TerminalError:
        return DOES["refused"]


async def agreed(asked: StepRequest, step: str, *bodies: samples.Body) -> str:
    """What both the plan and the activity say; they must say the same."""
    arm = FakeArm(*surroundings(asked, step), *bodies)
    plan = await plan_rollout(asked, arm=arm, now=lambda: NOW)
    said = next(planned.action for planned in plan.steps if planned.step == step)
    assert (said == "refuse") == bool(plan.violations)
    numbered = asked.model_copy(update={"number": plan.version})
    assert await done(KINDS[step][0], numbered, arm) == said
    return said


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("step", KINDS)
async def test_the_activity_does_what_the_plan_says(step: str, state: str) -> None:
    asked = samples.request()
    body = KINDS[step][1](asked)
    for path, value in STATES[state].items():
        where, _, last = path.partition(".")
        if last:
            body[where][last] = value
        else:
            body[where] = value
    said = await agreed(asked, step, body)
    assert (said == "refuse") == (state in ("in another region", "failed, not ours"))


@pytest.mark.parametrize("step", [step for step in KINDS if step != "move_scale_set"])
async def test_what_is_missing_is_created(step: str) -> None:
    assert await agreed(samples.request(), step) == "create"


@pytest.mark.parametrize("running", ["0.9.9", "1.0.0", "1.0.1"])
async def test_a_scale_set_is_moved_left_or_skipped_alike(running: str) -> None:
    asked = samples.request()
    said = await agreed(asked, "move_scale_set", samples.scale_set_body(asked, running))
    assert said == {"0.9.9": "move", "1.0.0": "adopt", "1.0.1": "skip"}[running]


@pytest.mark.parametrize(
    "path", ["properties.publishingProfile.storageAccountType", "properties.publishingProfile.replicationMode"]
)
async def test_a_version_of_this_image_that_was_stored_otherwise_is_refused_alike(path: str) -> None:
    asked = samples.request()
    body = samples.changed(version_body(asked), path, "Premium_LRS" if path.endswith("Type") else "Shallow")
    assert await agreed(asked, "publish_version", body) == "refuse"


@pytest.mark.parametrize("ours", [True, False])
async def test_target_regions_are_added_to_versions_of_ours_alike(ours: bool) -> None:
    regions = [*samples.profile_data()["version"]["targetRegions"], {"name": "West Europe"}]
    asked = samples.request(samples.profile(version__targetRegions=regions))
    body = version_body(asked)
    if not ours:
        body["tags"]["gallery-rollout-profile"] = "api"
    assert await agreed(asked, "publish_version", body) == ("adopt" if ours else "refuse")


async def test_a_fixed_number_of_another_image_is_refused_alike() -> None:
    asked = samples.request(samples.profile(version__number="1.0.0"))
    assert (
        await agreed(asked, "publish_version", samples.version_body(asked, "1.0.0", fingerprint="0" * 32)) == "refuse"
    )
