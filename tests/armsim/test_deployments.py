"""Template deployments on the wire: order, preflight, failure, outputs, and all that can be asked of them."""

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from local.armsim import Simulator
from local.armsim.faults import Fault
from local.armsim.state import State
from local.clock import ManualClock
from tests.armsim.arm import HOME, Arm

PATH = "Microsoft.Resources/deployments/d"
IP, NET, LB = (
    "Microsoft.Network/publicIPAddresses",
    "Microsoft.Network/virtualNetworks",
    "Microsoft.Network/loadBalancers",
)
SECRET = "Correct-Horse-9"


def resource(type_name: str, name: str, properties: Any = None, **more: Any) -> dict[str, Any]:
    return {
        "type": type_name, "name": name, "apiVersion": "2024-05-01", "location": HOME,
        "properties": properties or {}, **more,
    }  # fmt: skip


def address(name: str = "ip", **more: Any) -> dict[str, Any]:
    sku = {"name": "Standard"}
    return resource(IP, name, {"publicIPAllocationMethod": "Static"}, sku=sku, **more)


def network(name: str = "net", **more: Any) -> dict[str, Any]:
    return resource(NET, name, {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}, **more)


def balancer(name: str = "lb", ip: str = "ip") -> dict[str, Any]:
    public = {"id": f"[resourceId('{IP}', '{ip}')]"}
    front = {"name": "front", "properties": {"publicIPAddress": public}}
    return resource(LB, name, {"frontendIPConfigurations": [front]}, sku={"name": "Standard"}, dependsOn=[f"{IP}/{ip}"])


def deployment(*resources: Any, mode: str = "Incremental", sent: Any = None, **template: Any) -> dict[str, Any]:
    schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
    whole = {"$schema": schema, "contentVersion": "1.0.0.0", "resources": list(resources), **template}
    return {"properties": {"template": whole, "parameters": sent or {}, "mode": mode}}


async def ended(arm: Arm, answer: httpx.Response) -> dict[str, Any]:
    """Let time pass until the deployment has ended: the last poll."""
    for _ in range(1000):
        polled: dict[str, Any] = (await arm.poll(answer)).json()
        due = arm.sim.next_due()
        if polled["status"] not in ("Accepted", "Running") or due is None:
            return polled
        arm.clock.move_to(due)
    raise AssertionError("the deployment does not end")


async def deploy(arm: Arm, body: dict[str, Any], path: str = PATH) -> dict[str, Any]:
    """A deployment from PUT to end, as GET shows its properties."""
    answer = await arm.send("PUT", path, body)
    assert answer.status_code in (200, 201), answer.text
    await ended(arm, answer)
    shown: dict[str, Any] = (await arm.get(path))["properties"]
    return shown


async def test_a_deployment_is_accepted_then_runs_then_has_succeeded(arm: Arm) -> None:
    answer = await arm.send("PUT", PATH, deployment(address()))
    assert answer.status_code == 201
    assert answer.json()["properties"]["provisioningState"] == "Accepted"
    assert "/deployments/d/operationStatuses/0858" in answer.headers["Azure-AsyncOperation"]
    assert "Retry-After" not in answer.headers
    assert (await arm.poll(answer)).json() == {"status": "Accepted"}
    arm.clock.advance(1)
    assert (await arm.poll(answer)).json() == {"status": "Running"}
    assert await ended(arm, answer) == {"status": "Succeeded"}
    shown = (await arm.get(PATH))["properties"]
    assert shown["mode"] == "Incremental"
    assert shown["duration"].startswith("PT")
    assert shown["outputResources"] == [{"id": arm.id(f"{IP}/ip")}]
    assert shown["providers"][0]["resourceTypes"] == [{"resourceType": "publicIPAddresses", "locations": [HOME]}]
    changed = await arm.http.get(answer.headers["Azure-AsyncOperation"] + "0")
    assert changed.status_code == 400


async def test_a_resource_waits_until_what_it_depends_on_is_there(arm: Arm) -> None:
    answer = await arm.send("PUT", PATH, deployment(balancer(), address(), network()))
    arm.clock.advance(1)
    await arm.poll(answer)
    assert set(arm.sim.resources(IP)) | set(arm.sim.resources(NET)) == {arm.id(f"{IP}/ip"), arm.id(f"{NET}/net")}
    assert arm.sim.resources(LB) == {}
    assert (await ended(arm, answer))["status"] == "Succeeded"
    front = (await arm.get(f"{LB}/lb"))["properties"]["frontendIPConfigurations"][0]
    assert front["properties"]["publicIPAddress"]["id"] == arm.id(f"{IP}/ip")
    waits = (await arm.get(PATH))["properties"]["dependencies"]
    assert [(one["resourceName"], [need["resourceName"] for need in one["dependsOn"]]) for one in waits] == [
        ("lb", ["ip"])
    ]


