"""All that can be asked of template deployments: again, cancel, delete, lists, operations, nested ones, restarts."""

from typing import Any

import httpx
import pytest

from local.armsim import Simulator
from local.armsim.faults import Fault
from local.armsim.state import State
from local.clock import ManualClock
from tests.armsim.arm import HOME, Arm
from tests.armsim.deploying import IP, LB, NET, PATH, SECRET, address, balancer, deploy, deployment, ended, network


async def test_a_deployment_under_way_can_neither_be_replaced_nor_deleted(arm: Arm) -> None:
    await arm.put(PATH, deployment(address()))
    assert (await arm.refused("PUT", PATH, deployment(network())))["code"] == "DeploymentActive"
    assert (await arm.refused("DELETE", PATH))["code"] == "DeploymentActive"


async def test_a_group_that_is_deleted_takes_a_running_deployment_with_it(arm: Arm) -> None:
    arm.sim.faults.add(Fault(kind="never_ends", method="PUT", resource_type=IP))
    await arm.put(PATH, deployment(address()))
    arm.clock.advance(5)
    assert (await arm.get(PATH))["properties"]["provisioningState"] == "Running"
    assert (await arm.send("DELETE", f"{arm.subscription}/resourceGroups/rg")).status_code == 202
    arm.clock.advance(600)
    assert arm.sim.resources() == {}


async def test_a_canceled_deployment_starts_nothing_more(arm: Arm) -> None:
    answer = await arm.send("PUT", PATH, deployment(balancer(), address()))
    arm.clock.advance(1.5)
    assert (await arm.send("POST", f"{PATH}/cancel")).status_code == 204
    assert (await arm.poll(answer)).json()["status"] == "Canceled"
    arm.clock.advance(3600)
    assert (await arm.get(PATH))["properties"]["provisioningState"] == "Canceled"
    assert (await arm.get(f"{IP}/ip"))["properties"]["provisioningState"] == "Succeeded"
    assert arm.sim.resources(LB) == {}
    assert (await arm.refused("POST", f"{PATH}/cancel"))["status"] == 409


async def test_a_deployment_again_with_the_same_name_is_an_update(arm: Arm) -> None:
    await deploy(arm, deployment(address()))
    answer = await arm.send("PUT", PATH, deployment(network()))
    assert answer.status_code == 200
    assert (await ended(arm, answer))["status"] == "Succeeded"
    assert set(arm.sim.resources(IP)) == {arm.id(f"{IP}/ip")}


async def test_mode_complete_deletes_what_the_template_lacks_and_nothing_else(arm: Arm) -> None:
    await deploy(arm, deployment(address(), balancer(), address("kept"), network()))
    shown = await deploy(arm, deployment(address("kept"), mode="Complete"), "Microsoft.Resources/deployments/e")
    assert shown["provisioningState"] == "Succeeded"
    assert set(arm.sim.resources()) == {
        f"{arm.subscription}/resourceGroups/rg",
        arm.id(f"{IP}/kept"),
        arm.id(PATH),
        arm.id("Microsoft.Resources/deployments/e"),
    }


async def test_deletion_of_a_deployment_leaves_its_resources(arm: Arm) -> None:
    await deploy(arm, deployment(address()))
    answer = await arm.send("DELETE", PATH)
    assert (answer.status_code, answer.headers["Retry-After"]) == (202, "15")
    assert "Azure-AsyncOperation" not in answer.headers
    assert (await arm.http.get(answer.headers["Location"])).status_code == 202
    arm.clock.advance(15)
    assert (await arm.http.get(answer.headers["Location"])).status_code == 204
    assert (await arm.send("HEAD", PATH)).status_code == 404
    assert (await arm.send("DELETE", PATH)).status_code == 204
    assert set(arm.sim.resources(IP)) == {arm.id(f"{IP}/ip")}


async def test_deployments_are_listed_by_state(arm: Arm) -> None:
    await deploy(arm, deployment(address()))
    arm.sim.faults.add(Fault(kind="operation_fails", method="PUT", resource_type="Microsoft.Resources/deployments"))
    await deploy(arm, deployment(address()), "Microsoft.Resources/deployments/e")
    assert (await arm.send("HEAD", PATH)).status_code == 204
    listed = await arm.get("Microsoft.Resources/deployments")
    assert [one["name"] for one in listed["value"]] == ["d", "e"]
    failed = await arm.get("Microsoft.Resources/deployments?$filter=provisioningState eq 'failed'&$top=5")
    assert [one["name"] for one in failed["value"]] == ["e"]
    error = await arm.refused("GET", "Microsoft.Resources/deployments?$filter=name eq 'd'")
    assert error["code"] == "InvalidFilterInQueryString"


