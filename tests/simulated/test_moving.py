"""Moving a scale set that exists: what fails, what waits, what is left alone, and what people see meanwhile."""

import itertools
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from local.armsim import Fault
from tests.world import API, PASSWORD, World, rollouts_file, world

SCALE_SETS = "Microsoft.Compute/virtualMachineScaleSets"
VERSIONS = "Microsoft.Compute/galleries/images/versions"
ROLLING = {"capacity": 5, "upgradePolicy": {"mode": "Rolling"}}


async def _next_image(w: World) -> None:
    """The next image, without letting its rollout run."""
    w.host.auto_advance = False
    before = len(w.events)
    await w.arm.delete(f"{w.image_id()}?api-version={API}")
    await w.until(lambda: w.sim.resource(w.image_id()) is None)
    await w.publish(source="vm-2")
    await w.until(lambda: len(w.events) > before)


async def _newest(w: World) -> dict[str, Any]:
    found = max(await w.rollouts(), key=lambda one: one["createdAt"])
    return await w.rollout(found["id"])


async def test_a_rolling_upgrade_that_fails_ends_the_rollout_with_azures_code_and_a_remedy(tmp_path: Path) -> None:
    async with world(tmp_path, rollouts_file(scaleSet=ROLLING)) as w:
        await w.roll_out(source="vm-1")
        w.sim.faults.add(Fault(kind="operation_fails", method="PATCH", resource_type=SCALE_SETS))
        shown = await w.roll_out(source="vm-2")

        assert shown["status"] == "Failed"
        assert shown["error"]["code"] == "MaxUnhealthyUpgradedInstancePercentExceededInRollingUpgrade"
        assert shown["error"]["resource"] == w.scale_set_id()
        assert shown["error"]["remedy"]
        assert "az vmss update-instances" in shown["error"]["remedy"]
        await _bring_along(w)
        retried = await w.post(w.image_id())
        await w.settle()
        assert (await w.rollout(retried.json()["id"]))["status"] == "Completed"
        assert set((await w.instances()).values()) == {"1.0.1"}


async def test_instances_that_azure_leaves_behind_end_the_rollout_soon_and_not_at_its_deadline(tmp_path: Path) -> None:
    """After a rolling upgrade that failed, the same model again moves the failed instance alone."""
    async with world(tmp_path, rollouts_file(scaleSet=ROLLING)) as w:
        await w.roll_out(source="vm-1")
        w.sim.faults.add(Fault(kind="operation_fails", method="PATCH", resource_type=SCALE_SETS))
        await w.roll_out(source="vm-2")
        before = w.clock.now()
        retried = await w.post(w.image_id())
        await w.settle()
        shown = await w.rollout(retried.json()["id"])
        assert shown["error"]["code"] == "InstancesLeftBehind"
        assert "1, 2, 3, 4" in shown["error"]["message"]
        assert w.clock.now() - before < timedelta(minutes=15)


async def _bring_along(w: World) -> None:
    body = {"instanceIds": ["*"]}
    answer = await w.arm.post(f"{w.scale_set_id()}/manualupgrade?api-version={API}", json=body)
    assert answer.status_code < 300, answer.text
    await w.settle()