async def test_a_leap_of_the_clock_gives_what_waiting_gives(arm: Arm) -> None:
    body = deployment(balancer(), address())
    waited = await deploy(arm, body)
    second = f"{arm.subscription}/resourceGroups/second"
    await arm.put(second, {"location": HOME})
    path = f"{second}/providers/{PATH}"
    await arm.put(path, body)
    arm.clock.advance(3600)
    leapt = (await arm.get(path))["properties"]
    assert leapt["provisioningState"] == waited["provisioningState"] == "Succeeded"
    assert float(leapt["duration"].removeprefix("PT").removesuffix("S")) < 60


async def test_outputs_are_camel_cased_and_refer_to_what_was_made(arm: Arm) -> None:
    outputs = {
        "ADDRESS": {"type": "object", "value": "[reference('ip')]"},
        "addressId": {"type": "string", "value": f"[resourceId('{IP}', 'ip')]"},
        "Tier": {"type": "string", "value": f"[reference(resourceId('{IP}', 'ip'), '2024-05-01', 'Full').sku.tier]"},
        "hidden": {"type": "securestring", "value": "x"},
    }
    shown = (await deploy(arm, deployment(address(), outputs=outputs)))["outputs"]
    assert shown["address"]["type"] == "Object"
    assert shown["address"]["value"] == (await arm.get(f"{IP}/ip"))["properties"]
    assert shown["addressId"] == {"type": "String", "value": arm.id(f"{IP}/ip")}
    assert shown["tier"]["value"] == "Regional"
    assert shown["hidden"] == {"type": "SecureString"}


async def test_sections_that_the_template_lacks_are_not_shown(arm: Arm) -> None:
    await arm.put(f"{arm.subscription}/resourceGroups/rg", {"location": HOME})
    bare = {"contentVersion": "1.0.0.0", "resources": []}
    shown = await deploy(arm, {"properties": {"mode": "Incremental", "template": bare}})
    assert shown["outputResources"] == []
    assert not {"parameters", "outputs"} & shown.keys()
    full = {**bare, "parameters": {}, "outputs": {}}
    shown = await deploy(arm, {"properties": {"mode": "Incremental", "template": full}})
    assert (shown["parameters"], shown["outputs"]) == ({}, {})


async def test_a_property_may_refer_to_another_resource(arm: Arm) -> None:
    tags = {"address": "[reference('ip').ipAddress]"}
    await deploy(arm, deployment(network(tags=tags), address()))
    made = (await arm.get(f"{IP}/ip"))["properties"]["ipAddress"]
    assert (await arm.get(f"{NET}/net"))["tags"] == {"address": made}


async def test_a_secure_parameter_is_nowhere_to_be_seen(arm: Arm) -> None:
    declared = {"password": {"type": "securestring"}, "size": {"type": "int"}}
    sent = {"password": {"value": SECRET}, "size": {"value": 3}}
    body = deployment(address(), parameters=declared, sent=sent)
    shown = await deploy(arm, body)
    assert shown["parameters"] == {"password": {"type": "SecureString"}, "size": {"type": "Int", "value": 3}}
    exported = await arm.send("POST", f"{PATH}/exportTemplate")
    assert exported.json()["template"]["resources"][0]["name"] == "ip"
    assert SECRET not in json.dumps(arm.sim.resources()) + exported.text


async def test_what_the_rules_refuse_is_refused_before_anything_is_made(arm: Arm) -> None:
    wrong = address("second", zones=["7"])
    wrong["properties"]["publicIPAllocationMethod"] = "Sometimes"
    answer = await arm.send("PUT", PATH, deployment(address(), wrong))
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, "InvalidTemplateDeployment")
    assert "'d' is not valid according to the validation procedure" in error["message"]
    assert len(error["details"]) == 1
    assert arm.sim.resources(IP) == {}
    assert (await arm.refused("GET", PATH))["code"] == "DeploymentNotFound"


async def test_a_reference_to_what_the_template_makes_passes_and_any_other_does_not(arm: Arm) -> None:
    assert (await arm.send("POST", f"{PATH}/validate", deployment(address(), balancer()))).status_code == 200
    error = await arm.refused("POST", f"{PATH}/validate", deployment(address(), balancer(ip="ip") | {
        "properties": balancer(ip="other")["properties"]
    }))  # fmt: skip
    assert error["code"] == "InvalidTemplateDeployment"
    assert error["details"][0]["code"] == "InvalidResourceReference"


