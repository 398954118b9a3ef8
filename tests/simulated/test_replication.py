"""Replication: hours, regions that fail, deadlines, and what people see meanwhile."""

import json
from pathlib import Path
from typing import Any

from local.armsim import Fault
from tests.world import rollouts_file, world

VERSIONS = "Microsoft.Compute/galleries/images/versions"
MOST_EVENTS = 1000
STATUS_LIMIT = 16 * 1024
REGIONS = """
westcentralus southcentralus eastus eastus2 westus westus2 westus3 centralus northcentralus canadacentral canadaeast
brazilsouth northeurope westeurope uksouth ukwest francecentral germanywestcentral norwayeast swedencentral
switzerlandnorth polandcentral italynorth spaincentral uaenorth southafricanorth qatarcentral israelcentral eastasia
southeastasia japaneast japanwest koreacentral koreasouth australiaeast australiasoutheast centralindia southindia
westindia mexicocentral
""".split()  # noqa: SIM905 - forty names read better so


async def test_a_replication_of_six_hours_keeps_every_history_short_and_says_what_runs_on(tmp_path: Path) -> None:
    """And fails at its deadline, saying that Azure goes on."""
    async with world(tmp_path, rollouts_file(deadlines={"replication": "PT6H"})) as w:
        w.sim.faults.add(Fault(kind="never_ends", method="PUT", resource_type=VERSIONS))
        started = w.clock.now()
        shown = await w.roll_out()

        assert shown["status"] == "Failed"
        assert shown["error"]["code"] == "DeadlineExceeded"
        assert "still under way in Azure" in shown["error"]["message"]
        assert (w.clock.now() - started).total_seconds() >= 6 * 3600
        sizes = {name: len(w.host.engine.history(name)) for name in w.host.engine.instance_ids()}
        assert max(sizes.values()) < MOST_EVENTS, sizes
        assert w.unfinished() == []
        events = (await w.http.get(f"/api/rollouts/{shown['id']}/history")).json()["events"]
        assert len(events) < 60


async def test_a_failed_region_fails_the_rollout_with_every_regions_state_and_its_retry_puts_the_same_version(
    tmp_path: Path,
) -> None:
    """The other branch, the network, does not hold it up."""
    async with world(tmp_path) as w:
        w.sim.faults.add(Fault(kind="region_fails", method="PUT", resource_type=VERSIONS, region="southcentralus"))
        first = await w.roll_out()
        assert first["error"]["code"] == "ReplicationFailed"
        assert "southcentralus: Failed" in first["error"]["message"]
        assert "westcentralus: Completed" in first["error"]["message"]
        assert w.sim.resource(w.scale_set_id()) is None
        before = len(w.sim.requests)
        answer = await w.post(w.image_id())
        await w.settle()

        second = await w.rollout(answer.json()["id"])
        assert second["status"] == "Completed", second["error"]
        assert second["version"] == "1.0.0"
        assert [write for write in w.writes(before) if "/versions/" in write] == [
            f"PUT {w.version_id('1.0.0').lower()}"
        ]


async def test_forty_regions_fit_into_the_status_at_every_moment(tmp_path: Path) -> None:
    """With a percentage each."""
    targets = [{"name": name, "replicaCount": 1} for name in REGIONS]
    assert len(targets) == 40
    async with world(tmp_path, rollouts_file(version={"targetRegions": targets}), auto_advance=False) as w:
        await w.publish()
        w.clock.advance(45)
        await w.sim.events_sent()
        seen: list[dict[str, Any]] = []
        for _ in range(200):
            await w.host.idle()
            for name in w.host.engine.instance_ids():
                state = await w.host.client.get_orchestration_state(name) if not name.startswith("@") else None
                status = state.serialized_custom_status if state else None
                assert len((status or "").encode("utf-16-le")) < STATUS_LIMIT
            shown = await w.only()
            seen.append(shown)
            if shown["status"] in ("Completed", "Failed"):
                break
            w.clock.advance(15)

        assert shown["status"] == "Completed", shown["error"]
        assert len(shown["regions"]) == 40
        part_way = [one for one in seen if any(0 < region["progress"] < 100 for region in one["regions"])]
        assert part_way
        assert all(one["waitingFor"] for one in seen[1:-1])
        assert json.dumps(part_way[0]["waitingFor"])


async def test_an_unchanged_image_captured_elsewhere_is_waited_out(tmp_path: Path) -> None:
    """Azure captures one version at a time from one image: the refusal is no failure."""
    async with world(tmp_path) as w:
        w.sim.faults.add(
            Fault(
                kind="status",
                method="PUT",
                resource_type=VERSIONS,
                count=5,
                status=409,
                code="Conflict",
                message="Too many requests on source. Please try again later.",
            )
        )
        shown = await w.roll_out()

        assert shown["status"] == "Completed", shown["error"]