async def test_operations_are_found_one_by_one_and_without_a_provider(arm: Arm) -> None:
    await deploy(arm, deployment(address()))
    path = f"{arm.subscription}/resourcegroups/rg/deployments/d/operations"
    last, made = (await arm.get(path))["value"]
    assert last["properties"]["provisioningOperation"] == "EvaluateDeploymentOutput"
    assert made["properties"]["statusCode"] == "Created"
    assert made["properties"]["targetResource"]["resourceName"] == "ip"
    assert await arm.get(f"{PATH}/operations/{made['operationId']}") == made
    assert (await arm.refused("GET", f"{PATH}/operations/0"))["status"] == 404


async def test_a_template_inside_another_is_checked_before_anything_is_made(arm: Arm) -> None:
    inner = deployment(address(dependsOn=["lost"]))
    nested = {"type": "Microsoft.Resources/deployments", "apiVersion": "2022-09-01", "name": "nested", **inner}
    error = await arm.refused("PUT", PATH, deployment(address(), nested))
    assert error["details"][0]["code"] == "InvalidTemplate"
    assert "'lost'" in error["details"][0]["message"]
    assert arm.sim.resources(IP) == {}


@pytest.mark.parametrize("scope", ["outer", "inner"])
async def test_a_nested_deployment_is_a_deployment_whose_outputs_can_be_used(arm: Arm, scope: str) -> None:
    inner = deployment(
        address("[variables('name')]"), outputs={"n": {"type": "string", "value": "[variables('name')]"}}
    )
    properties = {**inner["properties"], "expressionEvaluationOptions": {"scope": scope}}
    properties["template"]["variables"] = {"name": "inner"}
    nested = {"type": "Microsoft.Resources/deployments", "apiVersion": "2022-09-01", "name": "nested"}
    outputs = {"got": {"type": "string", "value": "[reference('nested').outputs.n.value]"}}
    body = deployment({**nested, "properties": properties}, outputs=outputs, variables={"name": "outer"})
    shown = await deploy(arm, body)
    assert shown["outputs"]["got"]["value"] == scope
    assert (await arm.get(f"{IP}/{scope}"))["properties"]["provisioningState"] == "Succeeded"


async def test_symbolic_names_and_existing_resources_are_understood(arm: Arm) -> None:
    await deploy(arm, deployment(address()))
    body = deployment(
        outputs={"a": {"type": "string", "value": "[reference('there').ipAddress]"}}, languageVersion="2.0"
    )
    body["properties"]["template"]["resources"] = {
        "there": {**address(), "existing": True},
        "net": network(dependsOn=["there"]),
    }
    shown = await deploy(arm, body, "Microsoft.Resources/deployments/e")
    assert shown["outputs"]["a"]["value"] == (await arm.get(f"{IP}/ip"))["properties"]["ipAddress"]
    assert [one["id"] for one in shown["outputResources"]] == [arm.id(f"{NET}/net")]


async def test_a_deployment_goes_on_after_its_simulator_was_killed(tmp_path: Any) -> None:
    declared, sent = {"password": {"type": "securestring"}}, {"password": {"value": SECRET}}
    body = deployment(balancer(), address(), parameters=declared, sent=sent)
    url, now = "", ManualClock().now()
    for life in ("first", "second"):
        clock = ManualClock(now)
        sim, state = Simulator(clock=clock), State(tmp_path / "world.db")
        state.attach(sim)
        transport = httpx.ASGITransport(app=sim.app)
        headers = {"Authorization": f"Bearer {sim.token()}"}
        async with httpx.AsyncClient(transport=transport, base_url="https://arm.test", headers=headers) as http:
            arm = Arm(sim, http, clock)
            if life == "first":
                await arm.put(f"{arm.subscription}/resourceGroups/rg", {"location": HOME})
                url = (await arm.send("PUT", PATH, body)).headers["Azure-AsyncOperation"]
                clock.advance(1.5)
                assert (await http.get(url)).json() == {"status": "Running"}
                now = clock.now()
            else:
                clock.advance(60)
                assert (await http.get(url)).json() == {"status": "Succeeded"}
                assert set(sim.resources(LB)) == {arm.id(f"{LB}/lb")}
        state.close()
    assert all(SECRET.encode() not in file.read_bytes() for file in tmp_path.iterdir())