async def test_validation_makes_nothing_and_says_what_would_be_made(arm: Arm) -> None:
    answer = await arm.send("POST", f"{PATH}/validate", deployment(address(), network()))
    shown = answer.json()["properties"]
    assert shown["provisioningState"] == "Succeeded"
    assert [one["id"] for one in shown["validatedResources"]] == [arm.id(f"{IP}/ip"), arm.id(f"{NET}/net")]
    assert arm.sim.resources(IP) == arm.sim.resources(NET) == arm.sim.resources("Microsoft.Resources/deployments") == {}


@pytest.mark.parametrize("version", ["2019-07-01", "2024-11-01"])
async def test_a_failing_resource_fails_the_deployment_and_what_waits_for_it_is_never_made(
    arm: Arm, version: str
) -> None:
    arm.sim.faults.add(Fault(kind="operation_fails", resource_type=IP, code="AllocationFailed", message="No room."))
    answer = await arm.send("PUT", PATH, deployment(balancer(), address(), network()), version=version)
    polled = await ended(arm, answer)
    assert polled["status"] == "Failed"
    assert polled["error"]["code"] == "DeploymentFailed"
    detail = polled["error"]["details"][0]
    if version == "2019-07-01":
        assert (detail["code"], "\r\n" in detail["message"]) == ("Conflict", True)
        inner = json.loads(detail["message"])["error"]
    else:
        assert polled["error"]["target"] == arm.id(PATH)
        assert detail["target"] == arm.id(f"{IP}/ip")
        inner = detail
    assert inner["code"] == "ResourceDeploymentFailure"
    assert inner["details"][0]["code"] == "AllocationFailed"
    assert arm.sim.resources(LB) == {}
    assert set(arm.sim.resources(NET)) == {arm.id(f"{NET}/net")}
    shown = (await arm.get(PATH))["properties"]
    assert (shown["provisioningState"], shown["error"]) == ("Failed", polled["error"])
    done = (await arm.get(f"{PATH}/operations"))["value"]
    failed = [one["properties"] for one in done if one["properties"]["provisioningState"] == "Failed"]
    assert [one["targetResource"]["id"] for one in failed] == [arm.id(f"{IP}/ip")]
    assert failed[0]["statusMessage"] == {"status": "Failed", "error": inner}


async def test_a_throttled_resource_is_tried_again(arm: Arm) -> None:
    arm.sim.faults.add(
        Fault(kind="status", status=429, code="TooManyRequests", method="PUT", resource_type=IP, count=2)
    )
    assert (await deploy(arm, deployment(address())))["provisioningState"] == "Succeeded"
    assert arm.sim.faults.all()[0].hits == 2


async def test_a_refusal_that_comes_late_is_told_as_it_was(arm: Arm) -> None:
    arm.sim.faults.add(Fault(kind="forbidden", method="PUT", resource_type=IP))
    shown = await deploy(arm, deployment(address()))
    assert shown["error"]["details"][0]["code"] == "AuthorizationFailed"
    made = (await arm.get(f"{PATH}/operations"))["value"][-1]["properties"]
    assert (made["statusCode"], made["statusMessage"]["error"]["code"]) == ("Forbidden", "AuthorizationFailed")


@pytest.mark.parametrize(
    ("change", "code", "word"),
    [
        ({"template": None}, "InvalidRequestContent", "template"),
        ({"templateLink": {"uri": "https://example.com/t.json"}}, "InvalidContentLink", "templateLink"),
        ({"mode": "Sometimes"}, "InvalidDeployment", "Sometimes"),
        ({"parameters": {"lost": {"value": 1}}}, "InvalidTemplate", "lost"),
        ({"template": {"resources": [address(tags="[parameters('lost')]")]}}, "InvalidTemplate", "parameters('lost')"),
        ({"template": {"resources": [address(dependsOn=["lost"])]}}, "InvalidTemplate", "lost"),
        ({"template": {"resources": "none"}}, "InvalidTemplate", "must be an array"),
        ({"template": {"resources": [], "outputs": []}}, "InvalidRequestContent", "outputs"),
    ],
)
async def test_a_template_that_is_wrong_is_refused_by_name(arm: Arm, change: Any, code: str, word: str) -> None:
    body = deployment(address())
    body["properties"] |= change
    error = await arm.refused("PUT", PATH, body)
    assert (error["status"], error["code"]) == (400, code)
    assert word in error["message"]


