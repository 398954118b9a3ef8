"""Activities that look: at images, versions, replication, instances and operations, odd answers included."""

from datetime import UTC, datetime
from typing import Any

import pytest

from activities.find_version import find_version
from activities.poll_operation import poll_operation
from activities.publish_version import publish_version
from activities.read_image import read_image
from activities.read_replication import read_replication
from activities.read_upgrade import read_upgrade
from domain import naming
from domain.errors import NumberTakenError, TerminalError
from domain.models import ImageRequest, Operation, StepRequest, Upgrade, UpgradeRequest
from tests.fakes import FakeArm
from tests.unit import samples
from tests.unit.samples import Body

SINCE = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


def asked(**more: Any) -> StepRequest:
    return samples.request().model_copy(update={"number": "1.0.0", **more})


async def test_an_image_that_is_gone_is_told() -> None:
    with pytest.raises(TerminalError) as raised:
        await read_image(ImageRequest(image=samples.IMAGE), arm=FakeArm())
    assert raised.value.code == "ImageNotFound"


async def test_of_thousands_of_versions_two_numbers_are_kept() -> None:
    """By number and not by text; a name that is no number does not count."""
    request = asked()
    bodies = [samples.version_body(request, f"1.0.{patch}", fingerprint="0" * 32) for patch in range(2000)]
    odd = samples.version_body(request, "latest", fingerprint="0" * 32)
    found = await find_version(request, arm=FakeArm(*bodies, odd))
    assert (found.adopt, found.largest) == (None, "1.0.1999")
    assert len(found.model_dump_json()) < 100


async def test_the_highest_version_of_this_content_is_adopted() -> None:
    request = asked()
    found = await find_version(
        request,
        arm=FakeArm(
            samples.version_body(request, "1.0.9"),
            samples.version_body(request, "1.0.10"),
            samples.version_body(request, "2.0.0", fingerprint="0" * 32),
        ),
    )
    assert (found.adopt, found.largest) == ("1.0.10", "2.0.0")


async def test_an_empty_definition_holds_nothing() -> None:
    found = await find_version(asked(), arm=FakeArm())
    assert (found.adopt, found.largest) == (None, None)


@pytest.mark.parametrize("another", ["fingerprint", "source", "again"])
async def test_a_number_that_holds_something_else_is_taken(another: str) -> None:
    request = asked()
    body = samples.version_body(request, "1.0.0")
    if another == "fingerprint":
        body["tags"][naming.TAG_FINGERPRINT] = "0" * 32
    elif another == "source":
        body["properties"]["storageProfile"]["source"]["id"] = f"{samples.IMAGE}2"
    else:
        request = request.model_copy(
            update={"rollout": request.rollout.model_copy(update={"again": "2026-11-24T08:00:00Z"})}
        )
    arm = FakeArm(body)
    with pytest.raises(NumberTakenError) as raised:
        await publish_version(request, arm=arm)
    assert raised.value.facts == {"number": "1.0.0"}
    assert arm.writes == []


@pytest.mark.parametrize(("number", "action"), [("1.0.0", "waiting"), ("next", None)])
async def test_a_version_that_is_being_deleted_is_waited_for_only_where_its_number_is_fixed(
    number: str, action: str | None
) -> None:
    """`next` takes another: a deleted number does not come back."""
    request = samples.request(samples.profile(version__number=number)).model_copy(update={"number": "1.0.0"})
    body = samples.changed(samples.version_body(request, "1.0.0"), "properties.provisioningState", "Deleting")
    if action is None:
        with pytest.raises(NumberTakenError):
            await publish_version(request, arm=FakeArm(body))
    else:
        outcome = await publish_version(request, arm=FakeArm(body))
        assert (outcome.action, outcome.operation.kind if outcome.operation else "") == (action, "gone")


async def test_regions_are_not_added_to_somebody_elses_version() -> None:
    request = asked()
    body = samples.version_body(request, "1.0.0")
    body["properties"]["publishingProfile"]["targetRegions"].pop(0)
    body["tags"][naming.TAG_PROFILE] = "another"
    arm = FakeArm(body)
    with pytest.raises(TerminalError) as raised:
        await publish_version(request, arm=arm)
    assert (raised.value.code, arm.writes) == ("VersionNotOurs", [])


@pytest.mark.parametrize(("ours", "action"), [("web", "repaired"), ("another", "adopted")])
async def test_a_copy_that_failed_in_a_version_that_did_not_is_tried_again(ours: str, action: str) -> None:
    """Else each attempt would adopt it, find the failed region, and fail."""
    request = asked()
    body = samples.version_body(request, "1.0.0")
    body["tags"][naming.TAG_PROFILE] = ours
    summary = [{"region": "southcentralus", "state": "Failed"}, {"region": "westcentralus", "state": "Completed"}]
    body["properties"]["replicationStatus"] = {"aggregatedState": "Failed", "summary": summary}
    arm = FakeArm(body)
    assert (await publish_version(request, arm=arm)).action == action
    assert len(arm.writes) == (action == "repaired")


async def test_replication_is_told_region_by_region() -> None:
    request = asked()
    body = samples.version_body(request, "1.0.0")
    body["properties"]["publishingProfile"]["publishedDate"] = "2026-11-24T08:00:00.1234567"
    body["properties"]["replicationStatus"] = {
        "aggregatedState": "InProgress",
        "summary": [{"region": "southcentralus", "state": "Replicating", "progress": 42, "details": "x" * 1000}],
    }
    seen = await read_replication(request, arm=FakeArm(body))
    assert [(one.name, one.state, one.progress, one.replicas) for one in seen.regions] == [
        ("southcentralus", "Replicating", 42, 1),
        ("westcentralus", "Unknown", 0, 2),
    ]
    assert len(seen.regions[0].details) <= 300
    assert seen.published
    assert seen.published.tzinfo
    assert seen.missing == ()


