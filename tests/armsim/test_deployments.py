"""Template deployments on the wire: order, preflight, failure, outputs."""

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from local.armsim.faults import Fault
from tests.armsim.arm import HOME, Arm
from tests.armsim.deploying import (
    IP,
    LB,
    NET,
    PATH,
    SECRET,
    address,
    balancer,
    deploy,
    deployment,
    ended,
    network,
    resource,
)


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
