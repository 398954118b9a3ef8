"""Managed images: what is kept, what is refused, and the event that a write sends."""

import asyncio
from typing import Any

from tests.armsim.arm import HOME, Arm, managed_image

IMAGE = "Microsoft.Compute/images/i"


def from_machine(arm: Arm, name: str = "web") -> dict[str, Any]:
    machine = {"id": arm.id(f"Microsoft.Compute/virtualMachines/{name}")}
    return {"location": HOME, "properties": {"sourceVirtualMachine": machine}}


async def settle() -> None:
    """Let tasks that are ready run."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_an_image_is_creating_without_disk_size_and_then_succeeded_with_one(arm: Arm) -> None:
    answer = await arm.send("PUT", IMAGE, from_machine(arm))
    assert answer.status_code == 201
    body = answer.json()["properties"]
    assert body["provisioningState"] == "Creating"
    assert "diskSizeGB" not in body["storageProfile"]["osDisk"]
    assert (await arm.poll(answer)).json()["status"] == "InProgress"
    assert (await arm.finish(answer))["status"] == "Succeeded"
    done = (await arm.get(IMAGE))["properties"]
    assert done["provisioningState"] == "Succeeded"
    assert done["storageProfile"]["osDisk"]["diskSizeGB"] == 30
    assert done["storageProfile"]["dataDisks"] == []
    assert done["hyperVGeneration"] == "V1"


async def test_defaults_of_disks_are_written_into_the_body(arm: Arm) -> None:
    body = await arm.done(IMAGE, managed_image(arm, os_type="windows"))
    disk = body["properties"]["storageProfile"]["osDisk"]
    assert (disk["osType"], disk["caching"], disk["storageAccountType"]) == ("Windows", "None", "Standard_LRS")


async def test_a_machine_named_for_windows_gives_a_windows_image(arm: Arm) -> None:
    body = await arm.done(IMAGE, from_machine(arm, "myWinVM"))
    assert body["properties"]["storageProfile"]["osDisk"]["osType"] == "Windows"


async def test_an_image_has_one_kind_of_source(arm: Arm) -> None:
    both = managed_image(arm)
    both["properties"]["sourceVirtualMachine"] = {"id": arm.id("Microsoft.Compute/virtualMachines/web")}
    assert (await arm.refused("PUT", IMAGE, both))["code"] == "InvalidParameter"
    none = {"location": HOME, "properties": {}}
    assert (await arm.refused("PUT", IMAGE, none))["code"] == "InvalidParameter"
    malformed = {"location": HOME, "properties": {"sourceVirtualMachine": {"id": "web"}}}
    assert "fully qualified resource Id" in (await arm.refused("PUT", IMAGE, malformed))["message"]


async def test_the_content_of_an_image_cannot_be_exchanged(arm: Arm) -> None:
    await arm.done(IMAGE, from_machine(arm))
    refused = await arm.refused("PUT", IMAGE, from_machine(arm, "other"))
    assert (refused["status"], refused["code"]) == (409, "PropertyChangeNotAllowed")


async def test_a_new_image_sends_one_event_when_its_operation_ends(arm: Arm, events: list[dict[str, Any]]) -> None:
    answer = await arm.send("PUT", IMAGE, from_machine(arm))
    arm.clock.advance(4.9)
    await settle()
    assert events == []
    await arm.finish(answer)
    await settle()
    (event,) = events
    assert event["eventType"] == "Microsoft.Resources.ResourceWriteSuccess"
    assert event["subject"].lower() == arm.id(IMAGE).lower()
    assert "/resourcegroups/" in event["subject"]
    assert event["data"]["operationName"] == "Microsoft.Compute/images/write"
    assert event["data"]["status"] == "Succeeded"
    assert "claims" in event["data"]
    assert "httpRequest" not in event["data"]
    ended = arm.sim.operations[-1].ends
    assert ended
    assert event["eventTime"].startswith(ended.strftime("%Y-%m-%dT%H:%M:%S.%f"))


async def test_a_tag_edit_sends_an_event_too_and_keeps_the_content(arm: Arm, events: list[dict[str, Any]]) -> None:
    before = await arm.done(IMAGE, from_machine(arm))
    after = await arm.done(IMAGE, {"tags": {"team": "web"}}, method="PATCH")
    await settle()
    assert after["tags"] == {"team": "web"}
    assert after["properties"] == before["properties"]
    assert [one["data"].get("httpRequest", {}).get("method") for one in events] == [None, "PATCH"]
    assert len({one["id"] for one in events}) == 2


async def test_no_event_for_a_write_that_failed_or_for_another_type(arm: Arm, events: list[dict[str, Any]]) -> None:
    from local.armsim import Fault

    arm.sim.faults.add(Fault(kind="operation_fails", resource_type="Microsoft.Compute/images", code="Broken"))
    answer = await arm.send("PUT", IMAGE, from_machine(arm))
    assert (await arm.finish(answer))["error"]["code"] == "Broken"
    await arm.done("Microsoft.Compute/galleries/g", {"location": HOME})
    await settle()
    assert events == []
    assert (await arm.get(IMAGE))["properties"]["provisioningState"] == "Failed"


async def test_an_image_that_is_gone_is_404_and_its_second_deletion_204(arm: Arm) -> None:
    await arm.done(IMAGE, from_machine(arm))
    answer = await arm.send("DELETE", IMAGE)
    assert answer.status_code == 202
    monitor = answer.headers["Location"]
    assert (await arm.http.get(monitor)).status_code == 202
    assert (await arm.get(IMAGE))["properties"]["provisioningState"] == "Deleting"
    await arm.finish(answer)
    assert (await arm.http.get(monitor)).status_code == 200
    assert (await arm.refused("GET", IMAGE))["code"] == "ResourceNotFound"
    assert (await arm.send("DELETE", IMAGE)).status_code == 204