@pytest.mark.parametrize(
    "odd",
    [{}, {"publishingProfile": None}, {"publishingProfile": {}, "replicationStatus": None, "provisioningState": None}],
)
async def test_a_version_that_says_little_breaks_nothing(odd: Body) -> None:
    request = asked()
    body = {**samples.version_body(request, "1.0.0"), "properties": odd}
    seen = await read_replication(request, arm=FakeArm(body))
    assert (seen.regions, seen.over) == ((), False)
    assert set(seen.missing) == {"southcentralus", "westcentralus"}


async def upgrade(*instances: Body, mode: str = "Automatic", rolling: Body | None = None, **model: Any) -> Upgrade:
    """What is seen of a scale set whose model names 1.0.0."""
    request = UpgradeRequest(**dict(asked()), since=SINCE)
    body = samples.scale_set_body(request, "1.0.0")
    body["properties"]["upgradePolicy"] = {"mode": mode}
    for path, value in model.items():
        samples.changed(body, path.replace("__", "."), value)
    latest = {"id": f"{request.targets.scale_set}/rollingUpgrades/latest", "properties": rolling}
    return await read_upgrade(request, arm=FakeArm(body, *instances, *([latest] if rolling else [])))


def instance(number: int, runs: str = "1.0.0", state: str = "Succeeded", protected: bool = False) -> Body:
    request = asked()
    at = f"{request.targets.scale_set}/virtualMachines/{number}"
    properties: Body = {
        "provisioningState": state,
        "latestModelApplied": True,
        "storageProfile": {"imageReference": {"id": f"{request.targets.definition}/versions/{runs}"}},
    }
    if protected:
        properties["protectionPolicy"] = {"protectFromScaleSetActions": True}
    return {"id": at, "name": f"myScaleSet_{number}", "instanceId": str(number), "properties": properties}


async def test_an_instance_has_followed_when_its_own_reference_is_the_version_and_it_succeeded() -> None:
    """`latestModelApplied` proves nothing: Azure sets it while the instance still updates."""
    seen = await upgrade(
        instance(0),
        instance(1, state="Updating"),
        instance(2, runs="0.9.0"),
        instance(3, state="Failed"),
        instance(4, runs="0.9.0", protected=True),
    )
    assert (seen.total, seen.followed, seen.left_out) == (5, 1, 1)
    assert (seen.behind, seen.failed, seen.protected) == (("1", "2", "3"), ("3",), ("4",))


async def test_of_a_thousand_instances_few_are_named_and_all_are_counted() -> None:
    seen = await upgrade(*(instance(number, runs="0.9.0") for number in range(1000)))
    assert (seen.total, seen.followed, len(seen.behind)) == (1000, 0, 20)
    assert len(seen.model_dump_json()) < 1000


@pytest.mark.parametrize(
    ("started", "code"), [("2026-11-24T07:59:59Z", ""), ("2026-11-24T08:00:00Z", "RollingUpgradeFaulted"), (None, "")]
)
async def test_only_a_rolling_upgrade_that_started_later_counts(started: str | None, code: str) -> None:
    status = {"code": "Faulted", "startTime": started}
    seen = await upgrade(instance(0, runs="0.9.0"), mode="Rolling", rolling={"runningStatus": status})
    assert seen.error_code == code


async def test_a_faulted_rolling_upgrade_says_why() -> None:
    error = {"code": "MaxUnhealthyInstancePercentExceededInRollingUpgrade", "message": "Too many are unhealthy."}
    status = {"code": "Faulted", "startTime": "2026-11-24T08:00:01Z"}
    seen = await upgrade(instance(0), mode="Rolling", rolling={"runningStatus": status, "error": error})
    assert (seen.error_code, seen.error_message) == (error["code"], error["message"])


async def test_instances_and_models_that_say_little_break_nothing() -> None:
    bare = {"id": f"{asked().targets.scale_set}/virtualMachines/7", "properties": {}}
    seen = await upgrade(bare, properties__upgradePolicy=None, properties__virtualMachineProfile={})
    assert (seen.model, seen.mode, seen.total, seen.followed) == ("other", "Manual", 1, 0)


@pytest.mark.parametrize(("running", "model"), [("0.9.0", "other"), ("1.0.0", "current"), ("1.0.1", "newer")])
async def test_a_model_that_moved_on_is_told(running: str, model: str) -> None:
    reference = f"{asked().targets.definition}/versions/{running}"
    seen = await upgrade(properties__virtualMachineProfile__storageProfile__imageReference__id=reference)
    assert seen.model == model


@pytest.mark.parametrize(
    ("kind", "state", "status"),
    [
        ("resource", "Creating", "InProgress"),
        ("resource", "InProgress", "InProgress"),
        ("resource", "Deleting", "InProgress"),
        ("resource", "Succeeded", "Succeeded"),
        ("resource", "Failed", "Failed"),
        ("resource", "Canceled", "Failed"),
        ("resource", None, "Failed"),
        ("gone", "Deleting", "InProgress"),
        ("gone", "Failed", "Succeeded"),
        ("gone", None, "Succeeded"),
    ],
)
async def test_a_resource_is_watched_until_it_settles(kind: Any, state: str | None, status: str) -> None:
    """None: it does not exist any more."""
    request = asked()
    body = samples.changed(samples.gallery_body(request), "properties.provisioningState", state)
    arm = FakeArm(body) if state else FakeArm()
    looked = await poll_operation(Operation(kind=kind, resource=body["id"]), arm=arm, secret=lambda _: None)
    assert looked.status == status
    assert bool(looked.error_code) == (status == "Failed")