async def test_a_type_that_is_unknown_is_found_before_anything_is_made(arm: Arm) -> None:
    error = await arm.refused("PUT", PATH, deployment(address(), resource("Microsoft.Network/wormholes", "w")))
    assert error["details"][0]["code"] == "InvalidResourceType"
    assert arm.sim.resources(IP) == {}


async def test_a_template_pasted_in_with_comments_and_bare_names_is_understood(arm: Arm) -> None:
    inner = json.dumps(deployment(address())["properties"]["template"])
    text = f'{{"properties": {{"mode": "Incremental", "parameters": {{}}, template: // pasted\n{inner[:-1]},}}}}}}'
    url = f"{arm.id(PATH)}?api-version=2024-11-01"
    assert (await arm.http.put(url, content=text)).status_code == 201
    broken = await arm.http.put(url, content=text.replace('"ip"', "ip ip", 1))
    assert broken.json()["error"]["code"] == "InvalidRequestContent"
    assert "Path 'properties.template.resources[0].name', line 2, position" in broken.json()["error"]["message"]


JUNK: list[Any] = [
    None, True, -1, 10**30, "", "[", "[x]", "[concat(", "[parameters('a')]", "[reference('ip')]", "[reference('no').a]",
    "[copyIndex()]", "[resourceId()]", "[json('{')]", "[lambda('x', 1)]", "[if(1)]", "[]", [], {}, [1], {"copy": 1},
    {"copy": [1]}, {"copy": [{"count": "x"}]}, {"copy": {"count": 3}}, {"$ref": "#/x"}, "\ud800", "[format('{9}')]",
]  # fmt: skip


def spots(value: Any, *path: Any) -> Iterator[tuple[Any, ...]]:
    """Every place in a body, as the keys that lead there."""
    if path:
        yield path
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield from spots(inner, *path, key)


async def test_no_template_does_worse_than_being_refused_or_failing(arm: Arm) -> None:
    subnet = {
        "type": "subnets",
        "name": "s",
        "apiVersion": "2024-05-01",
        "properties": {"addressPrefix": "10.0.0.0/24"},
    }
    loop = {"name": "loop", "count": 2}
    twice = {"parameters": [{"name": "q"}], "output": {"value": "[concat(parameters('q'), parameters('q'))]"}}
    inside = deployment(address("inside"), parameters={"w": {"type": "secureString"}}, sent={"w": {"value": SECRET}})
    nested = resource("Microsoft.Resources/deployments", "nested", inside["properties"])
    nested["properties"]["expressionEvaluationOptions"] = {"scope": "inner"}
    del nested["location"]
    body = deployment(
        nested,
        balancer(),
        address(),
        address("[concat('ip', copyIndex())]", copy=loop, condition=True, tags={"a": "[reference('ip').ipAddress]"}),
        network(resources=[subnet], dependsOn=["loop"]),
        outputs={
            "a": {"type": "string", "value": "[reference('ip').ipAddress]", "condition": True},
            "b": {"type": "array", "copy": {"count": 2, "input": "[copyIndex()]"}},
            "c": {"type": "string", "value": "[own.twice(variables('v'))]"},
        },
        functions=[{"namespace": "own", "members": {"twice": twice}}],
        parameters={"p": {"$ref": "#/definitions/t"}, "s": {"type": "secureObject"}},
        definitions={"t": {"type": "string", "defaultValue": "x", "allowedValues": ["x"], "minLength": 1}},
        variables={"v": "[parameters('p')]", "copy": [{"name": "w", "count": 2, "input": "[copyIndex('w')]"}]},
        sent={"s": {"value": {"a": "b"}}, "p": {"value": "x"}},
    )
    places, chance, seen = list(spots(body)), random.Random(5), set()
    for turn in range(120):
        spoilt = copy.deepcopy(body)
        *above, last = chance.choice(places)
        inner: Any = spoilt
        for key in above:
            inner = inner[key]
        inner[last] = copy.deepcopy(chance.choice(JUNK))
        path = f"Microsoft.Resources/deployments/d{turn}"
        url = f"{arm.id(path)}?api-version=2024-11-01"
        answer = await arm.http.put(url, content=json.dumps(spoilt))
        assert answer.status_code in (201, 400), (above, last, inner[last])
        if answer.status_code == 201:
            arm.clock.advance(600)
            seen.add((await arm.poll(answer)).json()["status"])
    assert seen == {"Succeeded", "Failed"}


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