async def test_an_automatic_upgrade_that_fails_names_the_instances_or_azures_error(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.roll_out(source="vm-1")
        w.sim.faults.add(
            Fault(
                kind="operation_fails",
                method="PATCH",
                resource_type=SCALE_SETS,
                code="VMExtensionProvisioningError",
                message="An extension failed.",
            )
        )
        shown = await w.roll_out(source="vm-2")
        assert shown["status"] == "Failed"
        assert shown["error"]["code"] in ("VMExtensionProvisioningError", "InstancesFailed")
        assert shown["error"]["remedy"]
        retried = await w.post(w.image_id())
        await w.settle()
        assert (await w.rollout(retried.json()["id"]))["status"] == "Completed"


async def test_a_scale_set_without_instances_is_moved_all_the_same(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await w.roll_out(source="vm-1")
        await w.put(w.scale_set_id(), {"sku": {"name": "Standard_D2s_v5", "capacity": 0}}, method="PATCH")
        await w.settle()
        shown = await w.roll_out(source="vm-2")
        assert (shown["status"], w.model()) == ("Completed", "1.0.1")
        assert "no instances" in shown["note"]


async def test_instances_are_listed_at_most_every_fifteen_seconds(tmp_path: Path) -> None:
    async with world(tmp_path, rollouts_file(scaleSet=ROLLING)) as w:
        await w.roll_out(source="vm-1")
        await _next_image(w)
        await w.until(lambda: w.asked("PATCH", "/myScaleSet") > 0)
        for name in w.unfinished():
            await w.host.client.terminate_orchestration(name)
        await w.post(w.image_id())  # it finds the model moved already, and has no operation to watch
        await w.let_go()
        assert (await _newest(w))["status"] == "Completed"
        listed = [one.at for one in w.sim.requests if one.path.lower().endswith("/virtualmachines")]
        assert len(listed) >= 10
        gaps = [later - earlier for earlier, later in itertools.pairwise(listed)]
        assert min(gaps) >= timedelta(seconds=15), gaps


async def test_since_when_it_waits_stays_while_it_waits_for_the_same(tmp_path: Path) -> None:
    """However often it looks meanwhile, and with each region's percentage."""
    async with world(tmp_path, auto_advance=False) as w:
        await w.publish(source="vm-1")
        await w.until(lambda: bool(w.unfinished()))
        seen: dict[str, set[str]] = {}
        while w.unfinished():
            [shown] = await w.rollouts()
            assert shown["waitingFor"], shown
            seen.setdefault(shown["waitingFor"]["what"], set()).add(shown["waitingFor"]["since"])
            w.clock.advance(10)
            await w.host.idle()
        [replicating] = [what for what in seen if what.startswith("replication of 1.0.0")]
        assert len(seen[replicating]) == 1
        assert all(len(since) == 1 for since in seen.values()), seen


async def test_a_scale_set_that_is_deleted_while_its_instances_follow(tmp_path: Path) -> None:
    """It fails with a remedy that holds: the next attempt makes it anew."""
    async with world(tmp_path, rollouts_file(scaleSet=ROLLING)) as w:
        await w.roll_out(source="vm-1")
        await _next_image(w)
        await w.until(lambda: w.asked("PATCH", "/myScaleSet") > 0)
        await w.arm.delete(f"{w.scale_set_id()}?api-version={API}")
        await w.let_go()
        shown = await _newest(w)
        assert shown["status"] == "Failed"
        assert shown["error"]["resource"] == w.scale_set_id()
        assert w.sim.resource(w.scale_set_id()) is None

        answer = await w.post(w.image_id())
        await w.settle()
        retried = await w.rollout(answer.json()["id"])
        assert retried["status"] == "Completed", retried["error"]
        assert set((await w.instances()).values()) == {"1.0.1"}


@pytest.mark.parametrize("when", ["before the move", "after the move"])
async def test_a_scale_set_that_others_are_changing(tmp_path: Path, when: str) -> None:
    """Somebody scales out: a move waits for it, or is followed although its operation was overruled. Both hold."""
    async with world(tmp_path) as w:
        await w.roll_out(source="vm-1")
        await _next_image(w)
        await w.until(lambda: w.sim.resource(w.version_id("1.0.1")) is not None)
        if when == "before the move":
            w.clock.advance(595)  # replication takes ten minutes, and is looked at once a minute
            assert w.model() == "1.0.0"
        else:
            await w.until(lambda: w.model() == "1.0.1")
        await w.put(w.scale_set_id(), {"sku": {"name": "Standard_D2s_v5", "capacity": 4}}, method="PATCH")
        await w.let_go()

        shown = await _newest(w)
        assert shown["status"] == "Completed", shown["error"]
        assert [step["name"] for step in shown["steps"]].count("move_scale_set") == 1
        assert (await w.instances()) == dict.fromkeys("0123", "1.0.1")


async def test_a_failed_instance_of_a_manual_scale_set_is_its_owners_business(tmp_path: Path) -> None:
    """The rollout does not touch instances there: it names the model and what is behind."""
    async with world(tmp_path, rollouts_file(scaleSet={"upgradePolicy": {"mode": "Manual"}})) as w:
        await w.roll_out(source="vm-1")
        w.sim.faults.add(Fault(kind="operation_fails", method="PATCH", resource_type=SCALE_SETS))
        await w.put(w.scale_set_id(), {"sku": {"name": "Standard_D2s_v5", "capacity": 3}}, method="PATCH")
        await w.settle()
        body = w.sim.resource(w.scale_set_id())
        assert body
        assert body["properties"]["provisioningState"] == "Failed"
        fault = Fault(kind="never_ends", method="PATCH", resource_type=SCALE_SETS, nth=2)
        w.sim.faults.add(fault)
        shown = await w.roll_out(source="vm-2")
        assert (shown["status"], w.model()) == ("Completed", "1.0.1"), shown["error"]
        assert "az vmss update-instances" in shown["note"]


@pytest.mark.parametrize(
    ("deadline", "method", "kind", "exists"),
    [
        ("resource", "PUT", "Microsoft.Compute/galleries", False),
        ("resource", "PUT", "Microsoft.Network/virtualNetworks", False),
        ("scaleSet", "PUT", SCALE_SETS, False),
        ("upgrade", "PATCH", SCALE_SETS, True),
    ],
)
async def test_each_deadline_fails_on_time_and_says_what_runs_on(
    tmp_path: Path, deadline: str, method: str, kind: str, exists: bool
) -> None:
    async with world(tmp_path, rollouts_file(deadlines={deadline: "PT20M"})) as w:
        if exists:
            await w.roll_out(source="vm-1")
        w.sim.faults.add(Fault(kind="never_ends", method=method, resource_type=kind))
        shown = await w.roll_out(source="vm-2")
        assert shown["status"] == "Failed"
        error = shown["error"]
        assert error["code"] == "DeadlineExceeded"
        assert "still under way in Azure" in error["message"]
        assert error["resource"].startswith("/subscriptions/")
        assert "raise the deadline" in error["remedy"]
        written = next(one.at for one in w.sim.requests if one.resource_type == kind and one.method == method)
        if exists:
            written = max(one.at for one in w.sim.requests if one.resource_type == kind and one.method == method)
        took = w.clock.now() - written
        assert timedelta(minutes=20) <= took < timedelta(minutes=22), took
        assert w.unfinished() == []


async def test_a_failed_branch_does_not_wait_for_the_other(tmp_path: Path) -> None:
    """The network fails when the version is published; its replication, of ten minutes, is no longer followed."""
    async with world(tmp_path) as w:
        w.sim.faults.add(
            Fault(
                kind="status",
                method="PUT",
                resource_type="Microsoft.Network/loadBalancers",
                status=400,
                code="InvalidRequestFormat",
                message="No.",
            )
        )
        shown = await w.roll_out()
        assert shown["status"] == "Failed"
        assert shown["error"]["code"] == "InvalidRequestFormat"
        took = datetime.fromisoformat(shown["completedAt"]) - datetime.fromisoformat(shown["createdAt"])
        assert took < timedelta(minutes=1)
        assert w.unfinished() == []
        assert "1.0.0" in shown["note"], "the version that its child made exists and stays"


async def test_a_child_that_is_told_to_stop_by_somebody_else_stops_the_rollout(tmp_path: Path) -> None:
    """Not by us: its rollout has no number to go on with, and says that it was cancelled."""
    async with world(tmp_path, auto_advance=False) as w:
        await w.publish()
        await w.until(lambda: w.asked("PUT", "/versions/") > 0)
        [child] = [name for name in w.unfinished() if name.endswith("-replicate")]
        await w.host.client.raise_orchestration_event(child, "cancel")
        await w.let_go()
        shown = await w.only()
        assert (shown["status"], shown["error"]) == ("Cancelled", None)
        assert w.unfinished() == []


async def test_a_password_that_a_failed_operation_echoes_is_struck_out(tmp_path: Path) -> None:
    """Whoever looks at the operation never saw the request; it knows the setting's name."""
    async with world(tmp_path) as w:
        w.sim.faults.add(
            Fault(
                kind="operation_fails",
                method="PUT",
                resource_type=SCALE_SETS,
                code="OSProvisioningClientError",
                message=f"The password {PASSWORD} was refused by the guest.",
            )
        )
        shown = await w.roll_out()
        assert shown["error"]["code"] == "OSProvisioningClientError"
        assert "***" in shown["error"]["message"]
        recorded = [str(event) for name in w.host.engine.instance_ids() for event in w.host.engine.history(name)]
        assert PASSWORD not in str(recorded) + str(shown)


async def test_cancel_says_what_the_children_made(tmp_path: Path) -> None:
    async with world(tmp_path, auto_advance=False) as w:
        await w.publish()
        await w.until(lambda: w.asked("PUT", "/virtualNetworks") > 0 and w.asked("PUT", "/versions/") > 0)
        await w.until(lambda: w.asked("PUT", "/loadBalancers") > 0)
        [one] = await w.rollouts()
        assert (await w.http.post(f"/api/rollouts/{one['id']}/cancel")).status_code == 202
        await w.host.idle()
        w.clock.advance(1)
        await w.host.idle()
        shown = await w.rollout(one["id"])
        assert shown["status"] == "Cancelled"
        for name in ("myGalleryRG", "myGallery", "myImageDefinition", "1.0.0", "myVnet", "myPublicIPAddress"):
            assert name in shown["note"], (name, shown["note"])
        assert w.unfinished() == []


@pytest.mark.parametrize(
    ("method", "part"),
    [
        ("PUT", "/galleries/myGallery"),
        ("PUT", "/versions/1.0.0"),
        ("PUT", "/loadBalancers/"),
        ("PUT", "/virtualMachineScaleSets/"),
    ],
)
async def test_what_was_terminated_by_force_leaves_nothing_locked(tmp_path: Path, method: str, part: str) -> None:
    """The engine ends it without a word, children and all they have under way; the next attempt completes."""
    async with world(tmp_path, auto_advance=False) as w:
        await w.publish()
        await w.until(lambda: w.asked(method, part) > 0)
        for name in w.unfinished():
            await w.host.client.terminate_orchestration(name)
        await w.host.idle()
        [first] = await w.rollouts()
        assert first["status"] == "Cancelled"
        answer = await w.post(w.image_id())
        assert answer.status_code == 202, answer.text
        await w.let_go()
        shown = await w.rollout(answer.json()["id"])
        assert shown["status"] == "Completed", shown["error"]
        assert (shown["attempt"], shown["version"]) == (2, "1.0.0")
        assert set((await w.instances()).values()) == {"1.0.0"}
        assert len(w.sim.resources(VERSIONS)) == 1


async def test_a_rollout_that_comes_late_leaves_the_newer_version_alone(tmp_path: Path) -> None:
    """The older image's rollout is held up for twenty minutes, and meanwhile the newer one's runs to its end."""
    async with world(tmp_path, rollouts_file(match={"name": "*"}), auto_advance=False) as w:
        w.sim.faults.add(
            Fault(kind="status", method="GET", path_contains="/versions/1.0.0", nth=2, status=503, retry_after=1200)
        )
        await w.publish("first", "vm-1")
        await w.until(lambda: w.asked("PUT", "/versions/1.0.0") > 0)
        await w.publish("second", "vm-2")
        await w.let_go()
        shown = {one["version"]: one for one in await w.rollouts()}
        assert (shown["1.0.1"]["status"], shown["1.0.1"]["outcome"]) == ("Completed", "Completed")
        assert (shown["1.0.0"]["status"], shown["1.0.0"]["outcome"]) == ("Completed", "Superseded")
        assert "1.0.1" in shown["1.0.0"]["note"]
        assert shown["1.0.0"]["completedAt"] > shown["1.0.1"]["completedAt"]
        assert set((await w.instances()).values()) == {"1.0.1"}


async def test_an_image_that_changed_between_event_and_start_is_superseded(tmp_path: Path) -> None:
    """Its own event starts the rollout that counts."""
    async with world(tmp_path, hold_events=lambda _: True) as w:
        await w.publish(source="vm-1")
        await w.settle()
        stale = w.events[-1]
        w.sim.faults.add(
            Fault(kind="status", method="GET", path_contains="/images/myImage", nth=2, status=503, retry_after=120)
        )
        w.host.auto_advance = False
        await w.send(stale)
        await w.until(lambda: w.sim.faults.all()[0].hits == 1)
        await w.arm.delete(f"{w.image_id()}?api-version={API}")
        await w.until(lambda: w.sim.resource(w.image_id()) is None)
        await w.publish(source="vm-2")
        await w.let_go()
        shown = await w.only()
        assert (shown["status"], shown["outcome"]) == ("Completed", "Superseded")
        assert "new content" in shown["note"]
        assert w.sim.resource(w.gallery_id()) is None


TRANSIENT: tuple[dict[str, Any], ...] = (
    {"kind": "status", "status": 429, "code": "TooManyRequests", "retry_after": 7},
    {"kind": "status", "status": 503, "code": "ServerTimeout"},
    {"kind": "drop_before"},
    {"kind": "drop_after"},
)


async def test_each_request_of_a_move_fails_once_and_the_scale_set_still_ends_on_the_newest(tmp_path: Path) -> None:
    """The kinds of fault take turns; each image makes one version, and is captured and patched in once."""
    async with world(tmp_path, rollouts_file(match={"name": "*"}), hold_events=lambda _: True) as w:
        for nth in range(16):
            image = await w.publish(f"image-{nth}", f"vm-{nth}")
            await w.settle()
            held = None
            if nth:  # the first makes the scale set; of a move every second request is hit, after the trigger's own
                held = w.sim.faults.add(Fault(**TRANSIENT[nth % len(TRANSIENT)], phase=None, nth=2 * nth))
            answer = await w.post(image)
            await w.settle()
            w.sim.faults.clear()
            shown = await w.rollout(answer.json()["id"])
            assert (shown["status"], shown["version"]) == ("Completed", f"1.0.{nth}"), (nth, shown["error"])
            assert set((await w.instances()).values()) == {f"1.0.{nth}"}, nth
            assert held is None or held.hits == 1, nth
            assert len(w.sim.resources(VERSIONS)) == nth + 1


async def test_cancelling_a_move_leaves_what_was_moved_and_says_so(tmp_path: Path) -> None:
    """The instances follow on in Azure; nothing is moved back."""
    async with world(tmp_path, rollouts_file(scaleSet=ROLLING)) as w:
        await w.roll_out(source="vm-1")
        await _next_image(w)
        await w.until(lambda: w.model() == "1.0.1")
        shown = await _newest(w)
        assert (await w.http.post(f"/api/rollouts/{shown['id']}/cancel")).status_code == 202
        for _ in range(2):
            await w.host.idle()
            w.clock.advance(0.5)
        await w.host.idle()
        shown = await w.rollout(shown["id"])
        assert (shown["status"], w.unfinished()) == ("Cancelled", [])
        assert "myScaleSet" in shown["note"]
        await w.let_go()
        assert set((await w.instances()).values()) == {"1.0.1"}
